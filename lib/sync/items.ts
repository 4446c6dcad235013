/** Under this a subclass hands over what the queue is to keep its items in. */
export const ITEMS = Symbol("items");

/** What a queue keeps its items in: decides which comes out next. */
export interface Items<T> {
  readonly size: number;
  /**
   * What is told of `item` beside itself, by the user's own code: asked before it goes in or has to wait for its place, so
   * that nothing is half done should that throw, or use the queue.
   */
  rank(item: T): number;
  push(item: T, rank: number): void;
  /** Take out the next one; there must be one. */
  pop(): T;
  clear(): void;
}
