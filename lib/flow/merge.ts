import { Flow } from "./flow.ts";
import type { Source } from "./inlet.ts";

/**
 * Loop over several sources at once: each item comes as soon as there is one, whichever source has it.
 *
 * - Of each source one item is asked for at a time, and the next one when the loop comes back for more: a source is never
 *   more than one item ahead of the loop. Items of one source stay in their order, and none is passed over for long.
 * - It ends when all sources have ended. The first error ends it, once what came before is given; the other sources are
 *   closed, as they are when the loop is left, or cancelled.
 *
 * As `merge` of RxJS, and of aiostream for asyncio.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sleep } from "@asyncio/toolkit";
 * import { merge } from "@asyncio/toolkit/flow";
 *
 * async function* ticks(name: string, ms: number) {
 *   for (let i = 0; i < 2; i++) {
 *     await sleep(ms);
 *     yield `${name}${i}`;
 *   }
 * }
 *
 * const seen: string[] = [];
 * for await (const tick of merge(ticks("a", 1), ticks("b", 200))) seen.push(tick);
 * assertEquals(seen, ["a0", "a1", "b0", "b1"]);
 * ```
 *
 * @typeParam T Type of the items.
 * @param sources Streams, generators, queues, lists: anything for `for await`.
 * @returns The items, to loop over once.
 * @throws {TypeError} When a source cannot be iterated.
 */
export function merge<T>(...sources: Source<T>[]): AsyncIterableIterator<T, void, void> {
  return new Merge(sources);
}

class Merge<T> extends Flow<T> {
  #open: number;

  constructor(sources: Source<T>[]) {
    super("merge", sources);
    this.#open = sources.length;
  }

  protected wanted(): void {
    if (this.#open === 0) return this.finish();
    for (let i = 0; i < this.count; i++) this.pull(i);
  }

  came(item: T): void {
    this.give(item);
  }

  cameToEnd(): void {
    if (--this.#open === 0) this.finish();
  }
}
