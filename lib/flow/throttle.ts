import { checkMs } from "../core/checks.ts";
import { Flow } from "./flow.ts";
import type { Source } from "./inlet.ts";

/**
 * Give at most one item in `ms`: the first at once, and what comes too soon after one that was given is dropped. For what
 * comes all the time, and need not be seen each time, such as reports of progress.
 *
 * The source is asked all the time from the first step on, also while the loop is busy; then the first item that is due is kept
 * for it, and no other. It is closed when the loop is left, or cancelled. As `throttleTime` of RxJS. To have items wait instead of
 * dropping them, take a `RateLimiter`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sleep } from "@asyncio/toolkit";
 * import { throttle } from "@asyncio/toolkit/flow";
 *
 * async function* progress() {
 *   for (let percent = 0; percent < 100; percent++) yield percent;
 *   await sleep(50);
 *   yield 100;
 * }
 *
 * const shown: number[] = [];
 * for await (const percent of throttle(progress(), 20)) shown.push(percent);
 * assertEquals(shown, [0, 100]);
 * ```
 *
 * @typeParam T Type of the items.
 * @param source A stream, a generator, a queue, events: anything for `for await`.
 * @param ms How long after an item nothing is given, in milliseconds.
 * @returns The items that are left, to loop over once.
 * @throws {TypeError} When the source cannot be iterated.
 * @throws {RangeError} When `ms` is negative or NaN.
 */
export function throttle<T>(source: Source<T>, ms: number): AsyncIterableIterator<T, void, void> {
  checkMs("throttle", ms);
  return new Throttle(source, ms);
}

class Throttle<T> extends Flow<T> {
  readonly #ms: number;
  #notBefore = -Infinity;

  constructor(source: Source<T>, ms: number) {
    super("throttle", [source]);
    this.#ms = ms;
  }

  protected wanted(): void {
    this.pull(0);
  }

  came(item: T): void {
    const now = this.scope.clock.now();
    if (now >= this.#notBefore && this.readyCount === 0) {
      this.#notBefore = now + this.#ms;
      this.give(item);
    }
    this.pull(0);
  }

  cameToEnd(): void {
    this.finish();
  }
}
