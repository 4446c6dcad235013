import { retry, RetryError } from "@std/async/retry";
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
 * none and a limit that doubles.
 *
 * @param onRetry Told of a failure after which there will be another attempt.
 */
export async function retryPassing<T>(
  { retries, retryDelay }: RetryPolicy,
  attempt: () => Promise<T>,
  onRetry: (error: DownloadError) => void,
  signal: AbortSignal,
): Promise<T> {
  let left = retries;
  try {
    return await retry(attempt, {
      maxAttempts: retries + 1,
      minTimeout: retryDelay,
      maxTimeout: Math.max(retryDelay, LONGEST_WAIT),
      jitter: 1,
      signal,
      isRetriable(error) {
        if (!(error instanceof DownloadError) || !error.retriable) return false;
        if (left-- > 0) onRetry(error);
        return true;
      },
    });
  } catch (error) {
    throw error instanceof RetryError ? error.cause : error;
  }
}
