/** Options of {@linkcode Lazy.get}. */
export interface LazyGetOptions {
  /** Gives up the wait; the initializer runs on. */
  signal?: AbortSignal;
}

/** A value that is made on first use, once. */
export class Lazy<T> {
  constructor(init: () => T | Promise<T>);
  get(options?: LazyGetOptions): Promise<T>;
  get initialized(): boolean;
  peek(): { ok: true; value: T } | { ok: false };
  reset(): void;
}
