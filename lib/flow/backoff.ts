/** How long to wait after failures that come one after the other: longer each time, and by chance. */

import { inspectBriefly } from "../core/checks.ts";

/** How long to wait after a failure; each after the next is longer. */
export interface BackoffOptions {
  /**
   * The wait after the first failure, in milliseconds, before `jitter`.
   *
   * @default 1000
   */
  minDelay?: number | undefined;
  /**
   * The longest wait, in milliseconds.
   *
   * @default 60000
   */
  maxDelay?: number | undefined;
  /**
   * What the wait is multiplied by after each further failure, from 1.
   *
   * @default 2
   */
  factor?: number | undefined;
  /**
   * How much of each wait is left to chance, from 0 to 1: with 1 ("full jitter") it is any time between none and the whole,
   * so that many who have failed together do not come again together.
   *
   * @default 1
   */
  jitter?: number | undefined;
}

/** The longest wait, in milliseconds. */
export function longestDelay({ minDelay = 1_000, maxDelay = Math.max(60_000, minDelay) }: BackoffOptions): number {
  return maxDelay;
}

/** How long to wait, in milliseconds, after so many failures in a row, from 1. */
export function backoffDelay(failures: number, options: BackoffOptions): number {
  const { minDelay = 1_000, factor = 2, jitter = 1 } = options;
  // The power may be beyond all numbers.
  const delay = minDelay === 0 ? 0 : Math.min(minDelay * factor ** (failures - 1), longestDelay(options));
  return jitter === 0 ? delay : delay * (1 - jitter * Math.random());
}

/** @throws {TypeError | RangeError} When an option makes no sense. */
export function checkBackoff(verb: string, options: BackoffOptions): void {
  const { minDelay = 0, maxDelay = Infinity, factor = 1, jitter = 0 } = options;
  checkWithin(verb, "minDelay", minDelay, 0, Number.MAX_VALUE);
  checkWithin(verb, "maxDelay", maxDelay, 0, Infinity);
  if (minDelay > maxDelay) {
    throw new RangeError(
      `Cannot ${verb} as minDelay must be at most maxDelay, ${maxDelay} ms: current value is ${minDelay}`,
    );
  }
  checkWithin(verb, "factor", factor, 1, Number.MAX_VALUE);
  checkWithin(verb, "jitter", jitter, 0, 1);
}

function checkWithin(verb: string, what: string, value: unknown, least: number, most: number): void {
  if (typeof value === "number" && value >= least && value <= most) return;
  const range = most === 1 ? `from ${least} to 1` : `from ${least}`;
  throw new (typeof value === "number" ? RangeError : TypeError)(
    `Cannot ${verb} as ${what} must be a number ${range}: current value is ${inspectBriefly(value)}`,
  );
}
