/** Thrown when the last attempt has failed; its `cause` is that failure. */
export class RetryError extends Error {
  constructor(cause: unknown, attempts: number);
}

/** Options of {@linkcode retry}. */
export interface RetryOptions {
  /** By what the wait grows from one attempt to the next. */
  multiplier?: number;
  /** The longest wait, in milliseconds. */
  maxTimeout?: number;
  /** How often the function is called at most. */
  maxAttempts?: number;
  /** The first wait, in milliseconds. */
  minTimeout?: number;
  /** How much of a wait is left to chance, from 0 to 1. */
  jitter?: number;
  /** Whether an error is worth another attempt. */
  isRetriable?: (err: unknown) => boolean;
  /** Ends the attempts. */
  signal?: AbortSignal;
}

/** Call a function until it succeeds, waiting longer after each failure. */
export function retry<T>(fn: (() => Promise<T>) | (() => T), options?: RetryOptions): Promise<T>;
