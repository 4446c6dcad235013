import type { ScopeView, WaitView } from "../../core/instrument.ts";
import { isStampedBy } from "../../errors.ts";
import { Getting, Joining, Pulling, Putting } from "../../sync/queue_waiters.ts";
import { QueuedWaiter } from "../../sync/wait_queue.ts";
import { DeadlineScope } from "../../tasks/deadline_scope.ts";
import { TaskScope } from "../../tasks/task_scope.ts";
import type { SpanState, WaitKind } from "./recorded.ts";

/** By the words that a wait describes itself with; the first that matches counts. */
const KINDS: readonly (readonly [RegExp, WaitKind])[] = [
  [/^sleep\b/, "sleep"],
  [/^its next turn/, "turn"],
  [/^worker\b|worker's/, "worker"],
  [/^(the next result|room for)/, "queue"],
  [/^(gather|race|\d+ of \d+ tasks|a task|task|the end of a loop|the next task)\b/, "task"],
  [/^its turn at|fetch|https?:|network|download|connect|response/i, "network"],
  [/promise/, "promise"],
];

/** Tell whether a wait is for a queue, or for a lock or one of its kind; `null` for others. */
export function coordinationOf(wait: WaitView): "sync" | "queue" | null {
  // By class, since users give them any name they like.
  if (!(wait instanceof QueuedWaiter)) return null;
  return [Getting, Pulling, Putting, Joining].some((kind) => wait instanceof kind) ? "queue" : "sync";
}

/** Sort any other wait, by what it says that it waits for. */
export function waitKindOf(what: string): WaitKind {
  return KINDS.find(([pattern]) => pattern.test(what))?.[1] ?? "other";
}

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
