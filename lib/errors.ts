/** The error classes, and the guards that recognise them. */

import { inspectBriefly } from "./core/checks.ts";
import { realTime } from "./core/platform.ts";

/** Set and read the stamp of a {@linkcode CancelledError}, and read its time; by the class, as they are nobody else's business. */
export let stamp: (error: CancelledError, source: object) => void;
let sourceOf: (error: CancelledError) => object | undefined;
export let cancelledAt: (error: CancelledError) => number;

/**
 * How work outside of this thread, in a worker or a process, was ended:
 *
 * - `"cooperative"`: it was told of its cancellation, and ended. A process got SIGTERM, and did as it was asked.
 * - `"terminated"`: the thread of a worker was ended, and its JavaScript is verified to run no more. A native function that
 *   it was in the middle of (`pbkdf2Sync`, `scryptSync`) runs to its own end, which nothing tells of.
 * - `"killed"`: the process was, with all that it had started.
 * - `"abandoned"`: it could not be stopped, and goes on.
 */
export type Stopped = "cooperative" | "terminated" | "killed" | "abandoned";

/** Options of {@linkcode CancelledError}. */
export interface CancelledErrorOptions {
  /** What `cancel(reason)` was given; also the error's `cause` when defined. */
  reason?: unknown;
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
  /** The scope that was cancelled. */
  #source: object | undefined;
  readonly #at = realTime.now();
  /**
   * How the work in workers and processes that it cancelled was ended; the worst, if there was more. `undefined` when there was
   * none, or none that had begun: a call that waits for a worker, which takes a moment to start, has nothing to be ended.
   */
  declare readonly stopped?: Stopped | undefined;

  static {
    stamp = (error, source) => void (error.#source = source);
    sourceOf = (error) => error.#source;
    cancelledAt = (error) => error.#at;
  }

  /**
   * Make one. The toolkit does this for you; a test may want to.
   *
   * @param message Who was cancelled, and why.
   * @param options The reason.
   */
  constructor(message = "Cancelled", options: CancelledErrorOptions = {}) {
    super(message, "AbortError");
    this.#reason = options.reason;
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
  return isInstance(CancelledError, error);
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
  return isInstance(DOMException, error) && error.name === "TimeoutError";
}

/** `instanceof`, for what was thrown: that may be a proxy, which throws for it, and is none of ours. */
export function isInstance<T>(type: abstract new (...args: never[]) => T, value: unknown): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** Whether `value` is an error, also one of another realm, as those that `node:vm` runs. Never throws. */
export function isError(value: unknown): value is Error {
  try {
    return Error.isError(value) || value instanceof Error;
  } catch {
    return false;
  }
}

/** An error for anything that was thrown: itself if it is one, or else a new one with `value` as its cause. */
export function toError(value: unknown): Error {
  return isError(value) ? value : new Error(`Non-error thrown: ${inspectBriefly(value)}`, { cause: value });
}

/**
 * The cancellations that `error` stands for; none when anything else is in it. That is a cancellation itself, what is inside
 * the `AbortError` that the APIs of Node make of the reason of a signal, and what the platform makes of several: `await using`
 * a `SuppressedError`, `Promise.any` an `AggregateError`.
 */
function cancellationsIn(error: unknown): CancelledError[] {
  if (isCancelled(error)) return [error];
  if (!isInstance(Error, error)) return [];
  const found: CancelledError[] = [];
  const seen = new Set<unknown>();
  const stack: unknown[] = [error];
  try {
    for (let at = 0; at < stack.length; at++) {
      const each = stack[at];
      if (seen.has(each)) continue;
      seen.add(each);
      if (each instanceof CancelledError) found.push(each);
      else if (each instanceof SuppressedError) stack.push(each.error, each.suppressed);
      // A group fails for a reason of its own: a task of it was stopped by somebody else.
      else if (each instanceof AggregateError && !(each instanceof TaskGroupError)) stack.push(...each.errors);
      else if (each instanceof Error && each.name === "AbortError" && each.cause instanceof CancelledError) {
        found.push(each.cause);
      } else return [];
    }
  } catch {
    // An error that cannot be read is none of ours.
    return [];
  }
  return found;
}

/** Whether `error` stands for a cancellation, and nothing else. */
export function isCancellation(error: unknown): boolean {
  return isCancelled(error) || cancellationsIn(error).length > 0;
}

/** Whether `error` stands for the cancellation of `scope`. */
export function isStampedBy(error: unknown, scope: object): boolean {
  return cancellationsIn(error).some((each) => sourceOf(each) === scope);
}

/** Define `cause` as `Error` itself does: there, but not enumerated. Returns whether that could be done. */
export function setCause(error: Error, cause: unknown): boolean {
  try {
    const property = { value: cause, writable: true, configurable: true, enumerable: false };
    return Reflect.defineProperty(error, "cause", property);
  } catch {
    // A proxy may throw.
    return false;
  }
}
