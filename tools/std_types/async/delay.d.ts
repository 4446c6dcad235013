/** Options of {@linkcode delay}. */
export interface DelayOptions {
  /** Ends the wait early, with a rejection. */
  signal?: AbortSignal;
  /** Whether the wait keeps the process alive. */
  persistent?: boolean;
}

/** Resolve after so many milliseconds. */
export function delay(ms: number, options?: DelayOptions): Promise<void>;
