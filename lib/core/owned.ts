/**
 * A function that the toolkit owns, from its call to its end, in one place: how it is called, what its error is, and that
 * what it has started ends with it. Whoever runs functions, a task, a group, a timeout, a loop, a worker's host, comes here.
 */

import { CancelledError, isCancelled, TaskGroupError } from "../errors.ts";
import { hasBeenChained } from "./linked_errors.ts";
import type { Scope } from "./scope.ts";

/** How many functions may be started from within each other, before any has waited, until the stack is looked after. */
const DEEP = 50;

/**
 * What must fit on the stack: 64 KiB as arguments of a call, several times what the toolkit needs to start a function, and to
 * end one that could not be. Frames of a recursion would be smaller once they are compiled.
 */
const RESERVE = new Array<undefined>(8_192).fill(undefined);

let depth = 0;

/**
 * Call `fn`, which the toolkit owns, with `scope`. A recursion without end fails here, with the `RangeError` of the platform
 * and while there is room to deal with that: one that came in the middle of the toolkit's own work would leave scopes open,
 * and those around them would wait for ever.
 */
export function callOwned<S, R>(fn: (scope: S) => R, scope: S): R {
  depth++;
  try {
    if (depth > DEEP) reserve(...RESERVE);
    return fn(scope);
  } finally {
    depth--;
  }
}

const reserve: (...room: undefined[]) => void = () => {};

/**
 * End what a function has left behind in `scope`, and call `end` once nothing is left: cancel it, and wait for it. What
 * comes meanwhile, started by a callback or by cleanup, is ended as well; a shield is waited for as it is.
 *
 * `end` is called at once where nothing was left, and else in the very microtask that found nothing: what closes the scope
 * in there can be sure that nothing has come since.
 *
 * @param why What those see that are cancelled; `null` waits for them without.
 */
export function endChildrenThen(scope: Scope, end: () => void, why?: string | null): void {
  if (scope.firstChild === null) end();
  else cancelThenWait(scope, end, why === undefined ? hasEnded(scope) : why);
}

/** A cold path with closures, and a text: most often there is no child. */
function cancelThenWait(scope: Scope, end: () => void, why: string | null): void {
  if (why !== null) scope.cancelChildren(why);
  // By a promise, so that `end` runs as part of the code that asked, whichever child is the last.
  new Promise<void>((resolve) => scope.whenEmpty(resolve)).then(() => endChildrenThen(scope, end, why));
}

/**
 * The same as {@linkcode endChildrenThen}, for code that awaits. A hot path asks first whether there is a child at all: it is
 * the promise here that costs, as much as all the rest of a small task.
 */
export function childrenEnded(scope: Scope, end: () => void, why?: string | null): Promise<void> {
  return new Promise((resolve) =>
    endChildrenThen(scope, () => {
      end();
      resolve();
    }, why)
  );
}

function hasEnded(scope: Scope): string {
  return `Cancelled as the function that started it, in "${scope.name}", has ended`;
}

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

/** Whether `error` is what the signal of `scope` has brought about: its cancellation, whatever a library makes of it. */
export function isOwnAbort(scope: Scope, error: unknown): boolean {
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
