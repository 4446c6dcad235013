import { isTimeout } from "../errors.ts";
import { timeout } from "../tasks/timeout.ts";
import type { Brought } from "./attempt.ts";
import type { DigestAlgorithm } from "./words/checksum.ts";
import { fileNameIn } from "./http/content_disposition.ts";
import { checkFileThere } from "./disk/digest_of_part.ts";
import { DownloadError } from "./words/download_error.ts";
import { encodingOf } from "./http/encoding.ts";
import { isOutOfFiles } from "./plan/out_of_files.ts";
import type { PartFile } from "./disk/part_file.ts";
import type { WantedFile } from "./disk/part_record.ts";
import { ProgressTeller } from "./progress_teller.ts";
import type { FileRequest, Source } from "./words/request.ts";
import type { CompleteDownload, DownloadResult, SkippedDownload } from "./words/result.ts";
import { retryPassing } from "./plan/retry_passing.ts";
import { nameInUrl, safeName } from "./words/safe_name.ts";
import type { Slot } from "./plan/schedule.ts";
import type { Answer } from "./http/send.ts";
import type { Session } from "./session.ts";
import { Sources } from "./plan/sources.ts";
import { transfer } from "./transfer.ts";

/** What has come, and has its name. */
interface Named extends Brought {
  readonly path: string;
}

/** Everything about one file, from its first turn to its name. */
export class FileDownload {
  readonly #request: FileRequest;
  readonly #session: Session;
  readonly #sources: Sources;
  readonly #wanted: WantedFile;
  readonly #tell: ProgressTeller;
  /** What it will be called. */
  #name: string;
  /** What the server has called it. */
  #serverName: string | undefined;
  /** What was done to its bytes, and has been left so. */
  #encoding: string | null = null;
  #part: PartFile | null = null;
  #attempts = 0;
  /** Whether the last attempt has only shown that what was there could not be gone on with; and whether one ever has. */
  #joinedWrongly = false;
  #hasStartedOver = false;
  /** The most of the file that has been there to go on with. */
  #most = 0;
  /** Whether the last attempt has brought more than that. */
  #goneOn = false;
  readonly #startedAt = performance.now();
  /** Its first turn, until that is used. */
  #turn: Slot | null;

