/** What somebody else has started: taken in to be waited for, and let go when nobody does any more. */

import { currentScope } from "./ambient.ts";
import type { Scope } from "./scope.ts";
import { Settlement } from "./settlement.ts";
import { isPlainPromise, promiseOf } from "./thenable.ts";

/**
 * Take in what somebody else has started, to be observed by code in `scope`: a plain promise of it, of which the clock is
 * told, since a virtual one cannot know what is behind it.
 */
export function observe<T>(scope: Scope, input: PromiseLike<T>): Promise<T> {
  const promise = promiseOf(input);
  if (scope.clock.doubt !== undefined) scope.clock.doubt(promise);
  return promise;
}

/**
 * Observe a promise that nobody waits for any more: its failure is reported, but is no unhandled rejection. Any other thenable
 * is left alone, since it may begin only when it is subscribed to.
 *
 * @param winner The error that was thrown instead; that of the scope unless given.
 * @param scope Where it was waited for. Must be given by code that a cancellation calls, since that runs in the scope of
 * whatever cancelled it.
 */
export function letGo(promise: unknown, winner?: unknown, scope: Scope = currentScope()): void {
  if (isPlainPromise(promise)) Settlement.of(promise).leaveTo(scope.root, winner ?? scope.error);
}
