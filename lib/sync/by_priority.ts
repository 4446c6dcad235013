import { inspectBriefly } from "../core/inspect.ts";
import type { Items } from "./items.ts";

interface Entry<T> {
  readonly priority: number;
  /** Breaks ties: the first in is the first out. */
  readonly order: number;
  readonly item: T;
}

/** Lowest priority first, then first in: a heap. Looks at numbers only, never at the items. */
export class ByPriority<T> implements Items<T> {
  #heap: Entry<T>[] = [];
  #order = 0;
  readonly #priorityOf: (item: T) => number;

  constructor(priorityOf: (item: T) => number) {
    this.#priorityOf = priorityOf;
  }

  get size(): number {
    return this.#heap.length;
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

  push(item: T, priority: number): void {
    const heap = this.#heap;
    const entry = { priority, order: this.#order++, item };
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!precedes(entry, heap[above]!)) break;
      heap[index] = heap[above]!;
      index = above;
    }
    heap[index] = entry;
  }

  pop(): T {
    const heap = this.#heap;
    const first = heap[0]!;
    const entry = heap.pop()!;
    if (heap.length === 0) return first.item;
    let index = 0;
    for (let child = 1; child < heap.length; child = index * 2 + 1) {
      if (child + 1 < heap.length && precedes(heap[child + 1]!, heap[child]!)) child++;
      if (!precedes(heap[child]!, entry)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = entry;
    return first.item;
  }

  clear(): void {
    this.#heap = [];
  }
}

function precedes(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.priority < b.priority || (a.priority === b.priority && a.order < b.order);
}
