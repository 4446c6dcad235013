import { InvalidStateError, isCancellation, isStampedBy, TimeoutError } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { errorForCaller } from "../core/cancellation.ts";
import { checkFunction, checkMs, inspectBriefly, isThenable } from "../core/checks.ts";
import { chain } from "../core/linked_errors.ts";
import { Scope } from "../core/scope.ts";
import type { TimerEntry } from "../core/timer_queue.ts";
import { refusal, rejected, type WaitOptions } from "../core/waiter.ts";
import { cancellable } from "./cancellable.ts";
import { misuse } from "./inputs.ts";
import { type CancelScope, lingeringBody, type Owned, runBody } from "./owned.ts";
import { taskAround } from "./task_scope.ts";

// More than 300 lines, as half of them say what four functions promise that are one.

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

/** Options of {@linkcode moveOnAfter}. */
export interface MoveOnOptions<F> extends WaitOptions {
  /**
   * What to go on with when the time has run out. One that the function never gives tells that apart from its values.
   *
   * @default undefined
   */
  fallback?: F | undefined;
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
 * As {@linkcode timeout}, but go on when the time has run out: with `undefined`, or with the `fallback`. As
 * `trio.move_on_after`.
 *
 * @example What there is after 5 ms
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { moveOnAfter, sleep } from "@asyncio/toolkit";
 *
 * assertEquals(await moveOnAfter(5, () => sleep(60_000, "late"), { fallback: "nothing" }), "nothing");
 * ```
 *
 * @example Whether a function that returns nothing was in time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { moveOnAfter, sleep } from "@asyncio/toolkit";
 *
 * assertEquals(await moveOnAfter(60_000, () => sleep(1), { fallback: "expired" }), undefined);
 * assertEquals(await moveOnAfter(1, () => sleep(60_000), { fallback: "expired" }), "expired");
 * ```
 *
 * @typeParam T What the function returns.
 * @typeParam F Type of the fallback.
 * @param ms Milliseconds, 0 to `Infinity`.
 * @param input The function, called with the scope that owns it; or a promise.
 * @param options `fallback`; `signal`: cancels the function when it fires; then its reason is thrown.
 * @returns What the function returns, or the fallback when it was cancelled for its time.
 * @throws {RangeError} When `ms` is negative or NaN.
 */
export function moveOnAfter<T, F = undefined>(
  ms: number,
  input: ((scope: TimeoutScope) => T | PromiseLike<T>) | PromiseLike<T>,
  options?: MoveOnOptions<F>,
): Promise<T | F>;
/**
 * Give a function so many milliseconds, one that returns now one type, now a promise of another. When they have passed it is
 * cancelled and waited for, and the result is the fallback, or `undefined`.
 *
 * @typeParam R What the function returns.
 * @typeParam F Type of the fallback.
 * @param ms Milliseconds, 0 to `Infinity`.
 * @param fn The function, called with the scope that owns it.
 * @param options `fallback`, `signal`.
 * @returns What the function returns, or the fallback when it was cancelled for its time.
 */
export function moveOnAfter<R, F = undefined>(
  ms: number,
  fn: (scope: TimeoutScope) => R,
  options?: MoveOnOptions<F>,
): Promise<Awaited<R> | F>;
export async function moveOnAfter<T>(
  ms: number,
  input: Timed<T>,
  options: MoveOnOptions<unknown> = {},
): Promise<unknown> {
  const misused = misuse([input], () => checkMs("set a timeout", ms));
  if (misused !== null) await misused;
  return await runTimed(currentScope().clock.now() + ms, input, options, ms, () => options.fallback);
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

/** A scope that cancels itself when its time has run out. */
export class DeadlineScope extends Scope implements TimerEntry {
  due = Infinity;
  order = 0;
  index = -1;
  readonly #since: number;
  #budget: number;
  #expired = false;

  /**
   * @param when The deadline, in milliseconds of the clock.
   * @param budget What the user called that, for the message.
   */
  constructor(parent: Scope, when: number, budget?: number) {
    super(parent);
    this.#since = this.clock.now();
    this.#budget = budget ?? when - this.#since;
    this.#setDue(when);
  }

  override get kind(): string {
    return "timeout";
  }

  override get deadline(): number {
    return this.due;
  }

  override get lingering(): string | null {
    return lingeringBody(this);
  }

  get expired(): boolean {
    return this.#expired;
  }

  /** Bound when it is asked for: it may be taken apart, as the signal may. */
  get reschedule(): (ms: number | null) => void {
    return (ms) => this.#reschedule(ms);
  }

  #reschedule(ms: number | null): void {
    if (ms !== null) checkMs("reschedule a timeout", ms);
    if (this.closed || this.#expired) {
      throw new InvalidStateError(
        `Cannot reschedule a timeout as its time is over: current state is ${this.closed ? "ended" : "expired"}`,
      );
    }
    this.clock.cancel(this);
    const when = ms === null ? Infinity : this.clock.now() + ms;
    this.#budget = when - this.#since;
    this.#setDue(when);
  }

  /** The time has run out. */
  fire(): void {
    // Not when it was cancelled before, by something else: then that is what ends the body.
    if (this.error !== null || this.closed) return;
    // Known before anybody is told: a listener may ask.
    this.#expired = true;
    this.cancelBecause(this.#message());
  }

  override close(): void {
    this.clock.cancel(this);
    super.close();
  }

  /** The error for the one who set the deadline; `cause` is what ended the body, when that says no more than this. */
  timeoutError(cause?: unknown): TimeoutError {
    return new TimeoutError(this.#message(), { cause });
  }

  #setDue(when: number): void {
    this.due = when;
    // A deadline that has passed needs no turn of the loop: the first checkpoint throws.
    if (when <= this.clock.now()) this.fire();
    else if (when !== Infinity) this.clock.at(this);
  }

  #message(): string {
    const budget = Number(Math.max(0, this.#budget).toFixed(1));
    const task = taskAround(this);
    return `Timed out after ${budget} ms${task === null ? "" : ` in task "${task.name}"`}`;
  }
}

/**
 * Run `fn` under a deadline. Where a cancellation that this scope caused has ended it, the result is that of
 * `onExpired`, or the reason of `signal` is thrown; anything else is thrown as it is.
 */
async function runWithDeadline<T, E>(
  scope: DeadlineScope,
  fn: Owned<T>,
  signal: AbortSignal | undefined,
  onExpired: (cause: unknown) => E,
): Promise<T | E> {
  if (signal !== undefined) scope.cancelOn(signal);
  try {
    return await runBody(scope, fn);
  } catch (error) {
    // A cancellation from further out is still on its way, whatever ran out in here.
    const outer = scope.parent!.error;
    if (outer !== null && isCancellation(error)) throw outer;
    if (scope.expired) {
      if (isStampedBy(error, scope)) return onExpired(error);
      chain(error, scope.timeoutError(), scope);
    }
    throw errorForCaller(scope, error);
  }
}

/** When the time of `scope` runs out, by its own timeout or one around it; `Infinity` for never. */
export function deadlineOf(scope: Scope): number {
  let earliest = Infinity;
  for (let each: Scope | null = scope; each !== null; each = each.parent) {
    earliest = Math.min(earliest, each.deadline);
    if (each.shielded) break;
  }
  return earliest;
}
