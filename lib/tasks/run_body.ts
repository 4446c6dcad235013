import { runInScope } from "../core/ambient.ts";
import { isThenable } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { callOwned, outcomeOf, seenToEnd } from "../core/owned.ts";
import type { Scope } from "../core/scope.ts";
import { nextTurn } from "../core/turn.ts";
import { judgeUnseen, type Thrown } from "../core/unseen.ts";
import type { Owned } from "./cancel_scope.ts";

/** Run `fn` in `scope` and see it to its end: when this settles, nothing that it started is left. */
export async function runBody<T>(scope: Scope, fn: Owned<T>): Promise<T> {
  let thrown: Thrown | null = null;
  try {
    const result = runInScope(scope, callOwned<Scope, T | PromiseLike<T>>, fn, scope);
    return isThenable(result) ? await result : result;
  } catch (error) {
    thrown = { error: outcomeOf(scope, error) };
    throw thrown.error;
  } finally {
    if (scope.firstChild === null) close(scope, thrown);
    else await closeAtLast(scope, thrown);
    if (turnDue(scope.clock)) await nextTurn();
  }
}

/** Apart: a function that may make a closure costs more also when it makes none. */
function closeAtLast(scope: Scope, thrown: Thrown | null): Promise<void> {
  return seenToEnd(scope, () => close(scope, thrown));
}

function close(scope: Scope, thrown: Thrown | null): void {
  judgeUnseen(scope, thrown);
  scope.close();
}
