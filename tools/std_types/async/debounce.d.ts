/** A function whose calls are put off until they have ceased for a while. */
export interface DebouncedFunction<T extends Array<unknown>> {
  (...args: T): void;
  /** Drop the call that waits. */
  clear(): void;
  /** Make the call that waits, now. */
  flush(): void;
  /** Whether a call waits. */
  readonly pending: boolean;
}

/** Options of {@linkcode debounce}. */
export interface DebounceOptions {
  /** Drops the call that waits. */
  signal?: AbortSignal;
}

/** Put off a function's calls until none came for so many milliseconds. */
// deno-lint-ignore no-explicit-any
export function debounce<T extends Array<any>>(
  fn: (this: DebouncedFunction<T>, ...args: T) => void,
  wait: number,
  options?: DebounceOptions,
): DebouncedFunction<T>;
