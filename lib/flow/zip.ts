import { Flow } from "./flow.ts";
import type { Source } from "./inlet.ts";

/**
 * Loop over several sources side by side: the first items together, then the second ones, and so on. All sources are asked
 * at once, so a round takes as long as the slowest.
 *
 * It ends with the first source that has no more, and with the first that fails; the others are closed, as they are when the
 * loop is left, or cancelled. An item that stands alone then is lost. As Python's `zip`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { zip } from "@asyncio/toolkit/flow";
 *
 * const pairs: [string, number][] = [];
 * for await (const pair of zip(["a", "b"], [1, 2, 3])) pairs.push(pair);
 * assertEquals(pairs, [["a", 1], ["b", 2]]);
 * ```
 *
 * @typeParam T Types of the items, one for each source.
 * @param sources Streams, generators, queues, lists: anything for `for await`; at least one.
 * @returns Lists with an item of each source, in the order of the arguments; to loop over once.
 * @throws {TypeError} When a source cannot be iterated, or there is none.
 */
export function zip<T extends readonly unknown[]>(
  ...sources: { readonly [I in keyof T]: Source<T[I]> }
): AsyncIterableIterator<T, void, void> {
  if (sources.length === 0) throw new TypeError("Cannot zip as there is no source");
  return new Zip(sources) as AsyncIterableIterator<unknown, void, void> as AsyncIterableIterator<T, void, void>;
}

class Zip extends Flow<unknown[]> {
  #round: unknown[];
  #missing: number;

  constructor(sources: readonly Source<unknown>[]) {
    super("zip", sources);
    this.#round = new Array(sources.length);
    this.#missing = sources.length;
  }

  protected wanted(): void {
    for (let i = 0; i < this.count; i++) this.pull(i);
  }

  came(item: unknown, index: number): void {
    this.#round[index] = item;
    if (--this.#missing > 0) return;
    const round = this.#round;
    this.#round = new Array(this.count);
    this.#missing = this.count;
    this.give(round);
  }

  cameToEnd(): void {
    this.finish();
  }
}
