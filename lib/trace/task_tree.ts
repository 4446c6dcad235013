import { currentScope } from "../core/ambient.ts";
import { drawTasksAndDeadlock } from "../tasks/deadlock.ts";

/**
 * Draw the tasks that have not ended as a tree, one a line: name, state, what each waits for, its deadline, since when it
 * has been cancelled. In debug mode (see `run`) also its age, where it was created, and where it waits.
 * A deadlock among them is described below the tree, as by `deadlockReport`.
 *
 * It is what `run` prints on Ctrl-\ (SIGQUIT), and at the second Ctrl-C. Costs a walk over all tasks.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTask, sleep } from "@asyncio/toolkit";
 * import { formatTaskTree } from "@asyncio/toolkit/trace";
 *
 * await using _ = createTask(() => sleep(60_000), { name: "nap", eager: true });
 * assertEquals(formatTaskTree(), "nap [running], waits for sleep 60000 ms");
 * ```
 *
 * @returns The lines; `"no tasks"` when there are none. Only tasks of the `run` that the calling code is part of, if it is.
 */
export function formatTaskTree(): string {
  return drawTasksAndDeadlock(currentScope().root);
}
