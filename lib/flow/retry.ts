import { isCancellation, isInstance } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { errorForCaller } from "../core/cancellation.ts";
import { checkCount, checkFunction } from "../core/checks.ts";
import { isObject, suppress } from "../core/linked_errors.ts";
import { Scope } from "../core/scope.ts";
import { refusal, type WaitOptions } from "../core/waiter.ts";
import { misuse } from "../tasks/inputs.ts";
import { type CancelScope, lingeringBody, type Owned, runBody } from "../tasks/owned.ts";
import { sleep } from "../tasks/sleep.ts";
import { deadlineOf } from "../tasks/timeout.ts";
import { backoffDelay, type BackoffOptions, checkBackoff, longestDelay } from "./backoff.ts";
import { waitAskedFor } from "./retry_after.ts";

/** Options of {@linkcode retry}. */
export interface RetryOptions extends WaitOptions, BackoffOptions {
  /**
   * How often the function is called at most, from 1; `Infinity` for as long as it takes.
   *
   * @default 5
   */
  attempts?: number | undefined;
  /**
   * The longest wait, in milliseconds. An error that asks for a longer one is thrown at once.
   *
   * @default 60000
   */
  maxDelay?: number | undefined;
  /**
   * Whether to try again after this failure; may be `async`. Asked after each but that of the last attempt.
   *
   * @default every error but an `AbortError`, which says that somebody has stopped the work
   */
  when?: ((error: unknown, attempt: number) => boolean | PromiseLike<boolean>) | undefined;
  /** Told of a failure after which there will be another attempt, and of the wait before that, in milliseconds; may be `async`. */
  onRetry?: ((error: unknown, attempt: number, delay: number) => unknown) | undefined;
}

/**
 * Call a function until it succeeds, and wait a while after each failure: longer each time, and by chance. The defaults are
 * those of `retry` of `@std/async`.
 *
 * - A cancellation passes at once, whether the function or the wait is cancelled, and is never counted as a failure.
 * - No wait begins that would outlast the deadline around it (`timeout`): the last error is thrown at once.
 * - Each call is owned: what it has started has ended before the wait begins.
 * - An error may say how long to wait. Its `retryAfter`, in milliseconds, is taken instead of the delay; or else the
 *   `Retry-After` of `headers`, those of the error, of its `response` or of its `cause`. An answer may be thrown as it is.
 * - The last error is thrown as it is; `flattenErrors` finds those before it (a hundred, if there were more), also when it is
 *   a cancellation that ends the attempts.
 *
 * @example A server that has to be asked twice
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { retry } from "@asyncio/toolkit";
 *
 * let calls = 0;
 * async function ask() {
 *   if (++calls < 2) throw new Error("busy");
 *   return await Promise.resolve("an answer");
 * }
 * assertEquals(await retry(ask, { attempts: 3, minDelay: 5 }), "an answer");
 * assertEquals(calls, 2);
 * ```
 *
 * @example Only what may pass, and no longer than a minute
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { retry, timeout } from "@asyncio/toolkit";
 *
 * let calls = 0;
 * function load(): never {
 *   calls++;
 *   throw new RangeError("no such page");
 * }
 * await assertRejects(
 *   () => timeout(60_000, () => retry(load, { when: (error) => !(error instanceof RangeError) })),
 *   RangeError,
 * );
 * assertEquals(calls, 1);
 * ```
 *
 * @typeParam T What the function returns.
 * @param fn The function, called with the scope that owns it.
 * @param options How often, how soon, after which errors.
 * @returns What the function returns.
 * @throws The last error.
 * @throws {CancelledError} When the calling task is cancelled.
 * @throws {TypeError | RangeError} When an option makes no sense.
 */
