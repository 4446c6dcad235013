import { currentScope } from "../core/ambient.ts";
import { checkFunction, checkMs, inspectBriefly, isThenable } from "../core/checks.ts";
import { refusal, rejected, type WaitOptions } from "../core/waiter.ts";
import type { CancelScope, Owned } from "./cancel_scope.ts";
import { cancellable } from "./cancellable.ts";
import { misuse } from "./check_for.ts";
import { deadlineOf, DeadlineScope, runWithDeadline } from "./deadline_scope.ts";

/** What the function given to {@linkcode timeout} receives. */
export interface TimeoutScope extends CancelScope {
  /** Whether it has run out. */
  readonly expired: boolean;
  /**
   * Move the deadline.
   *
   * @param ms Milliseconds from now, from 0; `null` takes the deadline away.
   * @throws {InvalidStateError} When the timeout has expired or ended.
   */
  reschedule(ms: number | null): void;
}

/** A function to run against the clock, or a promise to wait for. */
type Timed<T> = ((scope: TimeoutScope) => T | PromiseLike<T>) | PromiseLike<T>;

/**
 * Give a function so many milliseconds. When they have passed it is cancelled *and waited for*; then a `TimeoutError`
 * is thrown. A promise is only observed: the error comes at once, and the promise is left alone.
 *
 * - A function that returns all the same, after its time has run out: its value.
 * - A function that throws something else: that error, with the `TimeoutError` at the end of its chain of causes.
 * - Nested: only the timeout that expired turns the cancellation into its error.
 * - A cancellation from outside stays a `CancelledError`.
 *
 * As `asyncio.timeout` and `trio.fail_after`.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { sleep, timeout, TimeoutError } from "@asyncio/toolkit";
 *
 * assertEquals(await timeout(60_000, () => sleep(1, "in time")), "in time");
 * await assertRejects(() => timeout(1, () => sleep(60_000)), TimeoutError);
 * ```
 *
 * @typeParam T What the function returns.
 * @param ms Milliseconds, 0 to `Infinity`. With 0 the function runs up to its first checkpoint.
 * @param input The function, called with the scope that owns it; or a promise.
 * @param options `signal`: cancels the function when it fires; then its reason is thrown.
 * @returns What the function returns.
 * @throws {TimeoutError} When the time has run out.
 * @throws {RangeError} When `ms` is negative or NaN.
 */
export function timeout<T>(
  ms: number,
  input: ((scope: TimeoutScope) => T | PromiseLike<T>) | PromiseLike<T>,
  options?: WaitOptions,
): Promise<T>;
/**
 * Give a function so many milliseconds, one that returns now one type, now a promise of another. When they have passed it is
 * cancelled and waited for; then a `TimeoutError` is thrown.
 *
 * @typeParam R What the function returns.
 * @param ms Milliseconds, 0 to `Infinity`.
 * @param fn The function, called with the scope that owns it.
 * @param options `signal`.
 * @returns What the function returns.
 */
export function timeout<R>(
  ms: number,
  fn: (scope: TimeoutScope) => R,
  options?: WaitOptions,
): Promise<Awaited<R>>;
export async function timeout<T>(ms: number, input: Timed<T>, options: WaitOptions = {}): Promise<T> {
  const misused = misuse([input], () => checkMs("set a timeout", ms));
  if (misused !== null) await misused;
  return await failAt(currentScope().clock.now() + ms, input, options, ms);
}

/**
 * As {@linkcode timeout}, with a moment instead of a duration. As `asyncio.timeout_at`.
 *
 * @example Several steps, one deadline
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sleep, timeoutAt } from "@asyncio/toolkit";
 *
 * const deadline = performance.now() + 60_000;
 * assertEquals(await timeoutAt(deadline, () => sleep(1, "first")), "first");
 * assertEquals(await timeoutAt(deadline, () => sleep(1, "second")), "second");
 * ```
 *
 * @typeParam T What the function returns.
 * @param when Milliseconds on the clock of `performance.now()`; `Infinity` for never. May lie in the past.
 * @param input The function, called with the scope that owns it; or a promise.
 * @param options `signal`: cancels the function when it fires; then its reason is thrown.
 * @returns What the function returns.
 * @throws {TimeoutError} When the moment has come.
 * @throws {RangeError} When `when` is NaN.
 */
export function timeoutAt<T>(
  when: number,
  input: ((scope: TimeoutScope) => T | PromiseLike<T>) | PromiseLike<T>,
  options?: WaitOptions,
): Promise<T>;
/**
 * Give a function time until a moment, one that returns now one type, now a promise of another. When that has come the function
 * is cancelled and waited for; then a `TimeoutError` is thrown.
 *
 * @typeParam R What the function returns.
 * @param when Milliseconds on the clock of `performance.now()`; `Infinity` for never.
 * @param fn The function, called with the scope that owns it.
 * @param options `signal`.
 * @returns What the function returns.
 */
