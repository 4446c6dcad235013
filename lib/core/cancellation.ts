import { CancelledError, isCancellation, isStampedBy, stamp, type Stopped } from "../errors.ts";

/** Make the error of one cancellation, stamped by `source`. */
export function cancellation(message: string, source: object, reason?: unknown): CancelledError {
  calmCancellations();
  const error = new CancelledError(message, { reason });
  stamp(error, source);
  return error;
}

/**
 * The error for the code that started `scope`, where that has ended with `error`: if the signal that was given to the scope
 * has cancelled it, the signal's reason. The caller knows the signal, and nothing of the scope.
 */
export function errorForCaller(scope: Abortable, error: unknown): unknown {
  return scope.abortedBySignal && isStampedBy(error, scope) ? scope.error!.reason : error;
}

interface Abortable {
  readonly error: CancelledError | null;
  readonly abortedBySignal: boolean;
}

const WORST: readonly Stopped[] = ["cooperative", "terminated", "killed", "abandoned"];

/** A cancellation is one error for all it reaches: it says what was worst. */
export function noteStopped(error: object, stopped: Stopped): void {
  const before = (error as { stopped?: Stopped }).stopped;
  if (before !== undefined && WORST.indexOf(before) >= WORST.indexOf(stopped)) return;
  Object.defineProperty(error, "stopped", { value: stopped, configurable: true });
}

let calm = false;

/** Whether a rejection is the work of a cancellation for another reason than its class. */
let isCalmToo: (reason: unknown) => boolean = () => false;

/** Have what `test` recognises calmed as well. It is asked in the context of the code whose promise was rejected. */
export function calmAlso(test: (reason: unknown) => boolean): void {
  isCalmToo = test;
}

/**
 * See to it that a cancellation is never an unhandled rejection: it would end the program in the middle of its cleanup.
 *
 * Where `const a = load(); const b = load(); await a; await b;` is cancelled, nobody gets to await `b`. Only a listener sees
 * the promises of functions that know nothing of this toolkit. It is there from the first cancellation on, since importing
 * the toolkit must change nothing. Those that are added later, such as one that reports errors, are told nothing of it. One
 * that was there before is: the platform tells listeners of its global object in the order of their coming, capturing or not.
 */
function calmCancellations(): void {
  if (calm) return;
  calm = true;
  addEventListener("unhandledrejection", (event) => {
    if (!isCancellation(event.reason) && !isCalmToo(event.reason)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
}
