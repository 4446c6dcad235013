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

/** From where on the free space in front is worth the copying, and memory is worth giving back. */
const SMALL = 1024;

/**
 * First in, first out. An array that is filled and read at moving places: `shift` would move all that is left, setting the
 * `length` would give the memory back each time that it is drained, and a ring would have to double as a whole.
 */
export class Fifo<T> implements Items<T> {
  #items: (T | undefined)[] = [];
  #start = 0;
  #end = 0;

  get size(): number {
    return this.#end - this.#start;
  }

  rank(): number {
    return 0;
  }

  push(item: T): void {
    this.#items[this.#end++] = item;
  }

  pop(): T {
    const items = this.#items;
    const start = this.#start++;
    const item = items[start]!;
    items[start] = undefined;
    if (start + 1 === this.#end) {
      if (items.length > SMALL) this.#items = [];
      this.#start = this.#end = 0;
    } else if (start >= SMALL && start * 2 > this.#end) {
      this.#items = items.slice(start + 1, this.#end);
      this.#end -= start + 1;
      this.#start = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#start = this.#end = 0;
  }
}
