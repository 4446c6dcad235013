/** Options of {@linkcode poll}. */
export interface PollOptions {
  /** Ends the polling. */
  signal?: AbortSignal;
  /** Milliseconds between two calls. */
  interval?: number;
}

/** Call a function again and again until its result satisfies. */
export function poll<T>(
  fn: () => T | Promise<T>,
  isDone: (result: T) => boolean,
  options?: PollOptions,
): Promise<T>;
