import { retry, RetryError } from "@std/async/retry";
import { currentSignal } from "../tasks/current.ts";
import { DownloadError } from "./download_error.ts";

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
 */
export async function retryPassing<T>(
  { retries, retryDelay }: RetryPolicy,
  attempt: () => Promise<T>,
  onRetry: (error: DownloadError) => void,
): Promise<T> {
  // Most files come at once: nothing is set up for a second attempt before the first has failed.
  let first: Promise<T> | undefined = attempt();
  try {
    return await first;
  } catch (error) {
    if (!mayPass(error)) throw error;
  }
  const next = () => {
    const promise = first ?? attempt();
    first = undefined;
    return promise;
  };
  let left = retries;
  try {
    return await retry(next, {
      maxAttempts: retries + 1,
      minTimeout: retryDelay,
      maxTimeout: Math.max(retryDelay, LONGEST_WAIT),
      jitter: 1,
      signal: currentSignal(),
      isRetriable(error) {
        if (!mayPass(error)) return false;
        if (left-- > 0) onRetry(error);
        return true;
      },
    });
  } catch (error) {
    throw error instanceof RetryError ? error.cause : error;
  }
}

function mayPass(error: unknown): error is DownloadError {
  return error instanceof DownloadError && error.retriable;
}
