import type { Task } from "../../tasks/task.ts";
import type { WorkerCallOptions } from "./options.ts";
import type { WorkerScope } from "../inside/kit.ts";

/**
 * Something that runs functions elsewhere: the seam behind `runInWorker`. A `WorkerPool` is one; another may run them
 * inline (for tests, or where there are no workers), or queue them on a broker that many machines serve. Counterpart of
 * `concurrent.futures.Executor`.
 *
 * What callers rely on: `run` returns at once; the task settles with what the function returned or threw; cancelling
 * the task, `options.signal` and `options.timeout` stop the work as well as the executor can, and the task settles only
 * then. `createTask` gives a task that does all of it.
 *
 * @example An executor that runs everything inline, and a pool: the caller does not see the difference
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTask, type Executor, runInWorker, timeout, WorkerPool } from "@asyncio/toolkit";
 *
 * const inline: Executor = {
 *   run(fn, args, { name, signal, timeout: ms = Infinity, onProgress } = {}) {
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
   * Run a function.
   *
   * @typeParam A Types of the arguments.
   * @typeParam R What the function returns, or its promise resolves to.
   * @param fn The function. Its source may travel, so it stands alone.
   * @param args Its arguments. They may travel, so they can be cloned.
   * @param options Name, signal, timeout, and what else the executor understands.
   * @returns A task: a promise of what the function returns.
   */
  run<A extends unknown[], R>(
    fn: (this: WorkerScope, ...args: A) => R | Promise<R>,
    args: A,
    options?: WorkerCallOptions,
  ): Task<R>;
}
