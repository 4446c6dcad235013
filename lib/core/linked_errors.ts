/**
 * How one error carries another. No error is ever lost: where two compete for one `throw`, the second stays reachable from
 * the first, as its `cause` or as one of its suppressed errors.
 */

import { isInstance } from "../errors.ts";

/**
 * List every single error inside `error`: the members of `AggregateError`s (a `TaskGroupError` is one),
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
    const inner: unknown[] = isInstance(AggregateError, current)
      ? [...current.errors]
      : isInstance(SuppressedError, current)
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

/** Whether it has an identity: what can be a key of a weak map. */
export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
