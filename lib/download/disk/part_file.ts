import { onDisk } from "./disk_error.ts";
import { DownloadError } from "../words/download_error.ts";
import {
  type PartRecord,
  PRIVATE,
  readRecord,
  removeIfThere,
  removeRecord,
  type WantedFile,
  writeRecord,
} from "./part_record.ts";
import { versionOf } from "../http/validator.ts";

// More than 300 lines, as all that changes a part does so under one lock, and keeps its record in step.

/** A file for a part, open and locked. */
export interface OpenPart {
  readonly path: string;
  readonly file: Deno.FsFile;
}

/** Where the part of a file goes. */
export interface PartPlace {
  /** Make an empty file. */
  make(): OpenPart;
  /** Open anything, so that a file can be opened later on; `null` where the system has nothing for that. */
  hold(): Deno.FsFile | null;
}

/**
 * A file on its way: `name.part`, locked against every other download, with its record beside it. It is made when its first
 * bytes are about to come, and whatever is of no use to a later download is removed at once: so a program that is killed
 * leaves no file whose owner cannot be told.
 *
 * Calls are synchronous, but for the one that takes a whole body. Each takes the disk's cache some microseconds, less than
 * handing it to a thread would; and what never pauses is never found half done, neither by a cancellation nor by a second
 * writer.
 */
export class PartFile {
  readonly #place: PartPlace;
  /** `null` while there is nothing on the disk. */
  #open: OpenPart | null = null;
  #record: PartRecord | null = null;
  #length = 0;
  /** Where the next bytes go by themselves. */
  #position = 0;
  /** Whether it may be a part of another file than the one that is wanted: then it is left as it is. */
  #unproven = false;

  /** Kept open in its place, while it has not been made. */
  #held: Deno.FsFile | null = null;

  /** @param place Where it is made: each time that bytes are about to come, and there is no file for them. */
  constructor(place: PartPlace) {
    this.#place = place;
  }

  /**
   * Open a part that an earlier run has left. Returns `undefined` when it is not there, in use, or not one that `fits`.
   *
   * @param uid Whose it must be; `null` for anybody's.
   * @param unproven Whether an answer has to show first that it is of the file that is wanted.
   */
  static reopen(
    path: string,
    fits: (record: PartRecord) => boolean,
    uid: number | null,
    unproven: boolean,
    place: PartPlace,
  ): PartFile | undefined {
    const file = openRegular(path);
    if (file === undefined) return undefined;
    // Read under the lock: another download may have written it until just now.
    const record = lock(file, path) && isOf(file, uid) ? readRecord(path) : undefined;
    if (record === undefined || !fits(record)) {
      file.close();
      return undefined;
    }
    const part = new PartFile(place);
    part.#open = { path, file };
    part.#record = record;
    part.#length = file.statSync().size;
    part.#unproven = unproven;
    return part;
  }

  /** Where it is, once there is something of it. */
  get path(): string {
    return this.#open!.path;
  }

  /** What is known of the part; `null` when nothing is kept of it. */
  get record(): PartRecord | null {
    return this.#record;
  }

  /** Up to which byte there is something. All of it, unless the file comes in pieces. */
  get length(): number {
    return this.#length;
  }

  /** Whether there is less of it on the disk than was written: another program has cut it. */
  get wasCut(): boolean {
    return this.#open !== null && this.size() < this.#length;
  }

  /** Bytes that a later attempt can resume from. */
  get kept(): number {
    if (!this.resumable) return 0;
    const { pieces } = this.#record!;
    return pieces === null ? this.#length : pieces.done.length * pieces.size;
  }

