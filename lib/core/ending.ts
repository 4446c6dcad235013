/**
 * The end of an owned function, in one place: what it has started ends with it. Whoever runs functions, a task, a group, a
 * timeout, a loop, a worker's host, comes here when one has returned or thrown.
 */

import type { Scope } from "./scope.ts";

/**
 * End what a function has left behind in `scope`, and call `end` once nothing is left: cancel it, and wait for it. What
 * comes meanwhile, started by a callback or by cleanup, is ended as well; a shield is waited for as it is.
 *
 * `end` is called at once where nothing was left, and else in the very microtask that found nothing: what closes the scope
 * in there can be sure that nothing has come since.
 *
 * @param why What those see that are cancelled; `null` waits for them without.
 */
export function seeToEnd(scope: Scope, end: () => void, why: string | null = hasEnded(scope)): void {
  if (scope.firstChild === null) return end();
  if (why !== null) scope.cancelChildren(why);
  // By a promise, so that `end` runs as part of the code that asked, whichever child is the last.
  new Promise<void>((resolve) => scope.whenEmpty(resolve)).then(() => seeToEnd(scope, end, why));
}

/**
 * {@linkcode seeToEnd} for code that awaits. A hot path asks first whether there is a child at all: it is the promise here
 * that costs, as much as all the rest of a small task.
 */
export function seenToEnd(scope: Scope, end: () => void, why?: string | null): Promise<void> {
  return new Promise((resolve) =>
    seeToEnd(scope, () => {
      end();
      resolve();
    }, why)
  );
}

function hasEnded(scope: Scope): string {
  return `Cancelled as the function that started it, in "${scope.name}", has ended`;
}
