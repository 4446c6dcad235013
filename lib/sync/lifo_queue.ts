import { ITEMS, type Items } from "./items.ts";
import { Queue } from "./queue.ts";
import type { NameOptions } from "./wait_queue.ts";

/**
 * A queue that gives what was put last. As `asyncio.LifoQueue`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LifoQueue } from "@asyncio/toolkit";
 *
 * const stack = new LifoQueue<string>();
 * await stack.put("first");
 * await stack.put("last");
 * assertEquals(await stack.get(), "last");
 * ```
 *
 * @typeParam T Type of the items.
 */
export class LifoQueue<T> extends Queue<T> {
  /**
   * Make one that is empty.
   *
   * @param maxsize How many items fit, a whole number; 0 and `Infinity` mean any number.
   * @param options Its name.
   */
  constructor(maxsize?: number, options?: NameOptions) {
    super(maxsize, { ...options, [ITEMS]: new Lifo<T>() } as NameOptions);
  }
}

/** Last in, first out. */
class Lifo<T> implements Items<T> {
  #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  rank(): number {
    return 0;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  pop(): T {
    return this.#items.pop()!;
  }

  clear(): void {
    this.#items = [];
  }
}
