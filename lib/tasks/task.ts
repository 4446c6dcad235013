import { InvalidStateError } from "../errors.ts";
import { bindToCaller, currentScope } from "../core/ambient.ts";
import { checkFunction } from "../core/checks.ts";
import { instrument } from "../core/instrument.ts";
import type { Scope } from "../core/scope.ts";
import { subscribesOnly } from "../core/observe.ts";
import { noteAwaited } from "../core/unawaited.ts";
import type { CancelScope } from "./owned.ts";
import type { TaskScope, TaskState } from "./task_scope.ts";

/** Where a task keeps its scope: a property, since that is all that can be added to a promise that exists. */
const key = Symbol("scope");

interface WithScope<T> {
  [key]: TaskScope<T>;
}

/** Set while `then` and its like look at the constructor: they subscribe, they do not wait. */
let subscribing = false;

/**
 * One running function: a promise of its outcome, with a name, a state, and a way to stop it. `createTask` makes one.
 * Counterpart of `asyncio.Task`.
 *
 * A task settles when its function, and everything that the function started, has ended. A failed task that nobody
 * awaits is an unhandled rejection, as with any promise; a cancelled one is not.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTask, sleep } from "@asyncio/toolkit";
 *
 * const task = createTask(() => sleep(1, "ready"), { name: "kettle" });
 * assertEquals(task.state, "pending");
 * assertEquals(await task, "ready");
 * assertEquals(task.state, "done");
 * ```
 *
 * @typeParam T What the function returns.
 */
export class Task<T> extends Promise<T> {
  private constructor() {
    super(() => {});
    throw new TypeError("Cannot construct a Task: use createTask()");
  }

  /** Unique in this process, in order of creation. */
  get id(): number {
    return scopeOf(this).id;
  }

  /** For messages and pictures: given at creation, or made of the function's name and the id. May be set. */
  get name(): string {
    return scopeOf(this).name;
  }

  set name(name: string) {
    scopeOf(this).name = String(name);
  }

  /** Where it stands. */
  get state(): TaskState {
    return scopeOf(this).state;
  }

  /** Fires when the task is cancelled; its `reason` is the `CancelledError`. Made on first use. */
  get signal(): AbortSignal {
    return scopeOf(this).signal;
  }

  /**
   * Ask the task to end: every checkpoint inside it throws a `CancelledError`, now and from now on. A task that has not
   * started never will. A task that catches the error and returns a value is `"done"` with that value.
   *
   * A task that cancels itself notices at its next checkpoint.
   *
   * @param reason Becomes `error.reason` and `error.cause`.
   * @returns `false` when it had ended or been cancelled before: the first reason stands.
   */
  cancel(reason?: unknown): boolean {
    return scopeOf(this).cancelBecause(`Task "${this.name}" was cancelled`, reason);
  }

  /**
   * Get the value of a task that is done. The error of one that failed then counts as seen.
   *
   * @returns What the function returned.
   * @throws {InvalidStateError} When it has not ended.
   * @throws The task's error when it failed or was cancelled.
   */
  result(): T {
    const scope = ended(this, "result");
    if (scope.state === "done") return scope.value;
    throw this.exception();
  }

  /**
   * Get the error of a task that has ended. It then counts as seen, as in asyncio: no unhandled rejection.
   *
   * @returns The error, or `undefined` when it is done. Anything may have been thrown, so this is `unknown`.
   * @throws {InvalidStateError} When it has not ended.
   */
  exception(): unknown {
    const scope = ended(this, "exception");
    if (scope.state === "failed") this.then(undefined, () => {});
    return scope.failure;
  }

  /**
   * Wait until the task has ended, whatever its outcome. Its error then counts as seen.
   *
   * @returns As an element of `Promise.allSettled`. Never rejects, not even when the calling task is cancelled. To await
   *   it inside the task itself throws an `InvalidStateError`, as to await the task would.
   */
  settled(): Promise<PromiseSettledResult<T>> {
    const settled = this.then<PromiseSettledResult<T>, PromiseSettledResult<T>>(
      (value) => ({ status: "fulfilled", value }),
      (reason) => ({ status: "rejected", reason }),
    );
    (settled as unknown as WithScope<T>)[key] = scopeOf(this);
    return Object.setPrototypeOf(settled, SettledTask.prototype);
  }

  /**
   * Call `callback` with the task once it has ended, at once (in a microtask) if it has. Callbacks run in the order in
   * which they were added, each as part of the code that added it; one that throws is reported as an uncaught error and
   * stops none of the others.
   *
   * @param callback Called once.
   * @returns The function that takes it back: what waits now and then for a task that lives long would leave one each time.
   */
  onDone(callback: (task: Task<T>) => void): () => void {
    checkFunction("add a callback", callback);
    return scopeOf(this).onDone(bindToCaller(() => callback(this)));
  }

