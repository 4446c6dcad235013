import { isCancellation, setCause } from "../errors.ts";
import { isError } from "./inspect.ts";
import { isObject, suppress } from "./linked_errors.ts";
import type { Scope } from "./scope.ts";

/** How long a chain of causes may be for another to be hung on it. */
const LONGEST_CHAIN = 100;

/** In which scope each cause was hung on its error; weak, since an error may be shared by all of a program. */
const hungIn = new WeakMap<object, WeakRef<Scope>>();

/**
 * Hang `cause` at the end of the chain of causes of `error`: what Python does with `__context__`. Not where the two chains
 * meet already, since a chain must not become a circle. What cannot be changed keeps it as a suppressed one, unless it is a
 * cancellation: those explain an error, and are none.
 *
 * On its way out an error may collect a cause in one scope, then in another around it. One that was thrown before, on
 * another way, is an object that is shared by several: that would collect them without end, and is left as it is.
 */
export function chain(error: unknown, cause: unknown, scope: Scope): void {
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
function isFromElsewhere(error: unknown, scope: Scope): boolean {
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
