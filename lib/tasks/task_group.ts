import { InvalidStateError, isCancellation, isError, TaskGroupError } from "../errors.ts";
import { currentScope, runInScope } from "../core/ambient.ts";
import { errorForCaller } from "../core/cancellation.ts";
import { checkFunction, isThenable } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { callOwned, childrenEnded, outcomeOf } from "../core/owned.ts";
import { handOn, handOnReturned } from "../core/held.ts";
import type { WaitKind } from "../core/instrument.ts";
import { chain } from "../core/linked_errors.ts";
import { Scope } from "../core/scope.ts";
import { nextTurn } from "../core/turn.ts";
import { judgeUnawaited } from "../core/unawaited.ts";
import { refusal, rejected, Waiter, type WaitOptions } from "../core/waiter.ts";
import { type CancelScope, lingeringBody, type Owned } from "./owned.ts";
import { checkFor } from "./inputs.ts";
import { type CreateTaskOptions, spawn } from "./create_task.ts";
import { scopeOf, Task, taskOf } from "./task.ts";
import type { TaskScope } from "./task_scope.ts";

// More than 300 lines, as half of them say what a group promises.

/** Options of {@linkcode taskGroup}. */
export interface TaskGroupOptions extends WaitOptions {
  /**
   * For messages and pictures.
   *
   * @default "group" and a number
   */
  name?: string | undefined;
  /**
   * Told of each task that fails, which then takes neither the others nor the body along; owned, and waited for. What it throws
   * itself fails the group. Without it, the failure of a task is the failure of the group.
   */
  onError?: ((error: unknown, task: Task<unknown>) => unknown) | undefined;
}

/** Options of `group.createTask` and `group.start`. */
export type GroupTaskOptions = Omit<CreateTaskOptions, "detached">;

/** What the body of {@linkcode taskGroup} receives: it starts tasks that the group waits for. */
export interface TaskGroup extends CancelScope {
  /**
   * Start a task of the group. May be called from anywhere, also by the tasks of the group.
   *
   * @typeParam T What the function returns.
   * @param input The function, called with the scope of the task; or a promise to wait for.
   * @param options Name, signal, eager.
   * @returns The task. In a cancelled group one that is cancelled already; its function is not called.
   * @throws {InvalidStateError} When the group has ended.
   */
  createTask<T>(input: Owned<T> | PromiseLike<T>, options?: GroupTaskOptions): Task<T>;

  /**
   * Start a task of the group with a function, one that returns now one type, now a promise of another.
   *
   * @typeParam R What the function returns.
   * @param fn The function, called with the scope of the task.
   * @param options Name, signal, eager.
   * @returns The task.
   */
  createTask<R>(fn: (scope: CancelScope) => R, options?: GroupTaskOptions): Task<Awaited<R>>;

  /**
   * Start a task of the group and wait until it says that it is ready: a server that listens, a connection that is up.
   * As `trio.Nursery.start`.
   *
   * A failure before that is thrown here, and is not the group's; a failure after it is the group's. When the caller is
   * cancelled while it waits, the task is cancelled and waited for.
   *
   * @typeParam V Type of the value that it is ready with.
   * @param fn Called with `ready`, to be called once, and the scope of the task.
   * @param options Name, signal, eager.
   * @returns What `ready` was called with.
   * @throws {InvalidStateError} When the group has ended, or the function ended without calling `ready`.
   */
  start<V>(
    fn: (ready: (value: V) => void, scope: CancelScope) => unknown,
    options?: GroupTaskOptions,
  ): Promise<V>;

  /**
   * End the group: its tasks and its body are cancelled and waited for, and `taskGroup` returns normally.
   *
   * @param reason Becomes the reason of the `CancelledError` that the tasks see.
   * @returns `false` when it was cancelled before, or has ended.
   */
  cancel(reason?: unknown): boolean;
}

