/**
 * What a function that runs in a worker has as its `this`: its cancellation, and a way to tell how far it is. Arrow
 * functions have no `this`; `checkpointSync` and `reportProgress` do the same for them, handed over as arguments.
 *
 * @example A long loop that can be stopped, and says how far it is
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { runInWorker, type WorkerScope } from "@asyncio/toolkit";
 *
 * function sum(this: WorkerScope, limit: number): number {
 *   let total = 0;
 *   for (let n = 0; n < limit; n++) {
 *     if (n % 1_000 === 0) {
 *       this.checkpointSync();
 *       this.progress(n / limit);
 *     }
 *     total += n;
 *   }
 *   return total;
 * }
 *
 * const seen: unknown[] = [];
 * assertEquals(await runInWorker(sum, [4_000], { onProgress: (part) => seen.push(part) }), 7_998_000);
 * assertEquals(seen, [0, 0.25, 0.5, 0.75]);
 * ```
 */
export interface WorkerScope {
  /** Fires when the call is cancelled. Messages reach it only between turns of the worker's event loop. */
  readonly signal: AbortSignal;
  /** When the caller's time runs out, in milliseconds of `Date.now()`; `Infinity` for never. */
  readonly deadline: number;
  /**
   * Throw if the call has been cancelled, also while the event loop is blocked. Costs some nanoseconds.
   *
   * @throws {DOMException} An `"AbortError"`.
   */
  checkpointSync(): void;
  /**
   * Tell the caller how far the function is: its `onProgress` is called with `value`.
   *
   * @param value Anything that can be cloned.
   */
  progress(value: unknown): void;
}
