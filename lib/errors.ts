/**
 * The error classes, the guards that recognise them, and how one error carries another.
 *
 * The rule behind this file: no error is ever lost. Where two errors compete for one `throw`, the second stays
 * reachable from the first, as its `cause` or as one of its suppressed errors.
 */

/** Reads the stamp of a {@linkcode CancelledError}; set by the class, since the stamp is nobody else's business. */
let sourceOf: (error: CancelledError) => object | undefined;

/** When a cancellation was made, in milliseconds of `performance.now()`: the task tree tells how long ago that is. */
export let cancelledAt: (error: CancelledError) => number;

/** Options of {@linkcode CancelledError}. */
export interface CancelledErrorOptions {
  /** What `cancel(reason)` was given; also the error's `cause` when defined. */
  reason?: unknown;
  /** The scope that was cancelled. Set by the toolkit. */
  source?: object;
}

/**
 * Thrown by every checkpoint of a cancelled scope, and the `reason` of that scope's `signal`.
 *
 * It is a `DOMException` named `"AbortError"`, so code that checks `error.name === "AbortError"` goes on working, and
 * `fetch` rejects with this very object. One cancellation makes one error, shared by everything it reaches.
 * Counterpart of `asyncio.CancelledError`; like there, catch it only to clean up, and throw it on.
 *
 * @example A cancelled task rejects with it
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { CancelledError, createTask, sleep } from "@asyncio/toolkit";
 *
 * const task = createTask(() => sleep(60_000));
 * task.cancel("no longer needed");
 *
 * const error = await task.catch((error) => error);
 * assert(error instanceof CancelledError);
 * assertEquals(error.name, "AbortError");
 * assertEquals(error.reason, "no longer needed");
 * ```
 */
export class CancelledError extends DOMException {
  readonly #reason: unknown;
  readonly #source: object | undefined;
  readonly #at = performance.now();

  static {
    sourceOf = (error) => error.#source;
    cancelledAt = (error) => error.#at;
  }

  /**
   * Make one. The toolkit does this for you; a test may want to.
   *
   * @param message Who was cancelled, and why.
   * @param options The reason, and the scope it is stamped with.
   */
  constructor(message = "Cancelled", options: CancelledErrorOptions = {}) {
    super(message, "AbortError");
    this.#reason = options.reason;
    this.#source = options.source;
    if (options.reason !== undefined) setCause(this, options.reason);
  }

  /** What `cancel(reason)` was given. */
  get reason(): unknown {
    return this.#reason;
  }
}

/**
 * Thrown by `timeout` when its time has run out and its body, cancelled for it, has ended.
 *
 * It is a `DOMException` named `"TimeoutError"`, as the platform's own `AbortSignal.timeout` gives.
 *
 * @example A timeout names its budget
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { sleep, timeout, TimeoutError } from "@asyncio/toolkit";
 *
 * await assertRejects(() => timeout(5, () => sleep(60_000)), TimeoutError, "5 ms");
 * ```
 */
export class TimeoutError extends DOMException {
  /**
   * Make one.
   *
   * @param message What took too long, and how long it had.
   * @param options `cause`: the error that ended the body.
   */
  constructor(message = "Timed out", options: ErrorOptions = {}) {
    super(message, "TimeoutError");
    if (options.cause !== undefined) setCause(this, options.cause);
  }
}

/**
 * Thrown when something is asked of an object that its state rules out: the result of a task that is not done, a task
 * in a group that has ended, a task that waits for itself. Counterpart of `asyncio.InvalidStateError`.
 *
 * @example The result of a task that is not done
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { createTask, InvalidStateError, sleep } from "@asyncio/toolkit";
 *
 * const task = createTask(() => sleep(1));
 * assertThrows(() => task.result(), InvalidStateError, "current state is pending");
 * await task;
 * ```
 */
export class InvalidStateError extends Error {
  /** `"InvalidStateError"` */
  override readonly name = "InvalidStateError";
}

/**
 * Thrown by `taskGroup` when a child or the body failed: an `AggregateError`, also for a single error, with the first
 * failure first. Counterpart of Python's `ExceptionGroup`; `flattenErrors` looks inside nested ones.
 *
 * @example Every failure is in it
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { taskGroup, TaskGroupError } from "@asyncio/toolkit";
 *
 * const error = await assertRejects(
 *   () =>
 *     taskGroup((group) => {
 *       group.createTask(() => Promise.reject(new RangeError("first")));
 *       group.createTask(() => Promise.reject(new TypeError("second")));
 *     }),
 *   TaskGroupError,
 * );
 * assertEquals(error.errors.map((error) => error.message), ["first", "second"]);
 * ```
 */
export class TaskGroupError extends AggregateError {
  /** `"TaskGroupError"` */
  override readonly name = "TaskGroupError";
}

/**
 * Tell whether `error` is a cancellation made by this toolkit.
 *
 * @example Clean up, and let the cancellation pass
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTask, isCancelled, sleep } from "@asyncio/toolkit";
 *
 * const seen: string[] = [];
 * const task = createTask(async () => {
 *   try {
 *     await sleep(60_000);
 *   } catch (error) {
 *     seen.push(isCancelled(error) ? "cancelled" : "failed");
 *     throw error;
 *   }
 * }, { eager: true });
 * task.cancel();
 * await task.settled();
 * assertEquals(seen, ["cancelled"]);
 * ```
 *
 * @param error Anything that was thrown.
 * @returns `true` for a {@linkcode CancelledError}.
 */
