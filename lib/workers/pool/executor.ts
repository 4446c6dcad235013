import type { Task } from "../../tasks/task.ts";
import type { WorkerCallOptions } from "./options.ts";
import type { WorkerScope } from "../inside/worker_scope.ts";

/**
 * A call to be made: a function, and what it is called with.
 *
 * @typeParam A Types of the arguments.
 * @typeParam R What the function returns, or its promise resolves to.
 */
export interface Job<A extends unknown[] = unknown[], R = unknown> {
  /** The function. Its source may travel, so it stands alone. */
  fn: (this: WorkerScope, ...args: A) => R | Promise<R>;
  /** Its arguments. They may travel, so they can be cloned. */
  args: A;
}

/**
 * Something that runs functions elsewhere: the seam behind `runInWorker`. A `WorkerPool` is one; another may run them
 * inline (for tests, or where there are no workers), or queue them on a broker that many machines serve. Counterpart of
 * `concurrent.futures.Executor`.
 *
 * What callers rely on: `submit` returns at once; the task settles with what the function returned or threw; cancelling
 * the task, `options.signal` and `options.timeout` stop the work as well as the executor can, and the task settles only
 * then. `createTask` gives a task that does all of it.
 *
 * @example An executor that runs everything inline, and a pool: the caller does not see the difference
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTask, type Executor, runInWorker, timeout, WorkerPool } from "@asyncio/toolkit";
 *
 * const inline: Executor = {
 *   submit({ fn, args }, { name, signal, timeout: ms = Infinity, onProgress } = {}) {
 *     return createTask((scope) => {
 *       const here = {
 *         signal: scope.signal,
 *         deadline: Infinity,
 *         checkpointSync: () => scope.signal.throwIfAborted(),
 *         progress: (value: unknown) => onProgress?.(value),
 *       };
 *       return timeout(ms, () => fn.apply(here, args));
 *     }, { name, signal });
 *   },
 * };
 * await using pool = new WorkerPool({ size: 1 });
 *
 * for (const executor of [inline, pool]) {
 *   assertEquals(await runInWorker((a: number, b: number) => a * b, [6, 7], { pool: executor }), 42);
 * }
 * ```
 */
export interface Executor {
  /**
   * Run a job.
   *
   * @typeParam A Types of the arguments.
   * @typeParam R What the function returns, or its promise resolves to.
   * @param job The function and its arguments.
   * @param options Name, signal, timeout, and what else the executor understands.
   * @returns A task: a promise of what the function returns.
   */
  submit<A extends unknown[], R>(job: Job<A, R>, options?: WorkerCallOptions): Task<R>;
}
