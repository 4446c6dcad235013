import { InvalidStateError, isCancellation, isStampedBy } from "../errors.ts";
import type { Clock } from "../core/clock.ts";
import { handOn } from "../core/held.ts";
import { instrument } from "../core/instrument.ts";
import { chain } from "../core/linked_errors.ts";
import { Scope } from "../core/scope.ts";
import { judgeUnawaited } from "../core/unawaited.ts";

/**
 * Where a task stands: `"pending"` (not started), `"running"`, `"cancelling"` (cancelled, but its function has not
 * ended yet), and the three ends: `"done"`, `"failed"`, `"cancelled"`.
 */
export type TaskState = "pending" | "running" | "cancelling" | "done" | "failed" | "cancelled";

/** What has to know when a task has ended, or no longer: something the task holds while others wait for it. */
export interface EndListener {
  /** Called once, unless taken back before. */
  onTaskEnd(): void;
}

/** How a task ended. */
export type TaskEnd = Extract<TaskState, "done" | "failed" | "cancelled">;

/**
 * The scope of one running function, with its state and outcome. A `Task` is the public face of one; a function run by
 * `gather` and its kind gets a face only when somebody asks for it.
 */
export class TaskScope<T = unknown> extends Scope {
  readonly #stem: string;
  #name: string | undefined;
  #started = false;
  #end: TaskEnd | null = null;
  #value: T | undefined;
  #failure: unknown;
  #callbacks: Set<() => void> | null = null;
  #endListeners: Set<EndListener> | null = null;
  /** Told of the end first, before the parent can notice it. */
  onEnd: ((task: TaskScope<T>) => void) | null = null;
  /** Whether its error is handled: by the code that started it, or by code that has awaited it. */
  handled = true;
  /** The promise that the public face is made of. */
  #promise: Promise<T> | null = null;
  /** Settles that promise, when it is not the function's own. */
  #resolvers: PromiseWithResolvers<T> | null = null;

  /**
   * @param parent The scope that it ends with.
   * @param stem What the default name is made of.
   * @param name Its name, instead of the default.
   * @param clock Tells its time.
   */
  constructor(parent: Scope, stem: string, name?: string, clock?: Clock) {
    super(parent, clock);
    this.#stem = stem;
    this.#name = name;
  }

  override get kind(): string {
    return "task";
  }

  override get name(): string {
    return this.#name ??= `${this.#stem || "task"}-${this.id}`;
  }

  override set name(name: string) {
    this.#name = name;
  }

