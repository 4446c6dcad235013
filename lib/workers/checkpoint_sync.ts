import { currentScope } from "../core/ambient.ts";
import { workerHost } from "../core/host.ts";
import { throwIfRefused } from "../core/waiter.ts";
import { bridgeNatively } from "./call/bridge.ts";

/**
 * Throw if the calling code has been cancelled: a checkpoint for hot loops, which have no time for `await`. In a worker it
 * sees a cancellation although the event loop is blocked; elsewhere, one that came before the loop began.
 *
 * Costs some nanoseconds, so that every few hundred steps is not too often. A function that runs in a worker gets at it in
 * three ways: as an argument (below), as `this.checkpointSync()` ({@linkcode WorkerScope}), or, in a module, by importing it.
 *
 * @example A loop that ends when it is told to
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { checkpointSync, runInWorker, WorkerTimeoutError } from "@asyncio/toolkit";
 *
 * function search(checkpoint: () => void): number {
 *   for (let n = 0;; n++) if (n % 1_000 === 0) checkpoint();
 * }
 *
 * const error = await runInWorker(search, [checkpointSync], { timeout: 20 }).catch((error) => error);
 * assertEquals(error instanceof WorkerTimeoutError && error.stopped, "cooperative");
 * ```
 *
 * @throws {CancelledError} When the task around it is cancelled. In a worker, an `"AbortError"`.
 */
export function checkpointSync(): void {
  workerHost?.checkpointSync();
  throwIfRefused(currentScope());
}

bridgeNatively(checkpointSync, "checkpointSync");
