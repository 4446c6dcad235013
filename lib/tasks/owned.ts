import { runInScope } from "../core/ambient.ts";
import { isThenable } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { handOn } from "../core/held.ts";
import type { Thrown } from "../core/outcome.ts";
import { callOwned, childrenEnded, outcomeOf } from "../core/owned.ts";
import type { Scope } from "../core/scope.ts";
import { nextTurn } from "../core/turn.ts";
import { judgeUnawaited } from "../core/unawaited.ts";
import { taskAround } from "./task_scope.ts";

/**
 * What a function handed to the toolkit receives: the scope that owns it. Pass its `signal` to whatever takes one.
 *
 * @example The idiom for what takes a signal
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { once } from "node:events";
 * import { timeout, TimeoutError } from "@asyncio/toolkit";
 *
 * const target = new EventTarget();
 * await assertRejects(() => timeout(20, ({ signal }) => once(target, "message", { signal })), TimeoutError);
 * ```
 */
export interface CancelScope {
  /** The name of the task, or of the scope. */
  readonly name: string;
  /** Fires when the scope is cancelled; its `reason` is the `CancelledError`. Made on first use. */
  readonly signal: AbortSignal;
  /** When the scope's own time runs out, in milliseconds of its clock; `Infinity` when it has none. */
  readonly deadline: number;
}

/** A function that the toolkit starts and owns. */
export type Owned<T> = (scope: CancelScope) => T | PromiseLike<T>;

/** Run `fn` in `scope` and see it to its end: when this settles, nothing that it started is left. */
export async function runBody<T>(scope: Scope, fn: Owned<T>): Promise<T> {
  let thrown: Thrown | null = null;
  let value: T | undefined;
  try {
    const result = runInScope(scope, callOwned<Scope, T | PromiseLike<T>>, fn, scope);
    return value = isThenable(result) ? await result : result;
  } catch (error) {
    thrown = { error: outcomeOf(scope, error) };
    throw thrown.error;
  } finally {
    if (scope.firstChild === null) close(scope, thrown, value);
    else await closeAtLast(scope, thrown, value);
    if (turnDue(scope.clock)) await nextTurn();
  }
}

/** A cold path with a closure. */
function closeAtLast(scope: Scope, thrown: Thrown | null, value: unknown): Promise<void> {
  return childrenEnded(scope, () => close(scope, thrown, value));
}

function close(scope: Scope, thrown: Thrown | null, value: unknown): void {
  if (thrown === null) handOn(scope, value);
  judgeUnawaited(scope, thrown);
  scope.close();
}

/**
 * How the report of what lingers names the function that runs in `scope`, which is no task: a timeout, a group. `null` when
 * it has not been cancelled, or when it is named already: by what it has started, or by the task around it.
 */
export function lingeringBody(scope: Scope): string | null {
  if (scope.error === null || scope.closed || scope.firstChild !== null) return null;
  const task = taskAround(scope);
  if (task === null) return `The function of ${scope.name}`;
  return task.lingering === null ? `The function of ${scope.name} in task "${task.name}"` : null;
}
