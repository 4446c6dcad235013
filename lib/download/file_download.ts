import { isTimeout } from "../errors.ts";
import { timeout } from "../tasks/timeout.ts";
import { checkEncoding } from "./answer.ts";
import type { Brought } from "./attempt.ts";
import type { DigestAlgorithm } from "./checksum.ts";
import { fileNameIn } from "./content_disposition.ts";
import { DownloadError } from "./download_error.ts";
import type { PartFile } from "./part_file.ts";
import { ProgressTeller } from "./progress_teller.ts";
import type { FileRequest } from "./request.ts";
import type { CompleteDownload, DownloadResult, SkippedDownload } from "./result.ts";
import { retryPassing } from "./retry_passing.ts";
import { nameInUrl, safeName } from "./safe_name.ts";
import type { Answer } from "./send.ts";
import type { Session } from "./session.ts";
import { Sources } from "./sources.ts";
import { transfer } from "./transfer.ts";

/** Everything about one file, from its first turn to its name. */
export class FileDownload {
  readonly #request: FileRequest;
  readonly #session: Session;
  readonly #sources: Sources;
  readonly #tell: ProgressTeller;
  /** What it will be called. */
  #name: string;
  /** What the server has called it. */
  #serverName: string | undefined;
  #part: PartFile | null = null;
  #attempts = 0;
  /** When its first turn came. */
  #startedAt: number | null = null;

  /** Takes a name: the order in which these are made is the order in which names are given. */
  constructor(request: FileRequest, session: Session) {
    this.#request = request;
    this.#session = session;
    this.#sources = new Sources(request.sources);
    this.#tell = new ProgressTeller(request, session.settings.onEvent);
    const { name, sources: [source] } = request;
    this.#name = session.folder.reserve(name === undefined ? nameInUrl(source!.url) : safeName(name));
  }

  /** Download it. Rejects only when it is cancelled. */
  async run(): Promise<DownloadResult> {
    const result = await this.#result();
    this.#tell.end(result);
    return result;
  }

  async #result(): Promise<DownloadResult> {
    const { folder, settings: { existing } } = this.#session;
    if (existing === "skip" && !this.#namedByServer && folder.has(this.#name)) return this.#skipped();
    try {
      const brought = await this.#withinTime();
      const result = brought === undefined ? this.#skipped() : this.#complete(brought);
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

  #complete({ finalUrl, resumed, digest }: Brought): CompleteDownload {
    const part = this.#part!;
    return {
      status: "complete",
      url: this.#request.url,
      finalUrl,
      path: this.#session.folder.publish(part, this.#name),
      bytes: part.length,
      resumed,
      ms: this.#elapsed(),
      attempts: this.#attempts,
      digest: digest === null ? null : `${this.#algorithm}:${digest}`,
    };
  }

  /** All attempts, against the clock that starts with the first turn. */
  async #withinTime(): Promise<Brought | undefined> {
    const { settings } = this.#session;
    try {
      return await timeout(Infinity, (scope) =>
        retryPassing(
          settings,
          () =>
            this.#attempt(() => {
              if (this.#startedAt !== null) return;
              this.#startedAt = performance.now();
              scope.reschedule(settings.timeout);
            }),
          (error) => this.#tell.retry(error, this.#attempts),
          scope.signal,
        ));
    } catch (error) {
      if (!isTimeout(error)) throw error;
      throw new DownloadError("timeout", `The file did not come within ${settings.timeout} ms`, { cause: error });
    }
  }

  /** Try one source; when that one is of no use, the next. */
  async #attempt(onTurn: () => void): Promise<Brought | undefined> {
    for (;;) {
      try {
        return await this.#attemptAt(onTurn);
      } catch (error) {
        if (!(error instanceof DownloadError)) throw error;
        if (this.#sources.failed(error, this.#part?.resumable ?? false) !== "now") throw error;
      }
    }
  }

  async #attemptAt(onTurn: () => void): Promise<Brought | undefined> {
    const source = this.#sources.next;
    const { url } = this.#request;
    const session = this.#session;
    using slot = await session.schedule.acquire(source.url.host);
    onTurn();
    this.#attempts++;
    const part = this.#part ??= session.folder.openPart(url, this.#name);
    const brought = await transfer({
      session,
      url,
      source,
      part,
      slot,
      algorithm: this.#algorithm,
      onAnswer: (answer) => this.#isWanted(answer),
      onStart: (size, received) => this.#tell.start(this.#name, size, received, this.#attempts),
      onBytes: (received) => this.#tell.progress(received),
    });
    slot.wellDone();
    if (brought !== undefined) this.#check(brought, part);
    return brought;
  }

  /** An answer has come: it may name the file, and may not be the file at all. */
  #isWanted({ response }: Answer): boolean {
    if (this.#namedByServer) {
      const name = fileNameIn(response.headers.get("content-disposition"));
      if (name !== undefined && name !== this.#serverName) {
        this.#serverName = name;
        this.#name = this.#session.folder.reserve(safeName(name));
      }
      if (this.#session.settings.existing === "skip" && this.#session.folder.has(this.#name)) return false;
    }
    checkEncoding(response, this.#name);
    return true;
  }

  #check({ digest }: Brought, part: PartFile): void {
    const { checksum } = this.#request;
    if (checksum === undefined || digest === checksum.hex) return;
    // Nothing is left of it to be gone on with.
    part.startOver();
    throw new DownloadError(
      "checksum",
      `The ${checksum.algorithm} digest of the file is ${digest}: it must be ${checksum.hex}`,
      { retriable: true },
    );
  }

  get #algorithm(): DigestAlgorithm | undefined {
    return this.#request.checksum?.algorithm ?? this.#session.settings.digest;
  }

  get #namedByServer(): boolean {
    return this.#session.settings.contentDisposition && this.#request.name === undefined;
  }

  #elapsed(): number {
    return this.#startedAt === null ? 0 : performance.now() - this.#startedAt;
  }
}
