import { currentScope, runInScope } from "../core/ambient.ts";
import { checkFunction, checkSignal, isThenable } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { callOwned, childrenEnded, outcomeOf } from "../core/owned.ts";
import { realTime } from "../core/platform.ts";
import { RootScope, type Scope } from "../core/scope.ts";
import { nextTurn } from "../core/turn.ts";
import { giveUpOn, noteAwaited, noteUnawaited } from "../core/unawaited.ts";
import type { CancelScope, Owned } from "./owned.ts";
import { cancellable } from "./cancellable.ts";
import { letGo } from "../core/observe.ts";
import { adopt, quiet, type Task, taskOf } from "./task.ts";
import { TaskScope } from "./task_scope.ts";

/** Options of {@linkcode createTask}. */
export interface CreateTaskOptions {
  /**
   * For messages and pictures.
   *
   * @default the function's name and the task's id
   */
  name?: string | undefined;
  /** Cancels the task when it fires, with its reason as the reason. */
  signal?: AbortSignal | undefined;
  /**
   * Call the function at once, not one microtask later.
   *
   * @default false
   */
  eager?: boolean | undefined;
  /**
   * Do not end the task with the scope that it is created in. `run` still ends it with the program.
   *
   * @default false
   */
  detached?: boolean | undefined;
}

/**
 * Run a function as a task, or watch a promise as one.
 *
 * - The function is called one microtask later, so the task can be named and cancelled first; a task cancelled before
 *   that never runs. `eager` calls it at once.
 * - The task belongs to the scope it is created in: cancelled with it, and ended with it. When a function ends that has
 *   created tasks which are still running, they are cancelled and waited for. `detached` cuts that tie.
 * - Its failure is the business of whoever awaits it; it does not cancel anything else (that is what `taskGroup` is for).
 *   A failure that nobody has awaited when the function has ended that created the task is an unhandled rejection; under
 *   `run` it cancels `main`. A detached task, and one created outside of all tasks, has nobody to wait for.
 * - The function is called with its scope, also one that takes something else: `createTask(openDb)` hands the scope to the
 *   first parameter of `openDb(options = {})`, in place of its default. `createTask(() => openDb())` does not.
 * - A promise was started by somebody else: cancelling its task stops the waiting, not the work.
 *
 * As `asyncio.create_task`, which however lets tasks outlive what created them, and reports a lost failure only when the
 * task is garbage collected.
 *
 * @example Two at once
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTask, sleep } from "@asyncio/toolkit";
 *
 * const order: string[] = [];
 * const slow = createTask(() => sleep(20).then(() => order.push("slow")));
 * const fast = createTask(() => sleep(1).then(() => order.push("fast")));
 * await slow;
 * await fast;
 * assertEquals(order, ["fast", "slow"]);
 * ```
 *
 * @typeParam T What the function returns.
 * @param input The function, called with the scope of the task; or a promise.
 * @param options Name, signal, eager, detached.
 * @returns The task, a promise of the outcome.
 * @throws {TypeError} When `input` is neither a function nor a promise.
 */
export function createTask<T>(input: Owned<T> | PromiseLike<T>, options?: CreateTaskOptions): Task<T>;
/**
 * Run a function as a task, one that returns now one type, now a promise of another. It is called one microtask later, unless
 * `eager`, and ends with the scope that it is created in, unless `detached`.
 *
 * @typeParam R What the function returns.
 * @param fn The function, called with the scope of the task.
 * @param options Name, signal, eager, detached.
 * @returns The task, a promise of the outcome.
 */
export function createTask<R>(fn: (scope: CancelScope) => R, options?: CreateTaskOptions): Task<Awaited<R>>;
export function createTask(input: Owned<unknown> | PromiseLike<unknown>, options?: CreateTaskOptions): Task<unknown> {
  return spawn(currentScope(), input, options);
}

/**
 * Run `input` as a task in `parent`. With `onEnd`, somebody sees to its error: it is told of the end before the parent
 * can notice it, and the task is never an unhandled rejection.
 */
