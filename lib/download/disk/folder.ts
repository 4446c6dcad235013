import type { ExistingFile } from "../words/options.ts";
import { avoidRecordName, partNameOf, partOfRecord, recordOf } from "../words/part_names.ts";
import { numbered } from "../words/safe_name.ts";
import { checkIsFile, checkReplaceable, moveToFreeName } from "./destination.ts";
import { onDisk } from "./disk_error.ts";
import { Leftovers } from "./leftovers.ts";
import { Names } from "./names.ts";
import { makePart, type OpenPart, PartFile, type PartPlace } from "./part_file.ts";
import { PRIVATE, readRecord, removeStaleRecord, type WantedFile } from "./part_record.ts";

/** The folder that the files of one call go to, and the names in it. */
export class Folder {
  readonly #path: string;
  readonly #existing: ExistingFile;
  readonly #resume: boolean;
  /** Names of the files of this call, and of their parts. */
  readonly #names = new Names(() => this.#isCaseSensitive());
  /** What is in it. Read once: what appears later is noticed when a complete file is to get that name. */
  readonly #present: Set<string>;
  /** Parts that earlier runs have left. */
  readonly #leftovers = new Leftovers();
  #made = false;
  #probed: FolderTraits | undefined;

  /**
   * @param path Where it is; it is made when the first file needs it.
   * @param existing What to do about a file that is there already.
   * @param resume Whether to resume what earlier runs have left.
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
   * @param url Where the file is asked for. What an earlier run has left of that URL goes to no other file.
   */
  reserve(name: string, url?: string): string {
    if (url !== undefined) this.#leftovers.claim(url);
    return this.#names.reserve(
      avoidRecordName(name),
      (name) => this.#existing !== "rename" || !this.#present.has(name),
    );
  }

  /** The path of the file of that name; short where that is the current folder. */
  pathOf(name: string): string {
    if (this.#path === ".") return name;
    return /[/\\]$/.test(this.#path) ? `${this.#path}${name}` : `${this.#path}/${name}`;
  }

  /**
   * Check what has the name of a file.
   *
   * @returns Whether it counts as the file, so that nothing is to be downloaded.
   * @throws {DownloadError} When it can neither count as the file nor be replaced by it.
   */
  isThere(name: string): boolean {
    if (this.#existing === "rename" || !this.#present.has(name)) return false;
    const path = this.pathOf(name);
    if (this.#existing === "skip") checkIsFile(path);
    else checkReplaceable(path);
    return this.#existing === "skip";
  }

  /** Get the part of a file: what an earlier run has left of it, or else one that is made when its first bytes come. */
  openPart(wanted: WantedFile, name: string): PartFile {
    return onDisk(`write to ${this.#path}`, () => {
      // What is wrong with the folder is to be told before anything is asked for.
      const { uid } = this.#traits;
      for (const { path, fits, isSameFile } of this.#leftovers.find(wanted)) {
        if (!this.#resume && !isSameFile) break;
        const part = PartFile.reopen(
          path,
          fits,
          uid,
          !isSameFile,
          this.#partPlace(name, isSameFile ? path : undefined),
        );
        if (part === undefined) continue;
        if (!this.#resume) part.clear();
        return part;
      }
      return new PartFile(this.#partPlace(name));
    });
  }

  /** Give a complete file its name, or a numbered one if that is taken by now. Returns its path. */
  publish(part: PartFile, name: string): string {
    const from = part.complete();
    const path = onDisk(`name ${from}`, () => this.#rename(from, name));
    part.renamed();
    return path;
  }

  #rename(from: string, name: string): string {
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

  /**
   * Where the part of a file goes: to the same place whenever it is made anew, if that stays free.
   *
   * @param own Where there is one already.
   */
  #partPlace(name: string, own?: string): PartPlace {
    const ours = new Set(own === undefined ? [] : [own]);
    return {
      make: () => onDisk(`write to ${this.#path}`, () => this.#makePart(name, ours)),
      // Windows opens no folders; but nor is it short of files.
      hold: () => Deno.build.os === "windows" ? null : onDisk(`open ${this.#path}`, () => Deno.openSync(this.#path)),
    };
  }

  #makePart(name: string, ours: Set<string>): OpenPart {
    for (const candidate of numbered(name)) {
      const partName = partNameOf(candidate);
      const path = this.pathOf(partName);
      if (!ours.has(path)) {
        // What has the name of a record will be overwritten by one: it must not be a file of the user's.
        const isUsed = this.#present.has(partName) || this.#present.has(recordOf(partName));
        if (isUsed || !this.#names.take(partName)) continue;
        ours.add(path);
      }
      const part = makePart(path);
      if (part !== undefined) return part;
    }
    throw unreachable();
  }

  #isCaseSensitive(): boolean {
    try {
      return this.#traits.isCaseSensitive;
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
      if (record === undefined) {
        if (removeStaleRecord(path)) this.#present.delete(name);
        continue;
      }
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

/** What can be learned of a folder only by making a file in it. */
interface FolderTraits {
  /** Whether `A` and `a` are two files. */
  readonly isCaseSensitive: boolean;
  /** The permissions that a file has by default; `null` where there is no such thing. */
  readonly mode: number | null;
  /** Whose the files are that this program makes; `null` where the system does not tell. */
  readonly uid: number | null;
}

/** What holds where Deno may make single files only: nothing is assumed, and nothing is set. */
const UNKNOWN: FolderTraits = { isCaseSensitive: false, mode: null, uid: null };

/** Make a file, look at it, and remove it. Throws where that cannot be done: nothing can be downloaded to there. */
function probeFolder(path: string): FolderTraits {
  const probe = `${path}/.asyncio-${crypto.randomUUID()}`;
  try {
    Deno.openSync(probe, { write: true, createNew: true }).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return UNKNOWN;
    throw error;
  }
  try {
    const { mode, uid } = Deno.lstatSync(probe);
    return {
      isCaseSensitive: !exists(probe.replace(".asyncio-", ".ASYNCIO-")),
      mode: mode === null ? null : mode & 0o777,
      uid,
    };
  } finally {
    Deno.removeSync(probe);
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
