/** Who waits for whom: the tasks that can never go on, and the tree of all of them, for somebody who asks why nothing does. */

import { cancelledAt } from "../errors.ts";
import { currentScope, outermost } from "../core/ambient.ts";
import { realTime } from "../core/platform.ts";
import type { Blockers, Scope } from "../core/scope.ts";
import { deadlineOf } from "./timeout.ts";
import { ageOf, awaitedBy, creationSiteOf, waitSiteOf } from "./debug.ts";
import { describeOwner, nearestTasksUnder, TaskScope, tasksUnder } from "./task_scope.ts";

/** Tasks that can never go on, as far as can be seen. */
interface Deadlock {
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
 * while (deadlockReport() === undefined) await checkpoint();
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
function findDeadlock(root: Scope): Deadlock | undefined {
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
function describeDeadlock({ circle, stuck }: Deadlock): string {
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

/** One thing that a task waits for. */
interface Wait {
  /** In a few words. */
  readonly what: string;
  /** Where its code is; known only in debug mode. */
  readonly site: string | undefined;
  /** Who alone could end it. */
  readonly blockers: Blockers;
  /** The waiting call, or whatever else stays the same for as long as it is the same wait. */
  readonly identity: object;
}

/**
 * What the code of a task waits for: in the task itself, or in the timeouts and groups that it has opened. A plain `await`
 * cannot be seen, with one exception: that of a task, in debug mode.
 */
function* waitsOf(task: TaskScope): Generator<Wait> {
  const scopes: Scope[] = [task];
  for (let scope = scopes.pop(); scope !== undefined; scope = scopes.pop()) {
    // Whatever is stuck, a timeout around it will end it.
    const timed = deadlineOf(scope) !== Infinity;
    for (let waiting = scope.firstWaiting; waiting !== null; waiting = waiting.after) {
      const holders = [...waiting.heldBy?.() ?? []];
      const held = holders.length === 0 ? "" : `, held by ${holders.map(describeOwner).join(" and ")}`;
      const blockers = timed ? null : holders.length > 0 ? holders : waiting.blockers?.() ?? null;
      yield { what: waiting.describe() + held, site: waitSiteOf(waiting), blockers, identity: waiting };
    }
    if (scope.joining) {
      const blockers = timed ? null : scope.children();
      yield { what: "its tasks to end", site: undefined, blockers, identity: scope };
    }
    for (const child of scope.children()) if (!(child instanceof TaskScope)) scopes.push(child);
  }
  const blockable = deadlineOf(task) === Infinity;
  for (const awaited of awaitedBy(task)) {
    if (!(awaited instanceof TaskScope) || awaited.done) continue;
    const blockers = blockable ? [awaited] : null;
    yield { what: `task "${awaited.name}"`, site: undefined, blockers, identity: awaited };
  }
}

/** How often is looked; a deadlock is there for ever, so that it is found early is worth nothing. */
const PERIOD = 500;

/**
 * Report each deadlock under `root` on stderr, once, when it is found unchanged: what is stuck for a moment may have been
 * about to be woken by code that cannot be seen. Returns the function that ends it.
 */
export function watchForDeadlock(root: Scope): () => void {
  let suspected: Set<object> | null = null;
  let reported: Set<object> | null = null;
  const timer = realTime.setInterval(() => {
    const deadlock = findDeadlock(root);
    const waits = deadlock === undefined ? null : waitsIn(deadlock);
    if (deadlock !== undefined && same(waits, suspected) && !same(waits, reported)) {
      reported = waits;
      console.error(describeDeadlock(deadlock));
    }
    suspected = waits;
  }, PERIOD);
  Deno.unrefTimer(timer);
  return () => realTime.clearInterval(timer);
}

function waitsIn({ stuck }: Deadlock): Set<object> {
  return new Set([...stuck.values()].flatMap((waits) => waits.map(({ identity }) => identity)));
}

function same(a: Set<object> | null, b: Set<object> | null): boolean {
  return a !== null && b !== null && a.size === b.size && a.isSubsetOf(b);
}

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
    lines.push(`${indent}${top ? "" : last ? "└─ " : "├─ "}${lineOf(task)}`);
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

function lineOf(task: TaskScope): string {
  const parts = [`${task.name} [${task.state}]`];
  const age = ageOf(task);
  if (age !== undefined) parts.push(`for ${Math.round(age)} ms`);
  if (task.error !== null) {
    parts.push(`cancelled ${Math.round(realTime.now() - cancelledAt(task.error))} ms ago: ${task.error.message}`);
  }
  const waits = [...waitsOf(task)].map(({ what, site }) => site === undefined ? what : `${what} ${site}`);
  if (waits.length > 0) parts.push(`waits for ${waits.join(", ")}`);
  const deadline = deadlineOf(task);
  if (deadline !== Infinity) parts.push(`deadline in ${Math.round(deadline - task.clock.now())} ms`);
  const site = creationSiteOf(task);
  if (site !== undefined) parts.push(`created ${site}`);
  return parts.join(", ");
}
