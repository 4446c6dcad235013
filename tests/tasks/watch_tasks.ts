import { assertEquals } from "@std/assert";
import { runInScope } from "../../lib/core/ambient.ts";
import { turn } from "../core/manual_clock.ts";
import { TestRoot } from "../core/test_root.ts";
import { allTasks, createTask, type Task } from "../../mod.ts";

/** The tasks that have not ended. */
export function running(): string[] {
  return allTasks().map((task) => task.name);
}

/** Run `fn` and check that, when what it returned has settled, the registry of tasks is what it was before. */
export async function leavesNothing<T>(fn: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  const before = running();
  const [result] = await Promise.allSettled([fn()]);
  assertEquals(running(), before);
  return result!;
}

/** Start `fn` as a task, and let it come to its first wait. */
export async function started<T>(fn: () => Promise<T>): Promise<{ task: Task<T> }> {
  const task = createTask(fn, { eager: true });
  await turn();
  return { task };
}

/** Wait for the end of cleanup, in turns of the loop: `turns` of them. */
export async function cleanUp(turns = 3): Promise<void> {
  for (let i = 0; i < turns; i++) await turn();
}

/** Run `fn` as `run` would, and list the errors that it would report at its end. */
export async function reported(fn: () => Promise<unknown>): Promise<unknown[]> {
  const errors: unknown[] = [];
  using root = new TestRoot();
  root.onSuperseded = (error) => errors.push(error);
  await runInScope(root, fn);
  await cleanUp();
  return errors;
}
