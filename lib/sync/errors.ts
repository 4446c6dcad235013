/** The errors that belong to one primitive each. */

/**
 * Thrown by `put` once a queue is shut down, and by `get` once it is drained as well. Counterpart of
 * `asyncio.QueueShutDown`.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { Queue, QueueShutDownError } from "@asyncio/toolkit";
 *
 * const queue = new Queue<string>();
 * queue.tryPut("last");
 * queue.shutdown();
 * await assertRejects(() => queue.put("too late"), QueueShutDownError);
 * assertEquals(await queue.get(), "last");
 * await assertRejects(() => queue.get(), QueueShutDownError);
 * ```
 */
export class QueueShutDownError extends Error {
  /** `"QueueShutDownError"` */
  override readonly name = "QueueShutDownError";
}

/**
 * Thrown by `barrier.wait()` when the barrier was reset under it or aborted. Counterpart of
 * `asyncio.BrokenBarrierError`.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { Barrier, BrokenBarrierError } from "@asyncio/toolkit";
 *
 * const barrier = new Barrier(2);
 * barrier.abort();
 * await assertRejects(() => barrier.wait(), BrokenBarrierError);
 * ```
 */
export class BrokenBarrierError extends Error {
  /** `"BrokenBarrierError"` */
  override readonly name = "BrokenBarrierError";
}

/**
 * Thrown by `lock.acquire()` when the task that holds the lock has ended without releasing it: what the lock protects
 * may have been left half done. As Trio's `BrokenResourceError`; asyncio waits for ever.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { BrokenLockError, createTask, Lock } from "@asyncio/toolkit";
 *
 * const lock = new Lock();
 * await createTask(async () => void await lock.acquire(), { name: "forgetful" });
 * await assertRejects(() => lock.acquire(), BrokenLockError, "forgetful");
 * ```
 */
export class BrokenLockError extends Error {
  /** `"BrokenLockError"` */
  override readonly name = "BrokenLockError";
}
