import { checkCount } from "../core/checks.ts";
import { Flow } from "./flow.ts";
import type { Source } from "./inlet.ts";

/**
 * Let a source work ahead of the loop: while the loop is busy, up to `size` items are asked for, one after the other, and kept.
 *
 * Begins with the first step. The source is closed when the loop is left, or cancelled; an error of it comes once the items
 * before it are given.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sleep } from "@asyncio/toolkit";
 * import { buffer } from "@asyncio/toolkit/flow";
 *
 * let made = 0;
 * async function* pages() {
 *   for (;;) {
 *     await sleep(1);
 *     yield ++made;
 *   }
 * }
 *
 * for await (const page of buffer(pages(), 3)) {
 *   await sleep(20); // meanwhile, the next three come
 *   assertEquals([page, made], [1, 4]);
 *   break;
 * }
 * ```
 *
 * @typeParam T Type of the items.
 * @param source A stream, a generator, a queue, a list: anything for `for await`.
 * @param size How many items may be kept, at least 1.
 * @returns The items, to loop over once.
 * @throws {TypeError} When the source cannot be iterated.
 * @throws {RangeError} When `size` is less than 1.
 */
export function buffer<T>(source: Source<T>, size: number): AsyncIterableIterator<T, void, void> {
  checkCount("buffer", "size", size);
  return new Buffer(source, size);
}

class Buffer<T> extends Flow<T> {
  readonly #size: number;

  constructor(source: Source<T>, size: number) {
    super("buffer", [source]);
    this.#size = size;
  }

  protected wanted(): void {
    this.pull(0);
  }

  protected override taken(): void {
    this.pull(0);
  }

  came(item: T): void {
    this.give(item);
    if (this.readyCount < this.#size) this.pull(0);
  }

  cameToEnd(): void {
    this.finish();
  }
}
