import { currentScope } from "../core/ambient.ts";
import type { Scope } from "../core/scope.ts";
import { creationSiteOf } from "./debug.ts";
import { TaskScope } from "./task_scope.ts";
import { tasksUnder } from "./tasks_under.ts";
import { type Wait, waitsOf } from "./wait_graph.ts";

/** Tasks that can never go on, as far as can be seen. */
export interface Deadlock {
  /** Those that wait for one another in a circle, in that order; empty when they wait for something that nobody has. */
  readonly circle: readonly TaskScope[];
  /** All of them, and what they wait for. */
  readonly stuck: ReadonlyMap<TaskScope, readonly Wait[]>;
}

/**
 * Say who waits for whom, when tasks wait in a way that nothing can end which the toolkit can see: for a lock that another
 * one holds which waits in its turn, or all of them for items that none is left to put. `run` with `debug` prints this
 * report when it finds such a state unchanged after half a second.
 *
 * What it cannot see: the plain `await` of a promise that is not the toolkit's, and code outside of all tasks, such as a
 * listener that sets an event. A task that does nothing else is taken for running; but one that does such a thing beside
 * a wait that can be seen, or is to be woken from outside, is taken for stuck. The plain `await` of a task, and who holds
 * the permits of a semaphore, are known in debug mode only.
 *
 * @example Two locks, taken in opposite order
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { checkpoint, createTask, deadlockReport, Lock } from "@asyncio/toolkit";
 *
 * const [fork, knife] = [new Lock({ name: "fork" }), new Lock({ name: "knife" })];
 * async function eat(first: Lock, second: Lock) {
 *   using _first = await first.acquire();
 *   await checkpoint();
 *   using _second = await second.acquire();
 * }
 * const tasks = [
 *   createTask(() => eat(fork, knife), { name: "Kant" }),
 *   createTask(() => eat(knife, fork), { name: "Hume" }),
 * ];
 * await checkpoint();
 * await checkpoint();
 * assertStringIncludes(deadlockReport()!, 'task "Kant" waits for knife, held by task "Hume"');
 * for (const task of tasks) task.cancel();
 * ```
 *
 * @returns The report, or `undefined` when some task may go on or none is stuck.
 */
export function deadlockReport(): string | undefined {
  const deadlock = findDeadlock(currentScope().root);
  return deadlock === undefined ? undefined : describeDeadlock(deadlock);
}

/** Look for tasks under `root` of which each waits for others among them, and for nothing else. */
export function findDeadlock(root: Scope): Deadlock | undefined {
  const tasks = tasksUnder(root);
  const stuck = new Map<TaskScope, Wait[]>();
  for (const task of tasks) {
    const waits = [...waitsOf(task)].map((wait) => ({ ...wait, blockers: keep(wait.blockers) }));
    if (waits.length > 0 && waits.every((wait) => wait.blockers !== null)) stuck.set(task, waits);
  }
  // Whoever waits for one that may go on may go on, too; and so on, until no more are found.
  for (let before = Infinity; stuck.size < before;) {
    before = stuck.size;
    for (const [task, waits] of stuck) {
      if (waits.some((wait) => mayEnd(wait, stuck, tasks.length))) stuck.delete(task);
    }
  }
  if (stuck.size === 0) return undefined;
  return { circle: circleIn(stuck), stuck };
}

/** Put a deadlock into words, one task a line, those of the circle first. */
export function describeDeadlock({ circle, stuck }: Deadlock): string {
  const tasks = [...new Set([...circle, ...stuck.keys()])];
  return [headline(circle.length, stuck.size), ...tasks.map((task) => `  ${describeTask(task, stuck.get(task)!)}`)]
    .join("\n");
}

function headline(inCircle: number, stuck: number): string {
  if (inCircle === 0) return `Deadlock: every task waits, and none is left to wake another:`;
  const more = stuck - inCircle;
  return (inCircle === 1 ? "Deadlock: a task waits for itself" : `Deadlock: ${inCircle} tasks wait for one another`) +
    (more === 0 ? ":" : `, and ${more} more for ${inCircle === 1 ? "it" : "them"}:`);
}

/** An iterator can be read only once. */
function keep(blockers: Wait["blockers"]): Scope[] | "anyone" | null {
  return typeof blockers === "string" || blockers === null ? blockers : [...blockers];
}

function mayEnd({ blockers }: Wait, stuck: ReadonlyMap<Scope, unknown>, tasks: number): boolean {
  if (blockers === null) return true;
  if (blockers === "anyone") return stuck.size < tasks;
  for (const blocker of blockers) if (!stuck.has(blocker)) return true;
  return false;
}

/** Follow each task to the first that it waits for, until one comes up again. */
function circleIn(stuck: ReadonlyMap<TaskScope, readonly Wait[]>): TaskScope[] {
  for (const start of stuck.keys()) {
    const path: TaskScope[] = [];
    for (let task: TaskScope | undefined = start; task !== undefined; task = nextOf(stuck.get(task)!)) {
      const at = path.indexOf(task);
      if (at >= 0) return path.slice(at);
      path.push(task);
    }
  }
  return [];
}

function nextOf(waits: readonly Wait[]): TaskScope | undefined {
  for (const { blockers } of waits) {
    if (blockers === null || blockers === "anyone") continue;
    for (const blocker of blockers) if (blocker instanceof TaskScope) return blocker;
  }
  return undefined;
}

function describeTask(task: TaskScope, waits: readonly Wait[]): string {
  const created = creationSiteOf(task);
  return `task "${task.name}"${created === undefined ? "" : ` (created ${created})`} waits for ${
    waits.map(({ what, site }) => site === undefined ? what : `${what}, ${site}`).join("; and for ")
  }`;
}
