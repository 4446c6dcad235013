import type { DownloadError, DownloadErrorKind } from "../words/download_error.ts";
import type { Source } from "../words/request.ts";

/** What is wrong with a place, not with the file or with us. */
const OF_THE_PLACE: readonly DownloadErrorKind[] = ["network", "timeout", "status", "answer", "request", "checksum"];

/** The places that a file can be got from, and which is to be tried next. */
export class Sources {
  /** Those that may still have it; the next one first. */
  readonly #left: Source[];
  /** Whether the next one has been given a second chance. */
  #repeated = false;

  /** @param sources At least one. */
  constructor(sources: readonly Source[]) {
    this.#left = [...sources];
  }

  /** The one to try. */
  get next(): Source {
    return this.#left[0]!;
  }

  /** The next one has failed, but has brought something: it is worth another attempt, and another one after that. */
  wentOn(): void {
    this.#repeated = false;
  }

  /**
   * The next one has failed. One that cannot recover is not tried again. One that has left something to go on with is
   * tried once more, before that is given up for another place.
   *
   * @param resumable Whether it has left something to go on with.
   * @returns Whether there is one to try; at once, or after a while.
   */
  failed(error: DownloadError, resumable: boolean): "now" | "later" | "never" {
    if (error.retriable) {
      this.#repeated = resumable && !this.#repeated;
      if (!this.#repeated) this.#left.push(this.#left.shift()!);
      return "later";
    }
    if (this.#left.length === 1 || !OF_THE_PLACE.includes(error.kind)) return "never";
    this.#left.shift();
    this.#repeated = false;
    return "now";
  }
}
