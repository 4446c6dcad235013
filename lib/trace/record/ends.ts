import type { ScopeView } from "../../core/instrument.ts";
import { isStampedBy } from "../../errors.ts";
import { DeadlineScope } from "../../tasks/timeout.ts";
import { TaskScope } from "../../tasks/task_scope.ts";
import type { SpanState } from "./recorded.ts";

/** How a scope that is about to close has ended. */
export function stateOf(scope: ScopeView): SpanState {
  if (scope instanceof TaskScope) {
    const { state } = scope;
    return state === "done" || state === "failed" || state === "cancelled" ? state : "running";
  }
  if (scope instanceof DeadlineScope && scope.expired) return "timedOut";
  if (scope.error === null) return "done";
  return ownFailure(scope) === undefined ? "cancelled" : "failed";
}

/** What it failed with, in a line, or `null`. */
export function errorOf(scope: ScopeView): string | null {
  const failure = scope instanceof TaskScope ? scope.state === "failed" ? scope.failure : undefined : ownFailure(scope);
  return failure === undefined ? null : inOneLine(failure);
}

/** A gather or group cancels itself when something in it has failed, and has that as the reason. */
function ownFailure(scope: ScopeView): unknown {
  const { error } = scope;
  return error !== null && error.reason instanceof Error && isStampedBy(error, scope) ? error.reason : undefined;
}

/** The longest that the text of an error gets. */
const LONGEST = 200;

function inOneLine(error: unknown): string {
  try {
    const text = String(error).split("\n")[0]!;
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  } catch {
    // Nothing that was thrown can be trusted to have a text.
    return "an error without a text";
  }
}
