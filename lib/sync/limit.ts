import { checkCount, checkFunction } from "../core/checks.ts";
import { RateLimiter, type RateLimiterOptions } from "./rate_limiter.ts";
import { Semaphore } from "./semaphore.ts";

/** Options of {@linkcode limit}: at least one of them. */
export interface LimitOptions {
  /** How many calls may run at a time, a whole number from 1. */
  concurrency?: number | undefined;
  /** How many calls may begin in a stretch of time: `{ limit, per, burst }`, or a `RateLimiter` that others share. */
  rate?: RateLimiter | RateLimiterOptions | undefined;
}

/**
 * Wrap a function, so that its calls wait until they may run: so many at a time, so many in a stretch of time, or both. First
 * come, first served. A call that waits is a wait of the code that has made it, and ends with that; one that runs is owned: it
 * ends after all that it has started.
 *
 * @example Two at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gather, limit, sleep } from "@asyncio/toolkit";
 *
 * let running = 0;
 * let most = 0;
 * const load = limit(async (page: number) => {
 *   most = Math.max(most, ++running);
 *   await sleep(1);
 *   running--;
 *   return `page ${page}`;
 * }, { concurrency: 2, rate: { limit: 1_000, per: 1_000 } });
 *
 * assertEquals(await gather(load(1), load(2), load(3)), ["page 1", "page 2", "page 3"]);
 * assertEquals(most, 2);
 * ```
 *
 * @typeParam A Its arguments.
 * @typeParam R What it returns.
 * @param fn The function.
 * @param options `concurrency`, `rate`.
 * @returns A function with the same arguments, which gives a promise.
 * @throws {TypeError} When `fn` is no function, or nothing limits it.
 * @throws {RangeError} When a number is out of its range.
 */
export function limit<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: LimitOptions,
): (...args: A) => Promise<Awaited<R>> {
  checkFunction("limit", fn);
  const { concurrency, rate } = options;
  if (concurrency === undefined && rate === undefined) {
    throw new TypeError("Cannot limit a function as concurrency or rate is needed: current value is neither");
  }
  const limiter = rate === undefined || rate instanceof RateLimiter ? rate : new RateLimiter(rate);
  const withArguments = (args: A) => () => fn(...args) as Awaited<R>;
  if (concurrency === undefined) return (...args) => limiter!.run(withArguments(args));
  checkCount("limit a function", "concurrency", concurrency);
  const slots = new Semaphore(concurrency);
  if (limiter === undefined) return (...args) => slots.run(withArguments(args));
  // In this order, so that no turn is used up by a call that cannot begin yet.
  return (...args) => slots.run(() => limiter.run(withArguments(args)));
}
