/**
 * For tests of code that waits: time that takes no time, a check that nothing is left over, schedules that can be replayed.
 *
 * @example A time-out of a minute, tested at once
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { sleep, timeout, TimeoutError } from "@asyncio/toolkit";
 * import { virtualTime } from "@asyncio/toolkit/testing";
 *
 * await virtualTime(async (clock) => {
 *   await assertRejects(() => timeout(60_000, () => sleep(90_000)), TimeoutError);
 *   assertEquals(clock.now(), 60_000);
 * });
 * ```
 *
 * @module
 */

export { asyncTest, type AsyncTestOptions } from "./async_test.ts";
export { fuzz, type FuzzOptions } from "./fuzz.ts";
export { Sequencer } from "./sequencer.ts";
export type { TestClock } from "./virtual_root.ts";
export { virtualTime, type VirtualTimeOptions } from "./virtual_time.ts";
