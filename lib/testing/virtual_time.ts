import { type TestClock, VirtualRoot } from "./virtual_root.ts";

/** Options of {@linkcode virtualTime}. */
export interface VirtualTimeOptions {
  /**
   * Let time pass only in `clock.advance`, to look at what is there in between.
   *
   * @default false
   */
  manual?: boolean | undefined;
  /**
   * Have `setTimeout`, `setInterval`, `Date` and `performance.now` follow the clock, for the code of the test. All other
   * code keeps the real ones, so that tests can run side by side; they are put back at the end.
   *
   * @default false
   */
  globals?: boolean | undefined;
}

/**
 * Run a function on a clock of its own, that stands still while anything can run, and jumps to the next deadline as soon
 * as everything is blocked: a day of `sleep` takes no time, and comes out the same each time.
 *
 * - Every wait of the toolkit in the function, and in all that it starts, is on that clock, which starts at 0. What is due at
 *   the same time happens in the order in which it was asked for. `sleep(0)` takes no time.
 * - Time stands still while a `fetch`, or a call in a worker, is under way. A promise of which nobody knows what is behind
 *   it (one given to `cancellable`, `gather`, `wait` and their kind) has 20 real milliseconds to settle, once. For other
 *   work outside of the program there is `clock.hold(promise)`.
 * - When all tasks wait for each other, so that nothing can ever happen, an error says who waits for what.
 * - What is left at the end is cancelled and waited for, as in `run`. Two calls share nothing, also at the same time.
 *
 * As Trio's `MockClock` with `autojump_threshold=0`. `FakeTime` of `@std/testing` replaces the timers of the whole program,
 * and is moved by hand; it is for code that does not wait by this toolkit, and works beside this.
 *
 * @example A day takes no time
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { gather, sleep } from "@asyncio/toolkit";
 * import { virtualTime } from "@asyncio/toolkit/testing";
 *
 * const begin = performance.now();
 * const log: string[] = [];
 * await virtualTime(async (clock) => {
 *   const nap = (hours: number) => sleep(hours * 3_600_000).then(() => log.push(`${clock.now() / 3_600_000} h`));
 *   await gather(() => nap(24), () => nap(8));
 * });
 * assertEquals(log, ["8 h", "24 h"]);
 * assert(performance.now() - begin < 1_000);
 * ```
 *
 * @typeParam T What the function returns.
 * @param fn Called with the clock.
 * @param options `manual`, `globals`.
 * @returns What the function returned, when all that it started has ended.
 * @throws What the function threw.
 * @throws {InvalidStateError} When every task waits for another.
 */
export function virtualTime<T>(
  fn: (clock: TestClock) => T | PromiseLike<T>,
  options: VirtualTimeOptions = {},
): Promise<T> {
  return new VirtualRoot(options).run(fn);
}