export function retry<T>(fn: Owned<T>, options?: RetryOptions): Promise<T>;
/**
 * Call a function until it succeeds, one that returns now one type, now a promise of another. After each failure it waits a
 * while: longer each time, and by chance.
 *
 * @typeParam R What the function returns.
 * @param fn The function, called with the scope that owns it.
 * @param options How often, how soon, after which errors.
 * @returns What the function returns.
 */
export function retry<R>(fn: (scope: CancelScope) => R, options?: RetryOptions): Promise<Awaited<R>>;
export async function retry<T>(fn: Owned<T>, options: RetryOptions = {}): Promise<T> {
  const misused = misuse([fn], () => check(fn, options));
  if (misused !== null) await misused;
  const scope = currentScope();
  const refused = refusal(scope, options.signal);
  if (refused !== null) await refused;
  return await tryAgain(scope, fn, options);
}

async function tryAgain<T>(parent: Scope, fn: Owned<T>, options: RetryOptions): Promise<T> {
  const { attempts = 5, when = mayPass, onRetry, signal } = options;
  const failures: unknown[] = [];
  try {
    for (let attempt = 1;; attempt++) {
      const scope = new AttemptScope(parent);
      if (signal !== undefined) scope.cancelOn(signal);
      try {
        return await runBody(scope, fn);
      } catch (error) {
        if (scope.error !== null || isCancellation(error)) throw errorForCaller(scope, error);
        if (attempt >= attempts) throw error;
        note(failures, error);
        if (!await when(error, attempt)) throw error;
        const delay = delayAfter(error, attempt, options);
        if (delay === null || parent.clock.now() + delay >= deadlineOf(parent)) throw error;
        await onRetry?.(error, attempt, delay);
        await sleep(delay, undefined, { signal });
      }
    }
  } catch (error) {
    for (const failure of failures) suppress(error, failure);
    throw error;
  }
}

/** The scope of one attempt. */
class AttemptScope extends Scope {
  override get kind(): string {
    return "attempt";
  }

  override get lingering(): string | null {
    return lingeringBody(this);
  }
}

/** Somebody may try for years: what failed long ago is of no interest by then. */
const MOST_KEPT = 100;

/** Keep `error` with those before it, to be reachable from the one that is thrown in the end. */
export function note(failures: unknown[], error: unknown): void {
  if (failures.length === MOST_KEPT) failures.shift();
  failures.push(error);
}

/** How long to wait, in milliseconds; `null` when the error asks for longer than one wants to wait. */
function delayAfter(error: unknown, attempt: number, options: RetryOptions): number | null {
  const asked = askedFor(error);
  if (asked === undefined) return backoffDelay(attempt, options);
  return asked <= longestDelay(options) ? asked : null;
}

/** How long an error says to wait, in milliseconds, if it says so. */
function askedFor(error: unknown): number | undefined {
  if (!isObject(error)) return undefined;
  try {
    const { retryAfter, response, cause } = error as { retryAfter?: unknown; response?: unknown; cause?: unknown };
    if (typeof retryAfter === "number" && retryAfter >= 0) return retryAfter;
    return askedByHeaders(error) ?? askedByHeaders(response) ?? askedByHeaders(cause);
  } catch {
    // An error that cannot be read says nothing.
    return undefined;
  }
}

function askedByHeaders(answer: unknown): number | undefined {
  const { headers } = isObject(answer) ? answer as { headers?: unknown } : {};
  return headers instanceof Headers ? waitAskedFor(headers) : undefined;
}

function mayPass(error: unknown): boolean {
  return !(isInstance(DOMException, error) && error.name === "AbortError");
}

/** @throws {TypeError | RangeError} When an argument makes no sense. */
function check(fn: unknown, options: RetryOptions): void {
  checkFunction("retry", fn);
  const { attempts = 1, when, onRetry } = options;
  checkCount("retry", "attempts", attempts);
  checkBackoff("retry", options);
  if (when !== undefined) checkFunction("retry by when", when);
  if (onRetry !== undefined) checkFunction("retry with onRetry", onRetry);
}
