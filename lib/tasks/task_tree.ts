import { cancelledAt } from "../errors.ts";
import { outermost } from "../core/ambient.ts";
import type { Scope } from "../core/scope.ts";
import { describeDeadlock, findDeadlock } from "./deadlock.ts";
import { ageOf, creationSiteOf } from "./debug.ts";
import type { TaskScope } from "./task_scope.ts";
import { nearestTasksUnder } from "./tasks_under.ts";
import { deadlineOf } from "./deadline_scope.ts";
import { waitsOf } from "./wait_graph.ts";

/**
 * Draw the tasks under `root` that have not ended, one a line: name, state, since when it has been cancelled, what it
 * waits for, its deadline; in debug mode also its age, where it was created, and where it waits.
 */
export function drawTaskTree(root: Scope = outermost): string {
  const lines: string[] = [];
  // A list instead of recursion: the tree of a program in trouble may be deep.
  const stack = nearestTasksUnder(root).reverse().map((task, i) => ({ task, indent: "", last: i === 0, top: true }));
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const { task, indent, last, top } = node;
    lines.push(`${indent}${top ? "" : last ? "└─ " : "├─ "}${describeTask(task)}`);
    const below = indent + (top ? "" : last ? "   " : "│  ");
    nearestTasksUnder(task).reverse().forEach((task, i) =>
      stack.push({ task, indent: below, last: i === 0, top: false })
    );
  }
  return lines.length === 0 ? "no tasks" : lines.join("\n");
}

/** The tree, and below it the deadlock, if there is one: for somebody who asks why nothing goes on. */
export function drawTasksAndDeadlock(root: Scope): string {
  const deadlock = findDeadlock(root);
  return deadlock === undefined ? drawTaskTree(root) : `${drawTaskTree(root)}\n${describeDeadlock(deadlock)}`;
}

function describeTask(task: TaskScope): string {
  const parts = [`${task.name} [${task.state}]`];
  const age = ageOf(task);
  if (age !== undefined) parts.push(`for ${Math.round(age)} ms`);
  if (task.error !== null) {
    parts.push(`cancelled ${Math.round(performance.now() - cancelledAt(task.error))} ms ago: ${task.error.message}`);
  }
  const waits = [...waitsOf(task)].map(({ what, site }) => site === undefined ? what : `${what} ${site}`);
  if (waits.length > 0) parts.push(`waits for ${waits.join(", ")}`);
  const deadline = deadlineOf(task);
  if (deadline !== Infinity) parts.push(`deadline in ${Math.round(deadline - task.clock.now())} ms`);
  const site = creationSiteOf(task);
  if (site !== undefined) parts.push(`created ${site}`);
  return parts.join(", ");
}