  get state(): TaskState {
    if (this.#end !== null) return this.#end;
    if (this.error !== null) return "cancelling";
    return this.#started ? "running" : "pending";
  }

  /** Whether the function and all that it started have ended. */
  get done(): boolean {
    return this.#end !== null;
  }

  /** The value of a task that is `"done"`. */
  get value(): T {
    return this.#value as T;
  }

  /** The error of a task that is `"failed"` or `"cancelled"`. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Whether it was cancelled by something further up, not by itself. */
  get stopped(): boolean {
    return this.error !== null && !isStampedBy(this.error, this);
  }

  /** The function is about to be called. */
  start(): void {
    this.#started = true;
    if (instrument !== null) instrument.started(this);
  }

  /** The function, and all that it started, has ended with a value. */
  succeed(value: T): void {
    this.#value = value;
    handOn(this, value);
    this.#settle("done");
    this.#resolvers?.resolve(value);
  }

  /** The function, and all that it started, has ended with an error. */
  fail(error: unknown): void {
    // As Python's `__context__`: what was thrown on the way out of a cancellation shows that it was.
    if (this.error !== null && error !== this.error) chain(error, this.error, this);
    this.#failure = error;
    this.#settle(isCancellation(error) ? "cancelled" : "failed");
    this.#resolvers?.reject(error);
  }

  /** Call back in the next microtask after the end. Returns the function that takes it back. */
  onDone(callback: () => void): () => void {
    const callbacks = this.#end === null ? this.#callbacks ??= new Set() : new Set<() => void>();
    callbacks.add(callback);
    if (this.#end !== null) queueMicrotask(() => callbacks.delete(callback) && callback());
    return () => void callbacks.delete(callback);
  }

  /** Tell `listener` of the end, at once. */
  addEndListener(listener: EndListener): void {
    (this.#endListeners ??= new Set()).add(listener);
  }

  /** Tell it nothing any more. */
  removeEndListener(listener: EndListener): void {
    this.#endListeners?.delete(listener);
  }

  /** The promise of the outcome, if one was made. */
  get promise(): Promise<T> | null {
    return this.#promise;
  }

  /** The promise of the function itself is that of the outcome. */
  set promise(promise: Promise<T>) {
    this.#promise = promise;
  }

  /** Make a promise of the outcome. Where an owner handles the error of the task, this one is never unhandled. */
  makePromise(): Promise<T> {
    const resolvers = Promise.withResolvers<T>();
    if (this.#end === "done") resolvers.resolve(this.value);
    else if (this.#end !== null) resolvers.reject(this.#failure);
    else this.#resolvers = resolvers;
    if (this.handled) resolvers.promise.catch(() => {});
    return this.#promise = resolvers.promise;
  }

  /** Keep the promise no longer: from now on, that it is gone means that nobody has it. */
  forgetPromise(): void {
    this.#promise = this.#resolvers = null;
  }

  override get lingering(): string | null {
    return this.error !== null && this.#started && this.#end === null ? `Task "${this.name}"` : null;
  }

  #settle(end: TaskEnd): void {
    if (this.#end !== null) {
      throw new InvalidStateError(`Cannot end task "${this.name}" as it has ended: current state is ${this.#end}`);
    }
    this.#end = end;
    if (end === "done") judgeUnawaited(this);
    else judgeUnawaited(this, { error: this.#failure });
    this.onEnd?.(this);
    const callbacks = this.#callbacks;
    if (callbacks !== null) {
      this.#callbacks = null;
      // One microtask each: an error in one is reported as any uncaught error is, and stops none of the others. Before the
      // scope is closed, so that they run before the parent goes on: they may still start something in it.
      for (const callback of callbacks) queueMicrotask(() => callbacks.delete(callback) && callback());
    }
    this.close();
    if (this.#endListeners !== null) { for (const listener of this.#endListeners) listener.onTaskEnd(); }
  }
}

/** The innermost task that `scope` is in, or is; `null` outside of all tasks. */
export function taskAround(scope: Scope): TaskScope | null {
  for (let each: Scope | null = scope; each !== null; each = each.parent) if (each instanceof TaskScope) return each;
  return null;
}

/**
 * Whom something acquired in `scope` belongs to: the innermost task, so that the timeouts and groups in it make no
 * difference; outside of all tasks, the root.
 */
export function ownerOf(scope: Scope): Scope {
  while (!(scope instanceof TaskScope) && scope.parent !== null) scope = scope.parent;
  return scope;
}

/** The name of a task; `undefined` for the root, which is everybody. */
export function taskNameOf(owner: Scope): string | undefined {
  return owner instanceof TaskScope ? owner.name : undefined;
}

/** For messages. */
export function describeOwner(owner: Scope): string {
  return owner instanceof TaskScope ? `task "${owner.name}"` : "code outside of all tasks";
}

/** The tasks below `scope` that have not ended, in order of creation. */
export function tasksUnder(scope: Scope): TaskScope[] {
  return collect(scope, true);
}

/** Those of them that are nearest: the tasks of the groups and timeouts in `scope` are its own, theirs are not. */
export function nearestTasksUnder(scope: Scope): TaskScope[] {
  return collect(scope, false);
}

/** A list instead of recursion: the tree of a program in trouble may be deep. */
function collect(scope: Scope, all: boolean): TaskScope[] {
  const tasks: TaskScope[] = [];
  const stack = [scope];
  for (let each = stack.pop(); each !== undefined; each = stack.pop()) {
    const isTask = each !== scope && each instanceof TaskScope;
    if (isTask) tasks.push(each as TaskScope);
    if (isTask && !all) continue;
    for (let child = each.firstChild; child !== null; child = child.nextSibling) stack.push(child);
  }
  return tasks.sort((a, b) => a.id - b.id);
}
