/** Queues that give their items in another order than that in which they were put. */

import { checkFunction, inspectBriefly } from "../core/checks.ts";
import { Heap, ITEMS, type Items } from "./items.ts";
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

/** Options of {@linkcode PriorityQueue}. */
export interface PriorityQueueOptions<T> extends NameOptions {
  /**
   * Tells the priority of an item as it is put: a number, the lowest comes out first. Asked again for one that had to wait
   * for its place: should it throw by then, that `put` fails.
   *
   * @default the first element of an item that is an array, `[priority, …]`; the item itself otherwise
   */
  priority?: ((item: T) => number) | undefined;
}

/**
 * A queue that gives the item with the lowest priority first. As `asyncio.PriorityQueue`, with whose
 * `[priority, item]` pairs it works as it is.
 *
 * Items of equal priority come out in the order in which they were put; nothing but the priority is ever compared, so an
 * item may be anything. (asyncio goes on to compare the items, and fails with those that cannot be.)
 *
 * @example Pairs, as in asyncio
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PriorityQueue } from "@asyncio/toolkit";
 *
 * const queue = new PriorityQueue<[number, string]>();
 * await queue.put([2, "eat"]);
 * await queue.put([1, "wake up"]);
 * const [priority, what] = await queue.get();
 * assertEquals([priority, what], [1, "wake up"]);
 * ```
 *
 * @example Items of your own
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PriorityQueue } from "@asyncio/toolkit";
 *
 * interface Job {
 *   name: string;
 *   urgency: number;
 * }
 * const jobs = new PriorityQueue<Job>(Infinity, { priority: (job) => -job.urgency });
 * jobs.tryPut({ name: "tidy", urgency: 1 });
 * jobs.tryPut({ name: "rescue", urgency: 9 });
 * assertEquals(jobs.tryGet()?.name, "rescue");
 * ```
 *
 * @typeParam T Type of the items.
 */
export class PriorityQueue<T> extends Queue<T> {
  /**
   * Make one that is empty.
   *
   * @param maxsize How many items fit, a whole number; 0 and `Infinity` mean any number.
   * @param options How to tell the priority of an item; the name of the queue.
   */
  constructor(maxsize?: number, options?: PriorityQueueOptions<T>) {
    const priority = options?.priority ?? ownPriority;
    checkFunction("make a queue", priority);
    super(maxsize, { ...options, [ITEMS]: new ByPriority<T>(priority) } as NameOptions);
  }
}

/** What is no number is found out when it is checked. */
function ownPriority(item: unknown): number {
  return Array.isArray(item) ? item[0] : item as number;
}

/** Lowest priority first, then first in. */
class ByPriority<T> extends Heap<T> implements Items<T> {
  readonly #priorityOf: (item: T) => number;

  constructor(priorityOf: (item: T) => number) {
    super();
    this.#priorityOf = priorityOf;
  }

  rank(item: T): number {
    const priority: unknown = this.#priorityOf(item);
    if (typeof priority !== "number" || Number.isNaN(priority)) {
      throw new TypeError(
        `Cannot put an item as its priority must be a number: current value is ${inspectBriefly(priority)}`,
      );
    }
    return priority;
  }
}
