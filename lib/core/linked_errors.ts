/**
 * How one error carries another. No error is ever lost: where two compete for one `throw`, the second stays reachable from
 * the first, as its `cause` or as one of its suppressed errors.
 */

import { isCancellation, isError, isInstance, setCause } from "../errors.ts";

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

/** How long a chain of causes may be for another to be hung on it. */
const LONGEST_CHAIN = 100;

/** A scope, as far as it matters here. */
interface Place {
  contains(other: Place): boolean;
}

/** In which scope each cause was hung on its error; weak, since an error may be shared by all of a program. */
const hungIn = new WeakMap<object, WeakRef<Place>>();

/**
 * Hang `cause` at the end of the chain of causes of `error`: what Python does with `__context__`. Not where the two chains
 * meet already, since a chain must not become a circle. What cannot be changed keeps it as a suppressed one, unless it is a
 * cancellation: those explain an error, and are none.
 *
 * On its way out an error may collect a cause in one scope, then in another around it. One that was thrown before, on
 * another way, is an object that is shared by several: that would collect them without end, and is left as it is.
 */
export function chain(error: unknown, cause: unknown, scope: Place): void {
  const chained = causesOf(error);
  if (chained === null) return;
  if (causesOf(cause)?.some((each) => chained.includes(each))) return;
  if (chained.length > LONGEST_CHAIN || chained.some((each) => isFromElsewhere(each, scope))) return;
  const last = chained.at(-1);
  if (canCarry(last) && setCause(last, cause)) hungIn.set(last, new WeakRef(scope));
  else if (!isCancellation(cause)) suppress(error, cause);
}

/** Whether `error` was given its cause here. */
export function hasBeenChained(error: object): boolean {
  return hungIn.has(error);
}

function canCarry(error: unknown): error is Error {
  try {
    return isError(error) && Object.isExtensible(error);
  } catch {
    return false;
  }
}

/** Whether `error` was given its cause outside of `scope`. */
function isFromElsewhere(error: unknown, scope: Place): boolean {
  const hung = isObject(error) ? hungIn.get(error) : undefined;
  if (hung === undefined) return false;
  const where = hung.deref();
  return where === undefined || !scope.contains(where);
}

/** `error`, its cause, the cause of that, and so on; `null` when one of them does not let itself be read. */
function causesOf(error: unknown): unknown[] | null {
  const causes = [error];
  try {
    for (let each = error; isError(each) && each.cause !== undefined; each = each.cause) {
      if (causes.includes(each.cause)) break;
      causes.push(each.cause);
      if (causes.length > LONGEST_CHAIN) break;
    }
  } catch {
    return null;
  }
  return causes;
}

/** Whether it has an identity: what can be a key of a weak map. */
export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
