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

/**
 * A file on its way: `name.part`, locked against every other download, with its record beside it.
 *
 * Calls are synchronous, but for the one that takes a whole body. Each takes the disk's cache some microseconds, less than
 * handing it to a thread would; and what never pauses is never found half done, neither by a cancellation nor by a second
 * writer.
 */
export class PartFile {
  #path: string;
  #file: Deno.FsFile;
  #record: PartRecord | null;
  #length: number;
  /** Where the next bytes go by themselves. */
  #position = 0;
  #completed = false;
  /** Makes another one, as long as it is not known whether this is a part of the file that is wanted. */
  #makeOwn: (() => PartFile) | null = null;

  private constructor(path: string, file: Deno.FsFile, record: PartRecord | null) {
    this.#path = path;
    this.#file = file;
    this.#record = record;
    this.#length = record === null ? 0 : file.statSync().size;
  }

  /** Make a new one. Returns `undefined` when the name is taken. */
  static create(path: string): PartFile | undefined {
    const file = openNew(path);
    if (file === undefined) return undefined;
    // Nobody else has it; but a system without locks is no reason not to download.
    file.tryLockSync(true);
    return new PartFile(path, file, null);
  }

  /**
   * Open one that an earlier run has left. Returns `undefined` when it is not there, in use, or not one that `fits`.
   *
   * @param uid Whose it must be; `null` for anybody's.
   * @param makeOwn Given when it may turn out to be of another file: then it is left as it is, and what this makes takes its
   * place.
   */
  static reopen(
    path: string,
    fits: (record: PartRecord) => boolean,
    uid: number | null,
    makeOwn: (() => PartFile) | null,
  ): PartFile | undefined {
    const file = openRegular(path);
    if (file === undefined) return undefined;
    // Read under the lock: whoever had it may have written since.
    const record = lock(file, path) && isOf(file, uid) ? readRecord(path) : undefined;
    if (record !== undefined && fits(record)) {
      const part = new PartFile(path, file, record);
      part.#makeOwn = makeOwn;
      return part;
    }
    file.close();
    return undefined;
  }

  /** Where it is. */
  get path(): string {
    return this.#path;
  }

  /** What is known of the part; `null` when it cannot be gone on with. */
  get record(): PartRecord | null {
    return this.#record;
  }

  /** Up to which byte there is something. All of it, unless the file comes in pieces. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that a later attempt can go on with. */
  get kept(): number {
    if (!this.resumable) return 0;
    const { pieces } = this.#record!;
    return pieces === null ? this.#length : pieces.done.length * pieces.size;
  }

  /** Whether a later run can go on with it. */
  get resumable(): boolean {
    return this.#record !== null && this.#length > 0 && (this.#record.pieces?.done.length ?? 1) > 0;
  }

  /** Forget all that is there. */
  startOver(record: PartRecord | null = null): void {
    if (this.#makeOwn !== null) this.#leave(this.#makeOwn());
    onDisk(`write ${this.path}`, () => {
      if (this.#length > 0) this.#file.truncateSync(0);
      this.#length = 0;
      // In this order: a record beside bytes of another version must not exist for a moment.
      if (record !== null) this.#write(record);
      else if (this.#record !== null) removeRecord(this.path);
      this.#record = record;
    });
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
  goOn(length: number, wanted: WantedFile, finalUrl: string, headers: Headers): void {
    this.#makeOwn = null;
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
    // What only the checksum has allowed to be joined, only the checksum allows to be gone on with.
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

  /** Let go of it. Returns its path when a later run can go on with it; otherwise nothing is left. */
  release(): string | null {
    try {
      if (this.#completed) return null;
      const there = isAt(this.#file, this.path);
      if (there && this.resumable) return this.path;
      onDisk(`remove ${this.path}`, () => {
        if (there) removeIfThere(this.path);
        if (this.#record !== null) removeRecord(this.path);
      });
      return null;
    } finally {
      this.#file.close();
    }
  }

  /**
   * Hand the complete file over: `publish` gives it its name, and leaves nothing at the path of the part.
   *
   * @throws {DownloadError} When there is something else at the path of the part by now, or nothing.
   */
  complete<T>(publish: (path: string) => T): T {
    if (!isAt(this.#file, this.path)) {
      throw new DownloadError("disk", `Cannot name ${this.path}: it has been removed or replaced meanwhile`, {
        retriable: true,
      });
    }
    const result = onDisk(`name ${this.path}`, () => publish(this.path));
    this.#completed = true;
    // The lock is held until here: another download that opens the part must not find it free, and its record gone.
    onDisk(`remove the record of ${this.path}`, () => {
      if (this.#record !== null) removeRecord(this.path);
    });
    return result;
  }

  /** Leave a part of another file as it is, and become another one. */
  #leave(own: PartFile): void {
    this.#makeOwn = null;
    this.#file.close();
    this.#path = own.#path;
    this.#file = own.#file;
    this.#record = null;
    this.#length = this.#position = 0;
  }

  #write(record: PartRecord): void {
    writeRecord(this.path, record, this.#file.statSync().ino);
  }

  #seek(at: number): void {
    if (at !== this.#position) this.#position = this.#file.seekSync(at, Deno.SeekMode.Start);
  }
}

const READ_WRITE: Deno.OpenOptions = { read: true, write: true };

function openNew(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path, { ...READ_WRITE, createNew: true, mode: PRIVATE });
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

/** Whether a file belongs to somebody. */
function isOf(file: Deno.FsFile, uid: number | null): boolean {
  return uid === null || file.statSync().uid === uid;
}