  /**
   * @param name What to call it, unless the server is to decide.
   * @param turn Leave to make the first request.
   */
  constructor(request: FileRequest, session: Session, name: string, turn: Slot) {
    this.#request = request;
    this.#session = session;
    this.#sources = new Sources(request.sources);
    const { url, checksum } = request;
    this.#wanted = {
      url,
      name: request.name ?? nameInUrl(request.sources[0]!.url),
      checksum: checksum === undefined ? null : `${checksum.algorithm}:${checksum.hex}`,
    };
    this.#tell = new ProgressTeller(request, session.settings.onEvent);
    this.#name = name;
    this.#turn = turn;
  }

  /** Download it. Rejects only when it is cancelled. */
  async run(): Promise<DownloadResult> {
    try {
      const named = await this.#withinTime();
      const result = named === undefined ? this.#skipped() : this.#complete(named);
      this.#part?.release();
      return result;
    } catch (error) {
      const part = this.#part?.release() ?? null;
      if (error instanceof DownloadError) {
        const { url } = this.#request;
        return { status: "failed", url, error, ms: this.#elapsed(), attempts: this.#attempts, part };
      }
      this.#tell.interrupted(part);
      throw error;
    }
  }

  #skipped(): SkippedDownload {
    return { status: "skipped", url: this.#request.url, path: this.#session.folder.pathOf(this.#name) };
  }

  #complete({ finalUrl, path, resumed, digest }: Named): CompleteDownload {
    return {
      status: "complete",
      url: this.#request.url,
      finalUrl,
      path,
      bytes: this.#part!.length,
      resumed,
      ms: this.#elapsed(),
      attempts: this.#attempts,
      encoding: this.#encoding,
      digest: digest === null ? null : `${digest.algorithm}:${digest.hex}`,
    };
  }

  /** All attempts, against the clock. */
  async #withinTime(): Promise<Named | undefined> {
    const { settings } = this.#session;
    const attempts = () =>
      retryPassing(
        settings,
        () => this.#attempt(),
        (error) => this.#tell.retry(error, this.#attempts),
        () => this.#goneOn,
      );
    if (settings.timeout === Infinity) return await attempts();
    try {
      return await timeout(settings.timeout, attempts);
    } catch (error) {
      if (!isTimeout(error)) throw error;
      throw new DownloadError("timeout", `The file did not come within ${settings.timeout} ms`, { cause: error });
    }
  }

  /** Try one source; when that one is of no use, the next. */
  async #attempt(): Promise<Named | undefined> {
    for (;;) {
      try {
        return await this.#attemptAt(this.#sources.next);
      } catch (error) {
        if (!(error instanceof DownloadError)) throw error;
        if (this.#joinedWrongly) {
          // What has come was right perhaps, and what it was joined to was not.
          this.#joinedWrongly = false;
          this.#tell.retry(error, this.#attempts);
          continue;
        }
        if (this.#hasGoneOn() && error.retriable) {
          this.#sources.wentOn();
          throw error;
        }
        if (this.#sources.failed(error, this.#part?.resumable ?? false) !== "now") throw error;
      }
    }
  }

  /** Whether more of the file is there than ever before: so there is an end to going on. */
  #hasGoneOn(): boolean {
    const kept = this.#part?.kept ?? 0;
    this.#goneOn = kept > this.#most;
    this.#most = Math.max(this.#most, kept);
    return this.#goneOn;
  }

  async #attemptAt(source: Source): Promise<Named | undefined> {
    const turn = this.#turn;
    this.#turn = null;
    const attempt = async (slot: Slot) => {
      try {
        return await this.#attemptIn(slot, source);
      } catch (error) {
        // Those who wait for others to close theirs hold nothing that those may wait for.
        if (isOutOfFiles(error) && this.#part?.resumable === false) this.#dropPart(this.#part);
        throw error;
      }
    };
    return await this.#session.schedule.inTurn(source.url.host, attempt, turn);
  }

  async #attemptIn(slot: Slot, source: Source): Promise<Named | undefined> {
    const session = this.#session;
    this.#attempts++;
    const part = this.#part ??= this.#openPart();
    const brought = await transfer({
      session,
      wanted: this.#wanted,
      source,
      part,
      slot,
      algorithm: this.#algorithm,
      onAnswer: (answer) => this.#isWanted(answer),
      onStart: (size, received) => this.#tell.start(this.#name, size, received, this.#attempts),
      onBytes: (received) => this.#tell.progress(received),
    });
    slot.wellDone();
    if (brought === undefined) return undefined;
    this.#check(brought, part);
    return { ...brought, path: this.#publish(part) };
  }

  #openPart(): PartFile {
    const part = this.#session.folder.openPart(this.#wanted, this.#name);
    this.#most = Math.max(this.#most, part.kept);
    return part;
  }

  #publish(part: PartFile): string {
    try {
      return this.#session.folder.publish(part, this.#name);
    } catch (error) {
      // The part is not where it was: another attempt takes another one.
      if (error instanceof DownloadError && error.retriable) this.#dropPart(part);
      throw error;
    }
  }

  #dropPart(part: PartFile): void {
    part.release();
    this.#part = null;
  }

  /** An answer has come: it may name the file, and may not be the file at all. Returns how to decode it, if it is wanted. */
  async #isWanted({ response }: Answer): Promise<readonly string[] | null> {
    if (this.#namedByServer) {
      const name = fileNameIn(response.headers.get("content-disposition"));
      if (name !== undefined && name !== this.#serverName) {
        this.#serverName = name;
        // Its own name is taken by itself.
        if (safeName(name) !== this.#wanted.name) this.#name = this.#session.folder.reserve(safeName(name));
      }
      const { folder } = this.#session;
      if (folder.isThere(this.#name)) {
        if (this.#request.checksum !== undefined) {
          await checkFileThere(folder.pathOf(this.#name), this.#request.checksum);
        }
        return null;
      }
    }
    const { encoded } = this.#session.settings;
    const codings = encodingOf(response, this.#name);
    this.#encoding = encoded === "decode" || codings.length === 0 ? null : codings.join(", ");
    if (encoded === "refuse" && codings.length > 0) {
      throw new DownloadError(
        "answer",
        `The server sent the file encoded (${this.#encoding}), though it was asked not to`,
      );
    }
    return encoded === "decode" ? codings : [];
  }

  #check({ digest, stated, resumed }: Brought, part: PartFile): void {
    const checksum = this.#request.checksum ?? stated;
    if (checksum === undefined || digest?.hex === checksum.hex) return;
    // Nothing is left of it to be gone on with.
    part.startOver();
    this.#joinedWrongly = resumed > 0 && !this.#hasStartedOver;
    this.#hasStartedOver ||= resumed > 0;
    throw new DownloadError(
      "checksum",
      `The ${checksum.algorithm} digest of the file is ${digest?.hex}: it must be ${checksum.hex}${
        checksum === stated ? ", as the server has said" : ""
      }`,
      { retriable: true },
    );
  }

  get #algorithm(): DigestAlgorithm | undefined {
    return this.#request.checksum?.algorithm ?? this.#session.settings.digest;
  }

  get #namedByServer(): boolean {
    return isNamedByServer(this.#request, this.#session);
  }

  #elapsed(): number {
    return performance.now() - this.#startedAt;
  }
}

/** Whether the name of a file is known only when the server has answered. */
export function isNamedByServer(request: FileRequest, { settings }: Session): boolean {
  return settings.contentDisposition && request.name === undefined;
}
