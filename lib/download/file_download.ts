import { InvalidStateError, isTimeout } from "../errors.ts";
import { realTime } from "../core/platform.ts";
import { timeout } from "../tasks/timeout.ts";
import type { AttemptListener, Session, Transferred } from "./attempt.ts";
import { checkExistingFile } from "./disk/digest.ts";
import type { PartFile } from "./disk/part_file.ts";
import type { WantedFile } from "./disk/part_record.ts";
import type { Answer } from "./http/answer.ts";
import { fileNameIn } from "./http/content_disposition.ts";
import { encodingOf } from "./http/encoding.ts";
import { retryTransient, Sources } from "./plan/retry.ts";
import { isOutOfFiles, type Slot } from "./plan/schedule.ts";
import { transfer } from "./transfer.ts";
import type { DigestAlgorithm } from "./words/checksum.ts";
import { DownloadError } from "./words/download_error.ts";
import type { CompleteDownload, DownloadEvent, DownloadResult } from "./words/report.ts";
import type { FileRequest, Source } from "./words/request.ts";
import { nameInUrl, safeName } from "./words/safe_name.ts";

type DownloadState = "waiting" | "asking" | "receiving" | "checking" | "restarting" | "ended";

const NEXT: Readonly<Record<DownloadState, readonly DownloadState[]>> = {
  waiting: ["asking", "ended"],
  asking: ["receiving", "waiting", "ended"],
  receiving: ["checking", "waiting", "ended"],
  checking: ["restarting", "waiting", "ended"],
  restarting: ["asking", "waiting", "ended"],
  ended: [],
};

// More than 300 lines, as all of them are about the states of one file, and what is told of it.

/**
 * One file, from its first turn to its name.
 *
 * | state          | event                                                           | next           |
 * | -------------- | --------------------------------------------------------------- | -------------- |
 * | `"waiting"`    | its turn has come                                               | `"asking"`     |
 * | `"asking"`     | an answer brings the file, or the rest of it                    | `"receiving"`  |
 * | `"asking"`     | the server names a file that is there, and is not to be fetched | `"ended"`      |
 * | `"receiving"`  | all bytes have come                                             | `"checking"`   |
 * | `"checking"`   | they are right, and the file gets its name                      | `"ended"`      |
 * | `"checking"`   | what was there before was wrong: the first time, at once again  | `"restarting"` |
 * | `"restarting"` | its turn has come                                               | `"asking"`     |
 * | all of these   | the attempt has failed                                          | `"waiting"`    |
 * | all of these   | there is no further attempt, or the call is cancelled           | `"ended"`      |
 */
