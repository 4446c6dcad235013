import { currentScope } from "../core/ambient.ts";
import { taskAround, tasksUnder } from "./task_scope.ts";
import { type Task, taskOf } from "./task.ts";

/**
 * Get the task that the calling code runs in. Follows `await`, timers and callbacks, as `AsyncLocalStorage` does.
 * Counterpart of `asyncio.current_task`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTask, currentTask } from "@asyncio/toolkit";
 *
 * assertEquals(currentTask(), undefined);
 * const task = createTask(() => currentTask()?.name, { name: "self-aware" });
 * assertEquals(await task, "self-aware");
 * ```
 *
 * @returns The innermost task, or `undefined` outside of all.
 */
export function currentTask(): Task<unknown> | undefined {
  const task = taskAround(currentScope());
  return task === null ? undefined : taskOf(task);
}

/**
 * Get the signal of the scope that the calling code runs in: it fires when the code is cancelled. For APIs that take a
 * signal, in functions that were not handed one.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { createTask, currentSignal, sleep } from "@asyncio/toolkit";
 *
 * let signal: AbortSignal | undefined;
 * const task = createTask(() => {
 *   signal = currentSignal();
 *   return sleep(60_000);
 * }, { eager: true });
 * task.cancel();
 * assert(signal?.aborted);
 * ```
 *
 * @returns The signal; outside of all tasks, one that never fires.
 */
export function currentSignal(): AbortSignal {
  return currentScope().signal;
}

/**
 * List the tasks that have not ended, in order of creation. Functions run by `gather` and its kind are tasks too.
 * Counterpart of `asyncio.all_tasks`. Costs a walk over all of them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { allTasks, createTask, sleep } from "@asyncio/toolkit";
 *
 * const task = createTask(() => sleep(1), { name: "nap" });
 * assertEquals(allTasks().map((task) => task.name), ["nap"]);
 * await task;
 * assertEquals(allTasks(), []);
 * ```
 *
 * @returns A new array.
 */
export function allTasks(): Task<unknown>[] {
  return tasksUnder(currentScope().root).map(taskOf);
}
