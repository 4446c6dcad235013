/** What the signal of a scope has brought about is the cancellation of that scope, whatever a library makes of it. */

import { CancelledError, isCancelled, TaskGroupError } from "../errors.ts";
import { currentScope } from "./ambient.ts";
import { calmAlso } from "./cancellation.ts";
import { hasBeenChained } from "./chain.ts";
import type { Scope } from "./scope.ts";

/** How libraries name an operation that a signal has stopped. */
const NAMES = new Set(["AbortError", "AbortedError", "CancelError", "CanceledError", "CancelledError"]);
const CODES = new Set<unknown>(["ABORT_ERR", "ERR_ABORTED", "ERR_CANCELED", "UND_ERR_ABORTED", DOMException.ABORT_ERR]);

/** How deep an error may have been wrapped. */
const DEEPEST = 10;

/**
 * The error that a function of `scope` ends with, where it has thrown `error`. It is the scope's own if that is cancelled,
 * has handed out its signal, and what was thrown says that something was aborted: that is enough to know. Asked wherever a
 * function that the toolkit owns has failed, so that all of them judge alike.
 */
export function outcomeOf(scope: Scope, error: unknown): unknown {
  return scope.error !== null && isOwnAbort(scope, error) ? scope.error : error;
}

function isOwnAbort(scope: Scope, error: unknown): boolean {
  // A cancellation that is not wrapped tells by itself whose it is.
  if (scope.error === null || isCancelled(error) || !isSignalOut(scope)) return false;
  try {
    return saysAborted(error, DEEPEST);
  } catch {
    // An error that cannot be read is left as it is.
    return false;
  }
}

/** Whether code has the signal of `scope`, or one further out that fired with the same cancellation. */
function isSignalOut(scope: Scope): boolean {
  for (let each: Scope | null = scope; each !== null && each.error === scope.error; each = each.parent) {
    if (each.hasSignal) return true;
  }
  return false;
}

function saysAborted(error: unknown, depth: number): boolean {
  if (error instanceof CancelledError) return true;
  if (typeof error !== "object" || error === null || depth === 0) return false;
  if (error instanceof SuppressedError) {
    return saysAborted(error.error, depth - 1) && saysAborted(error.suppressed, depth - 1);
  }
  // A group fails for a reason of its own.
  if (error instanceof TaskGroupError) return false;
  if (error instanceof AggregateError) {
    return error.errors.length > 0 && error.errors.every((each) => saysAborted(each, depth - 1));
  }
  const { name, code, cause } = error as { name?: unknown; code?: unknown; cause?: unknown };
  if (NAMES.has(String(name)) || CODES.has(code)) return true;
  // Not where it was hung there by the toolkit, to tell what a failure of its own was on its way out of.
  return !hasBeenChained(error) && saysAborted(cause, depth - 1);
}

calmAlso((reason) => isOwnAbort(currentScope(), reason));
