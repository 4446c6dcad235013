import { retry, RetryError } from "@std/async/retry";
import { currentSignal } from "../../tasks/current.ts";
import { DownloadError } from "../words/download_error.ts";

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
 * @param hasGoneOn Whether the attempt that has just failed has brought anything to go on with. Then the count of attempts
 * and the wait begin anew: what comes slowly, but comes, is not given up.
 */
export async function retryPassing<T>(
  policy: RetryPolicy,
  attempt: () => Promise<T>,
  onRetry: (error: DownloadError) => void,
  hasGoneOn: () => boolean = () => false,
): Promise<T> {
  // Most files come at once: nothing is set up for a second attempt before the first has failed.
  let failed = attempt();
  try {
    return await failed;
  } catch (error) {
    if (!mayPass(error)) throw error;
  }
  for (;;) {
    const outcome = await retryFrom(failed, policy, attempt, onRetry, hasGoneOn);
    if (!("goneOn" in outcome)) return outcome.value;
    failed = Promise.reject(outcome.goneOn);
    failed.catch(() => {});
  }
}

/** Try again after a failed attempt, until one of the next succeeds, or fails but has gone on. */
async function retryFrom<T>(
  failed: Promise<T>,
  { retries, retryDelay }: RetryPolicy,
  attempt: () => Promise<T>,
  onRetry: (error: DownloadError) => void,
  hasGoneOn: () => boolean,
): Promise<{ value: T } | { goneOn: DownloadError }> {
  let first: Promise<T> | undefined = failed;
  const next = () => {
    const promise = first ?? attempt();
    first = undefined;
    return promise;
  };
  let left = retries;
  let goneOn: DownloadError | undefined;
  try {
    const value = await retry(next, {
      maxAttempts: retries + 1,
      minTimeout: retryDelay,
      maxTimeout: Math.max(retryDelay, LONGEST_WAIT),
      jitter: 1,
      signal: currentSignal(),
      isRetriable(error) {
        if (!mayPass(error)) return false;
        // Of the failure that it begins with this has been asked before.
        if (left < retries && hasGoneOn()) {
          goneOn = error;
          return false;
        }
        if (left-- > 0) onRetry(error);
        return true;
      },
    });
    return { value };
  } catch (error) {
    if (goneOn !== undefined) return { goneOn };
    throw error instanceof RetryError ? error.cause : error;
  }
}

function mayPass(error: unknown): error is DownloadError {
  return error instanceof DownloadError && error.retriable;
}