export function spawn<T>(
  parent: Scope,
  input: Owned<T> | PromiseLike<T>,
  options: CreateTaskOptions = {},
  onEnd: ((task: TaskScope<T>) => void) | null = null,
): Task<T> {
  let { name, signal, eager = false, detached = false } = options;
  let fn: Owned<T>;
  const observed = isThenable(input);
  if (observed) {
    fn = waitFor(input);
    // It has been started already, so there is nothing to wait with; and its failure must be seen to from now on.
    eager = true;
  } else {
    checkFunction("create a task", input);
    fn = input;
  }
  checkSignal(signal);
  const scope = new TaskScope<T>(
    detached ? parent.root : parent,
    observed ? "" : (input as Owned<T>).name,
    name,
    parent.clock,
  );
  scope.onEnd = onEnd;
  scope.handled = onEnd !== null;
  if (signal !== undefined) scope.cancelOn(signal);
  // The function that would wait for it is not called.
  if (observed && scope.error !== null) letGo(input, scope.error);
  const promise = runInScope(scope, drive<T>, scope, fn, eager);
  let task: Task<T>;
  if (scope.promise === null) {
    task = adopt(promise, scope);
    // One that has ended before its promise was known could not do this itself.
    if (scope.done) judgeFailure(scope);
  } else {
    // The function was called at once, and has asked for its task already: there must not be two of them.
    task = taskOf(scope);
    quiet(promise);
  }
  if (onEnd !== null) quiet(task);
  return task;
}

function waitFor<T>(promise: PromiseLike<T>): () => Promise<T> {
  return () => cancellable(promise);
}

/** Call `fn` and see it to its end. The promise of this very call is the task. */
async function drive<T>(scope: TaskScope<T>, fn: Owned<T>, eager: boolean): Promise<T> {
  try {
    if (!eager) await (turnDue(scope.clock) ? nextTurn() : scope.clock.wake === undefined ? null : turnOf(scope));
    if (scope.error !== null) throw scope.error;
    scope.start();
    const result = callOwned(fn, scope);
    const value = isThenable(result) ? await result : result;
    if (scope.firstChild === null) scope.succeed(value);
    else await succeedAtLast(scope, value);
    // One that was called at once has had no turn.
    if (eager && turnDue(scope.clock)) await nextTurn();
    return value;
  } catch (thrown) {
    const error = outcomeOf(scope, thrown);
    if (scope.firstChild === null) scope.fail(error);
    else await failAtLast(scope, error);
    judgeFailure(scope);
    if (eager && turnDue(scope.clock)) await nextTurn();
    throw error;
  }
}

// Cold paths of drive(), with closures.

function succeedAtLast<T>(scope: TaskScope<T>, value: T): Promise<void> {
  return childrenEnded(scope, () => scope.succeed(value));
}

function failAtLast<T>(scope: TaskScope<T>, error: unknown): Promise<void> {
  return childrenEnded(scope, () => scope.fail(error));
}

/** When the clock has it that a task starts. */
function turnOf({ clock }: Scope): Promise<void> {
  return new Promise((start) => clock.wake!(start));
}

/** Decide which errors of a task that has ended may be unhandled rejections: nobody has to look at a cancellation. */
function judgeFailure<T>(scope: TaskScope<T>): void {
  const { promise, state, parent } = scope;
  if (promise === null || state === "done") return;
  if (state === "cancelled") return quiet(promise);
  if (scope.handled) return;
  if (!(parent instanceof RootScope || parent!.closed)) {
    // Its owner may still await it.
    quiet(promise);
    noteUnawaited(parent!, scope);
    scope.forgetPromise();
    dropped.register(promise, { scope: scope as unknown as TaskScope, since: realTime.now() });
  } else if (scope.stopped) {
    quiet(promise);
    scope.root.supersede(undefined, scope.failure);
  }
}

/** How long an owner has before it matters that nobody could await what has failed in it, in milliseconds. */
const PATIENCE = 5_000;

/**
 * An owner may live as long as the program, and have dropped a task long before it ends. That nobody can await it any more
 * shows when its promise is collected: not always, and not soon, but it is never wrong.
 */
const dropped = new FinalizationRegistry<{ scope: TaskScope; since: number }>((drop) => {
  // For an owner of ordinary life, its end decides. So look again after the next collection.
  if (realTime.now() - drop.since < PATIENCE) dropped.register({}, drop);
  else if (noteAwaited(drop.scope)) giveUpOn(drop.scope);
});
