import type { Items } from "./items.ts";

/** From where on the free space in front is worth the copying. */
const SMALL = 1024;

/**
 * First in, first out. An array that is read from a moving start: `shift` would move all that is left, and a ring would
 * have to double as a whole.
 */
export class Fifo<T> implements Items<T> {
  #items: (T | undefined)[] = [];
  #start = 0;

  get size(): number {
    return this.#items.length - this.#start;
  }

  check(): void {}

  push(item: T): void {
    this.#items.push(item);
  }

  pop(): T {
    const items = this.#items;
    const start = this.#start++;
    const item = items[start]!;
    items[start] = undefined;
    if (start + 1 === items.length) {
      // Short ones keep their memory for the next items; a long one must not stay when it has been drained.
      if (start < SMALL) items.length = 0;
      else this.#items = [];
      this.#start = 0;
    } else if (start >= SMALL && start * 2 > items.length) {
      this.#items = items.slice(start + 1);
      this.#start = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#start = 0;
  }
}