  /** Whether a later run can resume it: something must tell its version from others, during the download or in the end. */
  get resumable(): boolean {
    const record = this.#record;
    if (record === null || this.#length === 0) return false;
    return (record.validator !== null || record.checksum !== null) && (record.pieces?.done.length ?? 1) > 0;
  }

  /** Make sure that it can be opened when its first bytes come, however many files and connections are open by then. */
  hold(): void {
    if (this.#open === null) this.#held ??= this.#place.hold();
  }

  /**
   * Begin with the first byte, whatever was there.
   *
   * @param record What is known of the file; `null` for one that comes within a moment, and is of no use in part.
   */
  begin(record: PartRecord | null): void {
    if (this.#unproven) this.#close();
    if (this.#open === null) {
      this.#letGo();
      this.#open = this.#place.make();
    }
    onDisk(`write ${this.path}`, () => {
      if (this.#length > 0) this.#file.truncateSync(0);
      this.#length = 0;
      // In this order: a record beside bytes of another version must not exist for a moment.
      if (record !== null) this.#write(record);
      else if (this.#record !== null) removeRecord(this.path);
      this.#record = record;
    });
  }

  /** Forget what is there: nothing of it stays on the disk, unless it may belong to another file. */
  clear(): void {
    if (this.#open === null) return this.#letGo();
    try {
      if (!this.#unproven) this.#remove();
    } finally {
      this.#close();
    }
  }

  /** Change the record of what is there. */
  amend(record: PartRecord): void {
    onDisk(`write ${this.path}`, () => this.#write(record));
    this.#record = record;
  }

  /** Write `bytes` from the byte `at` on. */
  write(bytes: Uint8Array, at: number): void {
    onDisk(`write ${this.path}`, () => {
      this.#seek(at);
      for (let written = 0; written < bytes.length;) written += this.#file.writeSync(bytes.subarray(written));
    });
    this.#position = at + bytes.length;
    this.#length = Math.max(this.#length, this.#position);
  }

  /**
   * Have the platform write all of `body`, from the byte `at` on. When this ends, in whatever way, no write is under way.
   */
  async fill(body: ReadableStream<Uint8Array>, at: number): Promise<void> {
    this.#seek(at);
    try {
      await body.pipeTo(this.#file.writable, { preventClose: true, preventAbort: true });
    } finally {
      this.#length = this.#position = this.size();
    }
  }

  /** Up to which byte there is something on the disk. */
  size(): number {
    return onDisk(`look at ${this.path}`, () => this.#file.statSync().size);
  }

  /**
   * Keep what is there up to the byte `length`: an answer with these headers has shown that it is of the file that is
   * wanted, or the checksum will.
   */
  resume(length: number, wanted: WantedFile, finalUrl: string, headers: Headers): void {
    this.#unproven = false;
    if (length < this.#length) {
      onDisk(`write ${this.path}`, () => this.#file.truncateSync(length));
      this.#length = length;
    }
    const record = this.#record!;
    const { url, name, checksum } = wanted;
    const { validator } = record;
    const isProven = checksum === null ||
      (validator !== null && headers.get(validator.kind)?.trim() === validator.value);
    const isKnown = record.url === url && record.name === name && record.finalUrl === finalUrl &&
      record.checksum === (checksum ?? record.checksum);
    if (isKnown && (isProven || validator === null)) return;
    // What only the checksum has allowed to be joined, only the checksum allows to be resumed.
    const version = isProven ? record : { validator: null, said: versionOf(headers) };
    const { said } = version;
    this.amend({
      ...record,
      url,
      name,
      finalUrl,
      checksum: checksum ?? record.checksum,
      validator: version.validator,
      said,
    });
  }

  /** Read the bytes from `at` on into `buffer`. Returns how many there were. */
  read(buffer: Uint8Array, at: number): number {
    return onDisk(`read ${this.path}`, () => {
      this.#seek(at);
      const read = this.#file.readSync(buffer) ?? 0;
      this.#position += read;
      return read;
    });
  }

  /** Let go of it. Returns its path when a later run can resume it; otherwise nothing is left. */
  release(): string | null {
    if (this.resumable && isAt(this.#file, this.path)) {
      const { path } = this;
      this.#close();
      return path;
    }
    this.clear();
    return null;
  }

  /**
   * Get the path of the complete part, to rename it.
   *
   * @throws {DownloadError} When there is something else at that path by now, or nothing, or another program has changed its length.
   */
  complete(): string {
    const { path } = this;
    const isThere = isAt(this.#file, path);
    if (isThere && this.size() === this.#length) return path;
    const what = isThere ? "another program has written to it" : "it has been removed or replaced meanwhile";
    throw new DownloadError("disk", `Cannot name ${path}: ${what}`, { retriable: true });
  }

  /** It has been renamed. The lock is held until here: another download must not find the part free, and its record gone. */
  renamed(): void {
    try {
      onDisk(`remove the record of ${this.path}`, () => {
        if (this.#record !== null) removeRecord(this.path);
      });
    } finally {
      this.#close();
    }
  }

  get #file(): Deno.FsFile {
    return this.#open!.file;
  }

  #letGo(): void {
    this.#held?.close();
    this.#held = null;
  }

  #close(): void {
    this.#file.close();
    this.#open = this.#record = null;
    this.#length = this.#position = 0;
    this.#unproven = false;
  }

  /** Remove it, unless a file that is not ours has taken its place; its record is ours in any case. */
  #remove(): void {
    onDisk(`remove ${this.path}`, () => {
      if (isAt(this.#file, this.path)) removeIfThere(this.path);
      if (this.#record !== null) removeRecord(this.path);
    });
  }

  #write(record: PartRecord): void {
    writeRecord(this.path, record, this.#file.statSync().ino);
  }

  #seek(at: number): void {
    if (at !== this.#position) this.#position = this.#file.seekSync(at, Deno.SeekMode.Start);
  }
}

const READ_WRITE: Deno.OpenOptions = { read: true, write: true };

/** Make an empty part. Returns `undefined` when the name is taken. */
export function makePart(path: string): OpenPart | undefined {
  try {
    const file = Deno.openSync(path, { ...READ_WRITE, createNew: true, mode: PRIVATE });
    // No other program has it yet; but a system without locks is no reason not to download.
    file.tryLockSync(true);
    return { path, file };
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return undefined;
    throw error;
  }
}

/** Open a file, but not through a link: that could lead out of the folder. */
function openRegular(path: string): Deno.FsFile | undefined {
  try {
    return Deno.lstatSync(path).isFile ? Deno.openSync(path, READ_WRITE) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Lock a file that was opened, unless it is in use, or has been renamed in between. */
function lock(file: Deno.FsFile, path: string): boolean {
  return file.tryLockSync(true) && isAt(file, path);
}

/** Whether it is this open file that is at `path`. */
function isAt(file: Deno.FsFile, path: string): boolean {
  try {
    const { dev, ino } = file.statSync();
    const now = Deno.lstatSync(path);
    return ino === now.ino && dev === now.dev;
  } catch {
    return false;
  }
}

/** Whether a file belongs to this user; `null` for any. */
function isOf(file: Deno.FsFile, uid: number | null): boolean {
  return uid === null || file.statSync().uid === uid;
}
