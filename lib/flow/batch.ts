import { checkCount, checkMs } from "../core/checks.ts";
import type { TimerEntry } from "../core/timer_queue.ts";
import { Flow } from "./flow.ts";
import type { Source } from "./inlet.ts";

/** Options of {@linkcode batch}. */
export interface BatchOptions {
  /**
   * How long the first item of a batch waits for more, in milliseconds.
   *
   * @default Infinity
   */
  within?: number | undefined;
}

/**
 * Collect items into lists: for what is cheaper by the dozen, such as rows for a database.
 *
 * - A list is given when it has `size` items, when its first item has waited for `within`, or when the source ends; none is
 *   empty. An error of the source comes once the items before it are given.
 * - The source is asked for as long as the loop waits for a list, and is closed when the loop is left, or cancelled.
 *
 * As Python's `itertools.batched`, and as `bufferTime` of RxJS with `within`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { batch } from "@asyncio/toolkit/flow";
 *
 * const lists: number[][] = [];
 * for await (const list of batch([1, 2, 3, 4, 5], 2)) lists.push(list);
 * assertEquals(lists, [[1, 2], [3, 4], [5]]);
 * ```
 *
 * @typeParam T Type of the items.
 * @param source A stream, a generator, a queue, a list: anything for `for await`.
 * @param size How many items a list has at most, at least 1.
 * @param options `within`.
 * @returns Lists of items, to loop over once.
 * @throws {TypeError} When the source cannot be iterated.
 * @throws {RangeError} When `size` is less than 1, or `within` negative.
 */
export function batch<T>(
  source: Source<T>,
  size: number,
  options: BatchOptions = {},
): AsyncIterableIterator<T[], void, void> {
  const { within = Infinity } = options;
  checkCount("batch", "size", size);
  checkMs("batch", within);
  return new Batch(source, size, within);
}

class Batch<T> extends Flow<T[]> implements TimerEntry {
  due = 0;
  order = 0;
  index = -1;
  readonly #size: number;
  readonly #within: number;
  #list: T[] = [];

  constructor(source: Source<T>, size: number, within: number) {
    super("batch", [source]);
    this.#size = size;
    this.#within = within;
  }

  protected wanted(): void {
    // Its first item came while the loop was busy, and has waited long enough.
    if (this.#list.length > 0 && this.index === -1 && this.#within !== Infinity) this.#deliver();
    else this.pull(0);
  }

  came(item: T): void {
    this.#list.push(item);
    if (this.#list.length === this.#size) return this.#deliver();
    if (this.#list.length === 1 && this.#within !== Infinity) {
      const { clock } = this.scope;
      this.due = clock.now() + this.#within;
      clock.at(this);
    }
    this.pull(0);
  }

  cameToEnd(): void {
    if (this.#list.length > 0) this.#deliver();
    this.finish();
  }

  override fail(error: unknown): void {
    if (this.#list.length > 0) this.#deliver();
    super.fail(error);
  }

  /** The first item has waited long enough. */
  fire(): void {
    this.#deliver();
  }

  protected override stopped(): void {
    if (this.index !== -1) this.scope.clock.cancel(this);
  }

  #deliver(): void {
    this.stopped();
    const list = this.#list;
    this.#list = [];
    this.give(list);
  }
}
