/** Options of {@linkcode deadline}. */
export interface DeadlineOptions {
  /** Gives up the wait early. */
  signal?: AbortSignal;
}

/** Wait for a promise, but not longer than so many milliseconds. */
export function deadline<T>(p: Promise<T>, ms: number, options?: DeadlineOptions): Promise<T>;
