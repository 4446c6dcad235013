import { checkMs } from "../core/checks.ts";
import type { TimerEntry } from "../core/timer_queue.ts";
import { Flow } from "./flow.ts";
import type { Source } from "./inlet.ts";

/**
 * Give an item only once nothing newer has come for `ms`: for what comes in bursts, and of which the last state counts, such
 * as changes of a file. What was overtaken is dropped; the last item of the source is given at its end.
 *
 * The source is asked all the time from the first step on, also while the loop is busy; then the latest item is kept for it. It
 * is closed when the loop is left, or cancelled. As `debounceTime` of RxJS.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sleep } from "@asyncio/toolkit";
 * import { debounce } from "@asyncio/toolkit/flow";
 *
 * async function* keys() {
 *   yield "a";
 *   yield "ab";
 *   await sleep(50);
 *   yield "abc";
 * }
 *
 * const searched: string[] = [];
 * for await (const text of debounce(keys(), 20)) searched.push(text);
 * assertEquals(searched, ["ab", "abc"]);
 * ```
 *
 * @typeParam T Type of the items.
 * @param source A stream, a generator, a queue, events: anything for `for await`.
 * @param ms How long it has to be quiet, in milliseconds.
 * @returns The items that are left, to loop over once.
 * @throws {TypeError} When the source cannot be iterated.
 * @throws {RangeError} When `ms` is negative or NaN.
 */
export function debounce<T>(source: Source<T>, ms: number): AsyncIterableIterator<T, void, void> {
  checkMs("debounce", ms);
  return new Debounce(source, ms);
}

class Debounce<T> extends Flow<T> implements TimerEntry {
  due = 0;
  order = 0;
  index = -1;
  readonly #ms: number;
  #latest: { item: T } | null = null;

  constructor(source: Source<T>, ms: number) {
    super("debounce", [source]);
    this.#ms = ms;
  }

  protected wanted(): void {
    // It became quiet while the loop was busy.
    if (this.#latest !== null && this.index === -1) this.#deliver();
    this.pull(0);
  }

  came(item: T): void {
    this.#latest = { item };
    this.stopped();
    const { clock } = this.scope;
    this.due = clock.now() + this.#ms;
    clock.at(this);
    this.pull(0);
  }

  cameToEnd(): void {
    if (this.#latest !== null) this.#deliver();
    this.finish();
  }

  fire(): void {
    if (this.isWaitedFor) this.#deliver();
  }

  protected override stopped(): void {
    if (this.index !== -1) this.scope.clock.cancel(this);
  }

  #deliver(): void {
    const { item } = this.#latest!;
    this.#latest = null;
    this.give(item);
  }
}
