import type { VirtualClock } from "./virtual_clock.ts";

/** What a test sees of its clock. */
export interface TestClock {
  /** Milliseconds since the test began. */
  now(): number;

  /**
   * Let time pass: everything that is due by then happens, in order of its time, and has been dealt with when this
   * resolves. With 0, everything that can happen without time passing.
   *
   * @param ms Milliseconds, 0 or more.
   * @returns Resolves when all tasks are blocked again, and the time has come.
   * @throws {RangeError} When `ms` is negative, infinite or NaN.
   * @throws {CancelledError} When the calling task is cancelled.
   */
  advance(ms: number): Promise<void>;

  /**
   * Make time stand still until a promise settles: for real work that the toolkit cannot know of.
   *
   * @typeParam P Type of the promise.
   * @param promise What to wait for.
   * @returns The same promise.
   */
  hold<P extends PromiseLike<unknown>>(promise: P): P;
}

/** Show a test what it needs of its clock. */
export function testClock(clock: VirtualClock): TestClock {
  return {
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    hold(promise) {
      const release = clock.hold();
      promise.then(release, release);
      return promise;
    },
  };
}
