import type { WaitOptions } from "../core/waiter.ts";
import { sleep } from "./sleep.ts";

/**
 * Stop for a moment in a long computation: throws if the task has been cancelled, and lets timers, I/O and other tasks
 * have a turn of the event loop. As `asyncio.sleep(0)` and `trio.lowlevel.checkpoint`.
 *
 * It costs some microseconds, so call it every few thousand steps; computations of more than a few hundred milliseconds
 * belong in a worker.
 *
 * @example A loop that can be stopped
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { checkpoint, createTask, sleep } from "@asyncio/toolkit";
 *
 * const task = createTask(async () => {
 *   for (;;) await checkpoint();
 * });
 * await sleep(5);
 * task.cancel();
 * assertEquals((await task.settled()).status, "rejected");
 * ```
 *
 * @param options `signal`: throws its reason when it has fired.
 * @returns Resolves in the next turn of the event loop.
 * @throws {CancelledError} When the task around it is cancelled.
 */
export function checkpoint(options?: WaitOptions): Promise<void> {
  return sleep(0, undefined, options);
}
