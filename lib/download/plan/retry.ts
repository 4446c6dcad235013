import { retry, RetryError } from "@std/async/retry";
import { currentSignal } from "../../tasks/current.ts";
import { DownloadError, type DownloadErrorKind } from "../words/download_error.ts";
import type { Source } from "../words/request.ts";

/** The longest wait between two attempts, whatever they have come to. */
const LONGEST_WAIT = 60_000;

/** How often to try again, and how soon. */
export interface RetryPolicy {
  /** Attempts after the first. */
  readonly retries: number;
  /** The longest wait before the first of them, in milliseconds. */
  readonly retryDelay: number;
}

/**
 * Call `attempt` until it succeeds, as long as its failure may pass, with "full jitter": each wait is any time between
 * none and a limit that doubles. It ends when the calling task is cancelled.
 *
 * @param onRetry Told of a failure after which there will be another attempt.
 * @param hasAdvanced Whether the attempt that has just failed has brought more of the file than there was before. Then the count of attempts
 * and the wait begin anew: what comes slowly, but comes, is not given up.
 */
export async function retryTransient<T>(
  policy: RetryPolicy,
  attempt: () => Promise<T>,
  onRetry: (error: DownloadError) => void,
  hasAdvanced: () => boolean = () => false,
): Promise<T> {
  // Most files come at once: nothing is set up for a second attempt before the first has failed.
  let failed = attempt();
  try {
    return await failed;
  } catch (error) {
    if (!isTransient(error)) throw error;
  }
  for (;;) {
    const outcome = await retryFrom(failed, policy, attempt, onRetry, hasAdvanced);
    if (!("advanced" in outcome)) return outcome.value;
    failed = Promise.reject(outcome.advanced);
    failed.catch(() => {});
  }
}

/** Try again after a failed attempt, until one of the next succeeds, or fails but has gone on. */
async function retryFrom<T>(
  failed: Promise<T>,
  { retries, retryDelay }: RetryPolicy,
  attempt: () => Promise<T>,
  onRetry: (error: DownloadError) => void,
  hasAdvanced: () => boolean,
): Promise<{ value: T } | { advanced: DownloadError }> {
  let first: Promise<T> | undefined = failed;
  const next = () => {
    const promise = first ?? attempt();
    first = undefined;
    return promise;
  };
  let left = retries;
  let advanced: DownloadError | undefined;
  try {
    const value = await retry(next, {
      maxAttempts: retries + 1,
      minTimeout: retryDelay,
      maxTimeout: Math.max(retryDelay, LONGEST_WAIT),
      jitter: 1,
      signal: currentSignal(),
      isRetriable(error) {
        if (!isTransient(error)) return false;
        // Of the failure that it begins with this has been asked before.
        if (left < retries && hasAdvanced()) {
          advanced = error;
          return false;
        }
        if (left-- > 0) onRetry(error);
        return true;
      },
    });
    return { value };
  } catch (error) {
    if (advanced !== undefined) return { advanced };
    throw error instanceof RetryError ? error.cause : error;
  }
}

function isTransient(error: unknown): error is DownloadError {
  return error instanceof DownloadError && error.retriable;
}

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
  advanced(): void {
    this.#repeated = false;
  }

  /**
   * The next one has failed. One that cannot recover is not tried again. One that has left something to resume is
   * tried once more, before that is given up for another place.
   *
   * @param resumable Whether it has left something to resume.
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