export function timeoutAt<R>(
  when: number,
  fn: (scope: TimeoutScope) => R,
  options?: WaitOptions,
): Promise<Awaited<R>>;
export async function timeoutAt<T>(when: number, input: Timed<T>, options: WaitOptions = {}): Promise<T> {
  const misused = misuse([input], () => checkMoment(when));
  if (misused !== null) await misused;
  return await failAt(when, input, options);
}

/**
 * As {@linkcode timeout}, but go on with `undefined` when the time has run out. As `trio.move_on_after`.
 *
 * @example What there is after 5 ms
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { moveOnAfter, sleep } from "@asyncio/toolkit";
 *
 * assertEquals(await moveOnAfter(5, () => sleep(60_000, "late")) ?? "nothing", "nothing");
 * ```
 *
 * @typeParam T What the function returns.
 * @param ms Milliseconds, 0 to `Infinity`.
 * @param input The function, called with the scope that owns it; or a promise.
 * @param options `signal`: cancels the function when it fires; then its reason is thrown.
 * @returns What the function returns, or `undefined` when it was cancelled for its time.
 * @throws {RangeError} When `ms` is negative or NaN.
 */
export function moveOnAfter<T>(
  ms: number,
  input: ((scope: TimeoutScope) => T | PromiseLike<T>) | PromiseLike<T>,
  options?: WaitOptions,
): Promise<T | undefined>;
/**
 * Give a function so many milliseconds, one that returns now one type, now a promise of another. When they have passed it is
 * cancelled and waited for, and the result is `undefined`.
 *
 * @typeParam R What the function returns.
 * @param ms Milliseconds, 0 to `Infinity`.
 * @param fn The function, called with the scope that owns it.
 * @param options `signal`.
 * @returns What the function returns, or `undefined` when it was cancelled for its time.
 */
export function moveOnAfter<R>(
  ms: number,
  fn: (scope: TimeoutScope) => R,
  options?: WaitOptions,
): Promise<Awaited<R> | undefined>;
export async function moveOnAfter<T>(ms: number, input: Timed<T>, options: WaitOptions = {}): Promise<T | undefined> {
  const misused = misuse([input], () => checkMs("set a timeout", ms));
  if (misused !== null) await misused;
  return await runTimed(currentScope().clock.now() + ms, input, options, ms, () => undefined);
}

/**
 * Find out until when the calling code may run: the earliest deadline around it, as far out as the next `shield`. As
 * `trio.current_effective_deadline`.
 *
 * @example Pass what is left to a program that knows nothing of deadlines
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { effectiveDeadline, timeout } from "@asyncio/toolkit";
 *
 * assertEquals(effectiveDeadline(), Infinity);
 * await timeout(1_000, () => {
 *   const left = effectiveDeadline() - performance.now();
 *   assert(left > 0 && left <= 1_000);
 * });
 * ```
 *
 * @returns Milliseconds on the clock of `performance.now()`; `Infinity` for never, `-Infinity` when cancelled.
 */
export function effectiveDeadline(): number {
  const scope = currentScope();
  return scope.error !== null ? -Infinity : deadlineOf(scope);
}

/** @throws {TypeError | RangeError} When `when` is no moment on the clock. */
function checkMoment(when: unknown): void {
  if (typeof when !== "number") {
    throw new TypeError(
      `Cannot set a timeout as the deadline must be a number: current value is ${inspectBriefly(when)}`,
    );
  }
  if (Number.isNaN(when)) {
    throw new RangeError("Cannot set a timeout as the deadline must be a moment: current value is NaN");
  }
}

function failAt<T>(when: number, input: Timed<T>, options: WaitOptions, budget?: number): Promise<T> {
  return runTimed(when, input, options, budget, (scope, cause) => {
    throw scope.timeoutError(cause);
  });
}

async function runTimed<T, E>(
  when: number,
  input: Timed<T>,
  { signal }: WaitOptions,
  budget: number | undefined,
  onExpired: (scope: DeadlineScope, cause: unknown) => E,
): Promise<T | E> {
  try {
    if (!isThenable(input)) checkFunction("set a timeout", input);
  } catch (error) {
    return await rejected(currentScope(), error);
  }
  const fn = isThenable(input) ? () => cancellable(input) : input;
  const parent = currentScope();
  if (!isThenable(input)) {
    const refused = refusal(parent, signal);
    if (refused !== null) await refused;
  }
  const scope = new DeadlineScope(parent, when, budget);
  return await runWithDeadline<T, E>(scope, fn as Owned<T>, signal, (cause) => onExpired(scope, cause));
}