/**
 * Run tasks that belong together: the group ends when its body and all its tasks have ended, those included that its
 * tasks start.
 *
 * - When a task fails, or the body, the rest is cancelled and waited for. The group then throws a `TaskGroupError`,
 *   always, also for a single error, with the first failure first. `flattenErrors` looks inside nested ones.
 * - A task that was cancelled by itself fails nothing. One that somebody else's cancellation has ended, since it was
 *   waiting for what was cancelled, has failed. After `group.cancel()` the group returns normally.
 * - When the caller is cancelled, so are the tasks; then the `CancelledError` is thrown, unless tasks failed on the way:
 *   then the `TaskGroupError`, and the next checkpoint of the caller throws the `CancelledError`.
 *
 * With `onError` the tasks fail one by one, for daemons and servers: each error is handed to it, and the group goes on. A failure
 * of the body, and of `onError` itself, still ends the group. To start a task again is the business of `supervise`.
 *
 * As `asyncio.TaskGroup` and `trio.open_nursery`; with `onError` as Kotlin's `supervisorScope`. It takes a callback since `await using` can neither see the error of its
 * block nor replace it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sleep, taskGroup } from "@asyncio/toolkit";
 *
 * const done: string[] = [];
 * await taskGroup((group) => {
 *   group.createTask(() => sleep(20).then(() => done.push("slow")));
 *   group.createTask(() => sleep(1).then(() => done.push("fast")));
 * });
 * assertEquals(done, ["fast", "slow"]);
 * ```
 *
 * @example Tasks that fail one by one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sleep, taskGroup } from "@asyncio/toolkit";
 *
 * const log: string[] = [];
 * await taskGroup((group) => {
 *   group.createTask(() => Promise.reject(new RangeError("bad request")), { name: "first" });
 *   group.createTask(() => sleep(5).then(() => log.push("second is served")));
 * }, { onError: (error, task) => log.push(`${task.name}: ${error}`) });
 * assertEquals(log, ["first: RangeError: bad request", "second is served"]);
 * ```
 *
 * @typeParam T What the body returns.
 * @param body Called with the group; also a `CancelScope`.
 * @param options Name, `onError`; `signal`: cancels the group when it fires; then its reason is thrown.
 * @returns What the body returned; `undefined` when `group.cancel()` stopped it before.
 * @throws {TaskGroupError} When the body failed, or tasks did without `onError`, or that failed itself.
 * @throws {CancelledError} When the calling task is cancelled.
 */
export function taskGroup<T>(
  body: (group: TaskGroup) => T | PromiseLike<T>,
  options?: TaskGroupOptions,
): Promise<T | undefined>;
/**
 * Run tasks that belong together, until the body, one that returns now one type, now a promise of another, and all its
 * tasks have ended. A failure cancels the rest, and a `TaskGroupError` is thrown.
 *
 * @typeParam R What the body returns.
 * @param body Called with the group.
 * @param options Name, signal, `onError`.
 * @returns What the body returned; `undefined` when `group.cancel()` stopped it before.
 */
export function taskGroup<R>(
  body: (group: TaskGroup) => R,
  options?: TaskGroupOptions,
): Promise<Awaited<R> | undefined>;
export async function taskGroup<T>(
  body: (group: TaskGroup) => T | PromiseLike<T>,
  options: TaskGroupOptions = {},
): Promise<T | undefined> {
  const parent = currentScope();
  try {
    checkFunction("run a task group", body);
    if (options.onError !== undefined) checkFunction("report the errors of a task group", options.onError);
  } catch (error) {
    return await rejected(parent, error);
  }
  const refused = refusal(parent, options.signal);
  if (refused !== null) await refused;
  const scope = new GroupScope(parent, options);
  if (options.signal !== undefined) scope.cancelOn(options.signal);
  let value: T | undefined;
  try {
    const result = runInScope(scope, callOwned<TaskGroup, T | PromiseLike<T>>, body, scope);
    value = isThenable(result) ? await result : result;
  } catch (error) {
    scope.onBodyError(outcomeOf(scope, error));
  }
  let failure: TaskGroupError | null = null;
  if (scope.firstChild === null) failure = scope.end(value);
  else await childrenEnded(scope, () => failure = scope.end(value), null);
  if (turnDue(scope.clock)) await nextTurn();
  if (failure !== null) throw failure;
  if (parent.error !== null) throw parent.error;
  if (scope.bodyCancellation !== null) throw scope.bodyCancellation;
  if (scope.abortedBySignal) throw errorForCaller(scope, scope.error);
  return value;
}

class GroupScope extends Scope implements TaskGroup {
  readonly #name: string | undefined;
  readonly #onError: TaskGroupOptions["onError"];
  /** First failure first. */
  readonly failures: unknown[] = [];
  readonly #seen = new Set<Error>();
  #createTask: TaskGroup["createTask"] | null = null;
  /** The cancellation of something else that the body has thrown. */
  bodyCancellation: unknown = null;

  constructor(parent: Scope, { name, onError }: TaskGroupOptions) {
    super(parent);
    this.#name = name;
    this.#onError = onError;
  }

  override get kind(): string {
    return "group";
  }

  override get name(): string {
    return this.#name ?? super.name;
  }

  override get lingering(): string | null {
    return lingeringBody(this);
  }