export function isCancelled(error: unknown): error is CancelledError {
  return error instanceof CancelledError;
}

/**
 * Tell whether `error` says that time ran out: a {@linkcode TimeoutError} of this toolkit, or the platform's own
 * (`AbortSignal.timeout`), which bears the same name.
 *
 * @example Both kinds
 * ```ts
 * import { assert } from "@std/assert";
 * import { isTimeout, TimeoutError } from "@asyncio/toolkit";
 *
 * assert(isTimeout(new TimeoutError()));
 * assert(isTimeout(new DOMException("Signal timed out.", "TimeoutError")));
 * assert(!isTimeout(new Error("slow")));
 * ```
 *
 * @param error Anything that was thrown.
 * @returns `true` when it is a `DOMException` named `"TimeoutError"`.
 */
export function isTimeout(error: unknown): error is DOMException {
  return error instanceof DOMException && error.name === "TimeoutError";
}

/**
 * List every single error inside `error`: the members of `AggregateError`s (a {@linkcode TaskGroupError} is one),
 * both sides of a `SuppressedError`, and the errors of siblings that a thrown error superseded. Order is that of
 * failing as far as it is known; each object comes once. `cause` is not followed: it explains an error, it is not
 * another one.
 *
 * @example Siblings that failed while they were being cancelled
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { flattenErrors, gather, sleep } from "@asyncio/toolkit";
 *
 * const error = await gather(
 *   () => Promise.reject(new Error("first")),
 *   () => sleep(60_000).finally(() => Promise.reject(new Error("while cleaning up"))),
 * ).catch((error) => error);
 * assertEquals(flattenErrors(error).map(String), ["Error: first", "Error: while cleaning up"]);
 * ```
 *
 * @param error Anything that was thrown.
 * @returns The leaves, at least one.
 */
export function flattenErrors(error: unknown): unknown[] {
  const leaves = new Set<unknown>();
  const seen = new Set<unknown>();
  const stack = [error];
  while (stack.length > 0) {
    const current = stack.pop();
    if (seen.has(current)) continue;
    seen.add(current);
    const inner: unknown[] = current instanceof AggregateError
      ? [...current.errors]
      : current instanceof SuppressedError
      ? [current.error, current.suppressed]
      : [];
    if (inner.length === 0) leaves.add(current);
    for (const each of [...inner, ...suppressedBy(current)].reverse()) stack.push(each);
  }
  // Nothing but a circle of aggregates has no leaf.
  return leaves.size > 0 ? [...leaves] : [error];
}

/** The errors that `winner` displaced, by the object that won; weak, so that they live as long as it does. */
const displaced = new WeakMap<object, Set<unknown>>();

/** Keep `loser` reachable from `winner`. Returns `false` when `winner` is a primitive and cannot carry anything. */
export function suppress(winner: unknown, loser: unknown): boolean {
  if (winner === loser) return true;
  if (!isObject(winner)) return false;
  const losers = displaced.get(winner);
  if (losers === undefined) displaced.set(winner, new Set([loser]));
  else losers.add(loser);
  return true;
}

/** The errors that `error` displaced, first first. */
export function suppressedBy(error: unknown): readonly unknown[] {
  return isObject(error) ? [...displaced.get(error) ?? []] : [];
}

/**
 * Hang `cause` at the end of the chain of causes of `error`: what Python does with `__context__`. Not where the two chains
 * meet already, since a chain must not become a circle. An error that cannot be changed keeps it as a suppressed one.
 */
export function chain(error: unknown, cause: unknown): void {
  const chained = causesOf(error);
  if (causesOf(cause).some((each) => chained.includes(each))) return;
  const last = chained.at(-1);
  if (last instanceof Error && Object.isExtensible(last)) setCause(last, cause);
  else suppress(error, cause);
}

/**
 * The cancellation that `error` stands for, if any: itself, or what is inside the `AbortError` that the APIs of Node make of
 * the reason of a signal.
 */
export function cancellationIn(error: unknown): CancelledError | undefined {
  if (error instanceof CancelledError) return error;
  if (error instanceof Error && error.name === "AbortError" && error.cause instanceof CancelledError) {
    return error.cause;
  }
  return undefined;
}

/** Whether `error` stands for a cancellation. */
export function isCancellation(error: unknown): boolean {
  return cancellationIn(error) !== undefined;
}

/** Whether `error` stands for the cancellation of `scope`. */
export function isStampedBy(error: unknown, scope: object): boolean {
  const cancellation = cancellationIn(error);
  return cancellation !== undefined && sourceOf(cancellation) === scope;
}

/** `error`, its cause, the cause of that, and so on. */
function causesOf(error: unknown): unknown[] {
  const causes = [error];
  for (let each = error; each instanceof Error && each.cause !== undefined; each = each.cause) {
    if (causes.includes(each.cause)) break;
    causes.push(each.cause);
  }
  return causes;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Define `cause` as `Error` itself does: there, but not enumerated. */
function setCause(error: Error, cause: unknown): void {
  Object.defineProperty(error, "cause", { value: cause, writable: true, configurable: true, enumerable: false });
}
