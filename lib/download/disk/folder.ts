import { onDisk } from "./disk_error.ts";
import type { ExistingFile } from "../words/options.ts";
import { type FolderTraits, probeFolder } from "./folder_traits.ts";
import { Leftovers } from "./leftovers.ts";
import { Names } from "./names.ts";
import { PartFile } from "./part_file.ts";
import { notOurs, partNameOf, partOfRecord, recordOf } from "../words/part_names.ts";
import { PRIVATE, readRecord, type WantedFile } from "./part_record.ts";
import { checkReplaceable, checkTakeable, moveToFreeName } from "./place.ts";
import { numbered } from "../words/safe_name.ts";

/** The folder that the files of one call go to, and the names in it. */
export class Folder {
  readonly #path: string;
  readonly #existing: ExistingFile;
  readonly #resume: boolean;
  /** Names of the files of this call, and of their parts. */
  readonly #names = new Names(() => this.#tellsCapitalsApart());
  /** What is in it. Read once: what appears later is noticed when a complete file is to get that name. */
  readonly #present: ReadonlySet<string>;
  /** Parts that earlier runs have left. */
  readonly #leftovers = new Leftovers();
  #made = false;
  #probed: FolderTraits | undefined;

  /**
   * @param path Where it is; it is made when the first file needs it.
   * @param existing What to do about a file that is there already.
   * @param resume Whether to go on with what earlier runs have left.
   */
  constructor(path: string, existing: ExistingFile, resume: boolean) {
    this.#path = withoutDetours(path) || ".";
    this.#existing = existing;
    this.#resume = resume;
    this.#present = listNames(this.#path);
    this.#findLeftovers();
  }

  /**
   * Find a name for a file of this call, `name` if possible. No other file of this call will get it.
   *
   * @param url Where the file is asked for. What an earlier run has left of that is for nobody else.
   */
  reserve(name: string, url?: string): string {
    if (url !== undefined) this.#leftovers.claim(url);
    return this.#names.reserve(notOurs(name), (name) => this.#existing !== "rename" || !this.#present.has(name));
  }

  /** The path of the file of that name; short where that is the current folder. */
  pathOf(name: string): string {
    if (this.#path === ".") return name;
    return /[/\\]$/.test(this.#path) ? `${this.#path}${name}` : `${this.#path}/${name}`;
  }

  /**
   * Check what has the name of a file.
   *
   * @returns Whether it is to be taken for the file, and nothing to be downloaded.
   * @throws {DownloadError} When it can neither be taken for the file nor be replaced by it.
   */
  isThere(name: string): boolean {
    if (this.#existing === "rename" || !this.#present.has(name)) return false;
    const path = this.pathOf(name);
    if (this.#existing === "skip") checkTakeable(path);
    else checkReplaceable(path);
    return this.#existing === "skip";
  }

  /** Open the part of a file: what an earlier run has left of it, or else an empty one. */
  openPart(wanted: WantedFile, name: string): PartFile {
    return onDisk(`write to ${this.#path}`, () => {
      this.#make();
      return this.#reopen(wanted, name) ?? this.#create(name);
    });
  }

  /** Give a complete file its name, or a numbered one if that is taken by now. Returns its path. */
  publish(part: PartFile, name: string): string {
    return part.complete((from) => {
      this.#makePublic(from);
      if (this.#existing === "overwrite") {
        const path = this.pathOf(name);
        checkReplaceable(path);
        Deno.renameSync(from, path);
        return path;
      }
      for (const candidate of numbered(name)) {
        const path = this.pathOf(candidate);
        if (moveToFreeName(from, path)) return path;
      }
      throw unreachable();
    });
  }

  get #traits(): FolderTraits {
    this.#make();
    return this.#probed ??= probeFolder(this.#path);
  }

  #make(): void {
    if (!this.#made) Deno.mkdirSync(this.#path, { recursive: true });
    this.#made = true;
  }

  /** Give a part, which is private, the permissions of any other file. */
  #makePublic(path: string): void {
    const { mode } = this.#traits;
    if (mode === null || mode === PRIVATE) return;
    try {
      Deno.chmodSync(path, mode);
    } catch {
      // A file system without permissions: there it has never been private.
    }
  }

  #reopen(wanted: WantedFile, name: string): PartFile | undefined {
    for (const { path, fits, isOurs } of this.#leftovers.find(wanted)) {
      if (!this.#resume && !isOurs) return undefined;
      const makeOwn = isOurs ? null : () => this.#create(name);
      const part = PartFile.reopen(path, fits, this.#traits.uid, makeOwn);
      if (part === undefined) continue;
      if (!this.#resume) part.startOver();
      return part;
    }
    return undefined;
  }

  #create(name: string): PartFile {
    for (const candidate of numbered(name)) {
      const partName = partNameOf(candidate);
      // What has the name of a record will be overwritten by one: it must not be somebody's.
      if (this.#present.has(partName) || this.#present.has(recordOf(partName)) || !this.#names.take(partName)) continue;
      const part = PartFile.create(this.pathOf(partName));
      if (part !== undefined) return part;
    }
    throw unreachable();
  }

  #tellsCapitalsApart(): boolean {
    try {
      return this.#traits.tellsCapitalsApart;
    } catch {
      // What is wrong with the folder will be told when the first file is to be written.
      return false;
    }
  }

  #findLeftovers(): void {
    for (const name of this.#present) {
      const partName = partOfRecord(name);
      if (partName === undefined) continue;
      const path = this.pathOf(partName);
      const record = readRecord(path);
      if (record === undefined) continue;
      this.#names.take(partName);
      this.#leftovers.add(path, record);
    }
  }
}

/** A folder, and the way back out of it. */
const DETOUR = Deno.build.os === "windows"
  ? /(?<=^|[/\\])(?!\.\.?[/\\])[^/\\:]+[/\\]+\.\.(?:[/\\]+|$)/
  : /(?<=^|\/)(?!\.\.?\/)[^/]+\/+\.\.(?:\/+|$)/;

/**
 * Leave out folders that a path only leads through. The platform does so too when it asks for a permission to make them, and
 * never makes them then; but files that are to get their name there need them.
 */
function withoutDetours(path: string): string {
  while (DETOUR.test(path)) path = path.replace(DETOUR, "");
  return path;
}

function listNames(folder: string): Set<string> {
  try {
    return new Set(Iterator.from(Deno.readDirSync(folder)).map(({ name }) => name));
  } catch {
    // It will be made, or what is wrong with it will be found out, and told, when the first file is to be written.
    return new Set();
  }
}

function unreachable(): Error {
  return new Error("Cannot run out of numbers");
}