  // The methods may be taken apart, as the signal may: `({ signal, createTask }) => …`. Bound when they are asked for.
  get createTask(): TaskGroup["createTask"] {
    return this.#createTask ??= (input: Owned<unknown> | PromiseLike<unknown>, options?: GroupTaskOptions) => {
      checkFor([input], () => this.#checkOpen());
      return spawn(this, input, options, (task) => this.#onEnd(task as TaskScope));
    };
  }

  get start(): TaskGroup["start"] {
    return (fn, options) => this.#start(fn, options);
  }

  get cancel(): TaskGroup["cancel"] {
    return (reason) => this.cancelBecause(`Task group "${this.name}" was cancelled`, reason);
  }

  async #start<V>(
    fn: (ready: (value: V) => void, scope: CancelScope) => unknown,
    options?: GroupTaskOptions,
  ): Promise<V> {
    this.#checkOpen();
    checkFunction("start a task", fn);
    const caller = currentScope();
    const refused = refusal(caller);
    if (refused !== null) await refused;
    const starting = new Starting<V>(caller);
    const task = spawn(
      this,
      (scope) => fn((value) => starting.resolve(value), scope),
      { name: fn.name || undefined, ...options },
      (task) => {
        // Its end settles the start, unless that is settled; only then is it the group's.
        if (!starting.waiting) this.#onEnd(task);
        else starting.reject(task.state === "done" ? endedUnready(task) : task.failure);
      },
    );
    try {
      return await starting.promise;
    } catch (error) {
      task.cancel(error);
      await task.settled();
      throw error;
    }
  }

  onBodyError(error: unknown): void {
    if (!isCancellation(error)) return this.#fail(error, "its body failed");
    if (this.error !== null) return;
    // Not ours: the body waited for something that was cancelled. No failure, but nothing to go on with either.
    this.bodyCancellation = error;
    this.cancelBecause(`Cancelled as the body of task group "${this.name}" was`, error);
  }

  /** Nothing is left in it. */
  end(value: unknown): TaskGroupError | null {
    const failure = this.failures.length === 0 ? null : new TaskGroupError(this.failures, this.#summary());
    if (failure !== null) judgeUnawaited(this, { error: failure });
    if (this.error === null) {
      handOn(this, value);
      handOnReturned(this);
    }
    this.close();
    return failure;
  }

  #summary(): string {
    const { length } = this.failures;
    return `${length} ${length === 1 ? "error" : "errors"} in task group "${this.name}"`;
  }

  #onEnd(task: TaskScope): void {
    // One that was asked to stop has not failed. One that somebody else's cancellation has stopped has: it is not done.
    if (task.state === "done" || (task.state === "cancelled" && task.error !== null)) return;
    if (this.#onError !== undefined) void this.#report(task, this.#onError);
    else this.#fail(task.failure, `task "${task.name}" ${task.state === "failed" ? "failed" : "could not finish"}`);
  }

  /** Hand the error of a task over: at once, so that the group cannot end before, and also when it has been cancelled. */
  async #report(task: TaskScope, onError: NonNullable<TaskGroupOptions["onError"]>): Promise<void> {
    const scope = new ReportScope(this);
    try {
      const told = runInScope(scope, callOwned, () => onError(task.failure, taskOf(task)), scope);
      // A task of the group that it has started is the group's own.
      if (isThenable(told) && !(told instanceof Task && scopeOf(told).parent === this)) await told;
    } catch (thrown) {
      const error = outcomeOf(scope, thrown);
      const cancelled = isCancellation(error);
      if (!cancelled) chain(error, task.failure, scope);
      // One that the end of the group has cut short has been told.
      if (!cancelled || scope.error === null) this.#fail(error, `onError failed for task "${task.name}"`);
    }
    // Before the scope is closed, on which the end of the group waits, the failure is known.
    await childrenEnded(scope, () => scope.close());
  }

  #fail(error: unknown, why: string): void {
    // A task fails the body, and the tasks, that wait for it with its own error: that is still one error.
    if (isError(error)) {
      if (this.#seen.has(error)) return;
      this.#seen.add(error);
    }
    this.failures.push(error);
    this.cancelBecause(`Cancelled as ${why} in task group "${this.name}"`, error);
  }

  #checkOpen(): void {
    if (this.closed) {
      throw new InvalidStateError(`Cannot create a task in task group "${this.name}" as it has ended`);
    }
  }
}

/** Where `onError` of a group runs. */
class ReportScope extends Scope {
  override get kind(): string {
    return "report";
  }

  override get lingering(): string | null {
    return lingeringBody(this);
  }
}

/** The caller of `group.start`, until its task is ready. */
class Starting<V> extends Waiter<V> {
  override get kind(): WaitKind {
    return "task";
  }

  override describe(): string {
    return "a task to be ready";
  }

  protected override withdraw(): void {}
}

function endedUnready(task: TaskScope): InvalidStateError {
  return new InvalidStateError(`Cannot start task "${task.name}" as it ended without calling ready()`);
}
