import { CancelledError, isCancellation } from "../errors.ts";

/** Make the error of one cancellation, stamped by `source`. */
export function cancellation(message: string, source: object, reason?: unknown): CancelledError {
  calmCancellations();
  return new CancelledError(message, { reason, source });
}

let calm = false;

/**
 * See to it that a cancellation is never an unhandled rejection: it would end the program in the middle of its cleanup.
 *
 * Where `const a = load(); const b = load(); await a; await b;` is cancelled, nobody gets to await `b`. Only a listener sees
 * the promises of functions that know nothing of this toolkit. It is there from the first cancellation on, since importing
 * the toolkit must change nothing.
 */
function calmCancellations(): void {
  if (calm) return;
  calm = true;
  addEventListener("unhandledrejection", (event) => {
    if (isCancellation(event.reason)) event.preventDefault();
  });
}
