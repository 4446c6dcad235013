import { onDisk } from "./disk_error.ts";
import type { ExistingFile } from "./options.ts";
import { PartFile } from "./part_file.ts";
import { partOfRecord, readRecord } from "./part_record.ts";
import { numbered } from "./safe_name.ts";

/** The folder that the files of one call go to, and the names in it. */
export class Folder {
  readonly #path: string;
  readonly #existing: ExistingFile;
  readonly #resume: boolean;
  /** Names that files of this call will get. */
  readonly #taken = new Set<string>();
  /** What is in it. Read once: what appears later is noticed when a complete file is to get that name. */
  readonly #present: ReadonlySet<string>;
  /** Parts that earlier runs have left, by their URLs. */
  readonly #leftovers: ReadonlyMap<string, string[]>;
  #made = false;

  /**
   * @param path Where it is; it is made when the first file needs it.
   * @param existing What to do about a file that is there already.
   * @param resume Whether to go on with what earlier runs have left.
   */
  constructor(path: string, existing: ExistingFile, resume: boolean) {
    this.#path = path === "" ? "." : path;
    this.#existing = existing;
    this.#resume = resume;
    this.#present = listNames(this.#path);
    this.#leftovers = this.#findLeftovers();
  }

  /** Find a name for a file of this call, `name` if possible. No other file of this call will get it. */
  reserve(name: string): string {
    for (const candidate of numbered(name)) {
      // Some file systems do not tell capitals from small letters.
      const key = candidate.toLowerCase();
      if (this.#taken.has(key) || (this.#existing === "rename" && this.#present.has(candidate))) continue;
      this.#taken.add(key);
      return candidate;
    }
    throw unreachable();
  }

  /** Whether something of that name was there when the call began. */
  has(name: string): boolean {
    return this.#present.has(name);
  }

  /** The path of the file of that name; short where that is the current folder. */
  pathOf(name: string): string {
    if (this.#path === ".") return name;
    return /[/\\]$/.test(this.#path) ? `${this.#path}${name}` : `${this.#path}/${name}`;
  }

  /** Open the part of a file: what an earlier run has left of this URL, or else an empty one. */
  openPart(url: string, name: string): PartFile {
    return onDisk(`write to ${this.#path}`, () => {
      if (!this.#made) Deno.mkdirSync(this.#path, { recursive: true });
      this.#made = true;
      return this.#reopen(url) ?? this.#create(name);
    });
  }

  /** Give a complete file its name, or a numbered one if that is taken by now. Returns its path. */
  publish(part: PartFile, name: string): string {
    return part.complete((from) => {
      if (this.#existing === "overwrite") {
        Deno.renameSync(from, this.pathOf(name));
        return this.pathOf(name);
      }
      for (const candidate of numbered(name)) {
        const path = this.pathOf(candidate);
        if (moveToFreeName(from, path)) return path;
      }
      throw unreachable();
    });
  }

  #reopen(url: string): PartFile | undefined {
    for (const path of this.#leftovers.get(url) ?? []) {
      const part = PartFile.reopen(path, url);
      if (part === undefined) continue;
      if (!this.#resume) part.startOver();
      return part;
    }
    return undefined;
  }

  #create(name: string): PartFile {
    for (const candidate of numbered(name)) {
      const part = PartFile.create(this.pathOf(`${candidate}.part`));
      if (part !== undefined) return part;
    }
    throw unreachable();
  }

  #findLeftovers(): Map<string, string[]> {
    const leftovers = new Map<string, string[]>();
    for (const name of this.#present) {
      const partName = partOfRecord(name);
      if (partName === undefined) continue;
      const path = this.pathOf(partName);
      const record = readRecord(path);
      if (record !== undefined) leftovers.getOrInsertComputed(record.url, () => []).push(path);
    }
    return leftovers;
  }
}

function listNames(folder: string): Set<string> {
  try {
    return new Set(Iterator.from(Deno.readDirSync(folder)).map(({ name }) => name));
  } catch {
    // It will be made, or what is wrong with it will be found out, and told, when the first file is to be written.
    return new Set();
  }
}

/** Rename a file, unless the new name is taken. */
function moveToFreeName(from: string, to: string): boolean {
  try {
    // Unlike renaming, linking fails where there is something.
    Deno.linkSync(from, to);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    // Some file systems know no links. There an empty file takes the name, and gives it to the complete one.
    if (!reserveOnDisk(to)) return false;
    Deno.renameSync(from, to);
    return true;
  }
  Deno.removeSync(from);
  return true;
}

function reserveOnDisk(path: string): boolean {
  try {
    Deno.openSync(path, { write: true, createNew: true }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

function unreachable(): Error {
  return new Error("Cannot run out of numbers");
}