  /**
   * Cancel it and wait for its end: what `await using` does at the end of a block.
   *
   * @throws The task's error, if it failed while it was being disposed of: before that, it has been for others to see.
   * @throws {InvalidStateError} When called from inside the task.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (scopeOf(this).done) return;
    checkNotInside(this, "dispose of");
    this.cancel();
    await this.settled();
    if (this.state === "failed") throw this.exception();
  }

  /**
   * Subscribe, as with any promise. From inside the task too, where `await` would never end.
   *
   * @typeParam A What `onFulfilled` returns.
   * @typeParam B What `onRejected` returns.
   * @param onFulfilled Called with the value.
   * @param onRejected Called with the error.
   * @returns A promise of what they return.
   */
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    // deno-lint-ignore no-explicit-any -- a task is a promise: what may be given to one may be given to the other
    onRejected?: ((reason: any) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (!subscribing && isResolver(onRejected)) checkNotInside(this, "wait for");
    markHandled(scopeOf(this));
    subscribing = true;
    try {
      return super.then(onFulfilled, onRejected);
    } finally {
      subscribing = false;
    }
  }

  /** Subscribe, as with any promise. */
  override finally(onFinally?: (() => void) | null): Promise<T> {
    markHandled(scopeOf(this));
    subscribing = true;
    try {
      return super.finally(onFinally);
    } finally {
      subscribing = false;
    }
  }

  /** Show name and state. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Task "${this.name}" { ${this.state} }`;
  }
}

/** What `settled()` gives: whoever awaits this waits for the task. */
class SettledTask<T> extends Promise<PromiseSettledResult<T>> {
  static {
    this.prototype.then = Task.prototype.then;
    this.prototype.finally = Task.prototype.finally;
  }
}

subscribesOnly(Task.prototype.then);

// `await` asks a promise for its constructor: with that of `Promise` itself it takes the short way, which costs half
// and keeps the callers in stack traces. The question is also the one chance to notice a task that waits for itself.
for (const prototype of [Task.prototype, SettledTask.prototype]) {
  Object.defineProperty(prototype, "constructor", {
    configurable: true,
    get(this: Task<unknown>): PromiseConstructor {
      if (!subscribing && scopeOf(this) !== undefined) {
        checkNotInside(this, "await");
        markHandled(scopeOf(this));
        if (instrument !== null) instrument.awaits(currentScope(), scopeOf(this));
      }
      return Promise;
    },
  });
}

/**
 * Whether `callback` settles a promise that is resolved to the task, as that of an `async` function is that returns it:
 * no `await` can be noticed there, only the platform that subscribes. Its functions have neither name nor source.
 */
function isResolver(callback: unknown): boolean {
  return typeof callback === "function" && callback.name === "" &&
    Function.prototype.toString.call(callback) === "function () { [native code] }";
}

/** Some code asks for the outcome of the task, and handles its error from now on. */
function markHandled<T>(scope: TaskScope<T>): void {
  if (scope.handled) return;
  scope.handled = true;
  if (scope.done) noteAwaited(scope);
}

/** Make the failure of `task` no unhandled rejection, without asking for it. */
export function quiet(task: Promise<unknown>): void {
  subscribing = true;
  try {
    Promise.prototype.then.call(task, undefined, () => {});
  } finally {
    subscribing = false;
  }
}

/** Make `promise` the public face of `scope`. The promise stays the one it is: a second one would double the cost. */
export function adopt<T>(promise: Promise<T>, scope: TaskScope<T>): Task<T> {
  const task: Task<T> = Object.setPrototypeOf(promise, Task.prototype);
  (task as unknown as WithScope<T>)[key] = scope;
  scope.promise = promise;
  return task;
}

/** The public face of `scope`. */
export function taskOf<T>(scope: TaskScope<T>): Task<T> {
  return (scope.promise ?? adopt(scope.makePromise(), scope)) as Task<T>;
}

/** The scope behind `task`. */
export function scopeOf<T>(task: Task<T>): TaskScope<T> {
  return (task as unknown as WithScope<T>)[key];
}

/**
 * @throws {InvalidStateError} When the calling code is part of `task`: a task ends only after all that it started, so
 * it would wait for itself, for ever.
 */
export function checkNotInside(task: Task<unknown>, verb: string, caller: Scope = currentScope()): void {
  const scope = scopeOf(task);
  if (!scope.done && scope.contains(caller)) {
    throw new InvalidStateError(`Cannot ${verb} task "${scope.name}" from inside it as it would wait for itself`);
  }
}

function ended<T>(task: Task<T>, what: string): TaskScope<T> {
  const scope = scopeOf(task);
  if (!scope.done) {
    throw new InvalidStateError(
      `Cannot get the ${what} of task "${scope.name}" as it has not ended: current state is ${scope.state}`,
    );
  }
  return scope;
}

/** A task is a scope like any other to the function that runs in it. */
export type { CancelScope };
