/** What a queue keeps its items in: decides which comes out next. */
export interface Items<T> {
  readonly size: number;
  /** Throw if `item` cannot be kept here: asked before it may have to wait for its place. */
  check(item: T): void;
  push(item: T): void;
  /** Take out the next one; there must be one. */
  pop(): T;
  clear(): void;
}