export class FileDownload implements AttemptListener {
  readonly #request: FileRequest;
  readonly #session: Session;
  readonly #sources: Sources;
  readonly #wanted: WantedFile;
  readonly #events: FileEvents;
  #state: DownloadState = "waiting";
  /** What it will be called. */
  #name: string;
  /** What the server has called it. */
  #serverName: string | undefined;
  /** How its bytes are encoded, and are saved so. */
  #encoding: string | null = null;
  #part: PartFile | null = null;
  #attempts = 0;
  /** The most bytes that an attempt could resume from so far. */
  #mostKept = 0;
  /** Whether the last attempt has brought more than that. */
  #advanced = false;
  /** Whether what was there before has been found to be wrong. */
  #hasRestarted = false;
  /** Whether a file is held for its part before there is a connection, as there may be too many open files. */
  #holdsFile: boolean;
  readonly #startedAt = realTime.now();
  /** Its first turn, until that is used. */
  #firstTurn: Slot | null;

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
    this.#events = new FileEvents(request, session.settings.onEvent);
    this.#name = name;
    this.#firstTurn = turn;
    this.#holdsFile = session.settings.concurrency > FEW;
  }

  /** Download it. Rejects only when it is cancelled. */
  async run(): Promise<DownloadResult> {
    const { url } = this.#request;
    try {
      return await this.#withinTime() ??
        { status: "skipped", url, path: this.#session.folder.pathOf(this.#name) };
    } catch (error) {
      const part = this.#part?.release() ?? null;
      if (error instanceof DownloadError) {
        return { status: "failed", url, error, ms: this.#elapsed(), attempts: this.#attempts, part };
      }
      this.#events.interrupted(part);
      throw error;
    } finally {
      this.#become("ended");
      this.#part?.release();
    }
  }

  /** An answer has come: it may name the file, and may not be the file at all. */
  async onAnswer({ response }: Answer): Promise<readonly string[] | null> {
    if (isNamedByServer(this.#request, this.#session) && await this.#isThereAs(response)) return null;
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

  /** Its bytes are about to come. */
  onStart(size: number | null, received: number): void {
    this.#become("receiving");
    this.#events.start(this.#name, size, received, this.#attempts);
  }

  onBytes(received: number): void {
    this.#events.progress(received);
  }

  /** All attempts, against the clock. Gives `undefined` when the file is there already. */
  async #withinTime(): Promise<CompleteDownload | undefined> {
    const { settings } = this.#session;
    const attempts = () =>
      retryTransient(
        settings,
        () => this.#tryOnce(),
        (error) => this.#events.retry(error, this.#attempts),
        () => this.#advanced,
      );
    if (settings.timeout === Infinity) return await attempts();
    try {
      return await timeout(settings.timeout, attempts);
    } catch (error) {
      if (!isTimeout(error)) throw error;
      throw new DownloadError("timeout", `The file did not come within ${settings.timeout} ms`, { cause: error });
    }
  }

  /** Try one source; where that one cannot give the file, the next, until it makes sense to wait. */
  async #tryOnce(): Promise<CompleteDownload | undefined> {
    for (;;) {
      try {
        return await this.#inTurn(this.#sources.next);
      } catch (error) {
        if (!(error instanceof DownloadError) || !this.#goesOnAtOnceAfter(error)) throw error;
      }
    }
  }

  /** An attempt has failed. Returns whether there is to be another one at once. */
  #goesOnAtOnceAfter(error: DownloadError): boolean {
    if (this.#state === "restarting") {
      this.#events.retry(error, this.#attempts);
      return true;
    }
    const kept = this.#part?.kept ?? 0;
    // There is only so much of a file: an end to this is certain.
    this.#advanced = kept > this.#mostKept;
    this.#mostKept = Math.max(this.#mostKept, kept);
    if (this.#advanced && error.retriable) {
      this.#sources.advanced();
      return false;
    }
    return this.#sources.failed(error, this.#part?.resumable ?? false) === "now";
  }

  async #inTurn(source: Source): Promise<CompleteDownload | undefined> {
    const turn = this.#firstTurn;
    this.#firstTurn = null;
    const attempt = async (slot: Slot): Promise<CompleteDownload | undefined> => {
      try {
        return await this.#attempt(slot, source);
      } catch (error) {
        if (this.#state !== "restarting") this.#become("waiting");
        if (!isOutOfFiles(error)) throw error;
        // What waits for others to close their files holds none that those may wait for.
        if (this.#part?.resumable === false) this.#part.clear();
        if (this.#holdsFile) throw error;
        // Connections at rest may have taken the last ones: with a file held for its part, this can use one of those.
        this.#holdsFile = true;
        return await attempt(slot);
      }
    };
    return await this.#session.schedule.inTurn(source.url.host, attempt, turn);
  }

  async #attempt(slot: Slot, source: Source): Promise<CompleteDownload | undefined> {
    this.#become("asking");
    this.#attempts++;
    const part = this.#part ??= this.#openPart();
    if (this.#holdsFile) part.hold();
    const algorithm = this.#algorithm;
    const transferred = await transfer({
      session: this.#session,
      wanted: this.#wanted,
      source,
      part,
      slot,
      algorithm,
      listener: this,
    });
    slot.succeeded();
    if (transferred === undefined) return undefined;
    this.#become("checking");
    this.#check(transferred, part);
    return this.#complete(transferred, part);
  }

  #openPart(): PartFile {
    const part = this.#session.folder.openPart(this.#wanted, this.#name);
    this.#mostKept = Math.max(this.#mostKept, part.kept);
    return part;
  }

  /** Compare the digest of what has come. */
  #check({ digest, stated, resumed }: Transferred, part: PartFile): void {
    const checksum = this.#request.checksum ?? stated;
    if (checksum === undefined || digest?.hex === checksum.hex) return;
    // Nothing of it can be resumed.
    part.clear();
    if (resumed > 0 && !this.#hasRestarted) {
      // What has come was right perhaps, and what it was joined to was not.
      this.#become("restarting");
      this.#hasRestarted = true;
    }
    throw new DownloadError(
      "checksum",
      `The ${checksum.algorithm} digest of the file is ${digest?.hex}: it must be ${checksum.hex}${
        checksum === stated ? ", as the server has said" : ""
      }`,
      { retriable: true },
    );
  }

  /** Give it its name. */
  #complete({ finalUrl, resumed, digest }: Transferred, part: PartFile): CompleteDownload {
    const bytes = part.length;
    try {
      const path = this.#session.folder.publish(part, this.#name);
      return {
        status: "complete",
        url: this.#request.url,
        finalUrl,
        path,
        bytes,
        resumed,
        ms: this.#elapsed(),
        attempts: this.#attempts,
        encoding: this.#encoding,
        digest: digest === null ? null : `${digest.algorithm}:${digest.hex}`,
      };
    } catch (error) {
      // The part is not where it was: another attempt makes another one.
      if (error instanceof DownloadError && error.retriable) part.clear();
      throw error;
    }
  }

  /** Take the name that the server gives the file. Returns whether there is a file of that name that is not to be fetched. */
  async #isThereAs({ headers }: Response): Promise<boolean> {
    const { folder } = this.#session;
    const name = fileNameIn(headers.get("content-disposition"));
    if (name !== undefined && name !== this.#serverName) {
      this.#serverName = name;
      // The name in its URL is reserved for it already.
      if (safeName(name) !== this.#wanted.name) this.#name = folder.reserve(safeName(name));
    }
    if (!folder.isThere(this.#name)) return false;
    const { checksum } = this.#request;
    if (checksum !== undefined) await checkExistingFile(folder.pathOf(this.#name), checksum);
    return true;
  }

  get #algorithm(): DigestAlgorithm | undefined {
    return this.#request.checksum?.algorithm ?? this.#session.settings.digest;
  }

  #elapsed(): number {
    return realTime.now() - this.#startedAt;
  }

  #become(next: DownloadState): void {
    if (!NEXT[this.#state].includes(next)) {
      throw new InvalidStateError(
        `Download of "${this.#name}" cannot become "${next}": current state is "${this.#state}"`,
      );
    }
    this.#state = next;
  }
}

/** So many files at a time, with a connection each, can be open on any system. */
const FEW = 16;

/** Whether the name of a file is known only when the server has answered. */
export function isNamedByServer(request: FileRequest, { settings }: Session): boolean {
  return settings.contentDisposition && request.name === undefined;
}

/** For the eye it is enough to hear of progress ten times a second. */
const PROGRESS_MS = 100;

/** Tells what happens to one file. */
class FileEvents {
  readonly #base: { readonly index: number; readonly url: string };
  readonly #onEvent: (event: DownloadEvent) => void;
  #name = "";
  #size: number | null = null;
  #toldAt = 0;
  #received = 0;

  constructor({ index, url }: FileRequest, onEvent: (event: DownloadEvent) => void) {
    this.#base = { index, url };
    this.#onEvent = onEvent;
  }

  start(name: string, size: number | null, received: number, attempt: number): void {
    this.#name = name;
    this.#size = size;
    this.#toldAt = realTime.now();
    this.#received = received;
    this.#onEvent({ type: "start", ...this.#base, name, size, received, attempt });
  }

  progress(received: number): void {
    const now = realTime.now();
    if (received === this.#received || now - this.#toldAt < PROGRESS_MS) return;
    this.#toldAt = now;
    this.#received = received;
    this.#onEvent({ type: "progress", ...this.#base, name: this.#name, size: this.#size, received });
  }

  retry(error: DownloadError, attempt: number): void {
    this.#onEvent({ type: "retry", ...this.#base, error, attempt });
  }

  interrupted(part: string | null): void {
    this.#onEvent({ type: "interrupted", ...this.#base, part });
  }
}
