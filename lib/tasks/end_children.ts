import type { Scope } from "../core/scope.ts";

/**
 * End what a function has left behind in its scope: cancel it and wait for it. A shield that was left behind is waited
 * for as it is. More may have come by the time that the caller goes on, so ask again before closing the scope.
 */
export function endChildren(
  scope: Scope,
  why: string = `Cancelled as the function that started it, in "${scope.name}", has ended`,
): Promise<void> {
  scope.cancelChildren(why);
  return childrenEnded(scope);
}

/** Wait until no child is left in `scope`. The same holds. */
export function childrenEnded(scope: Scope): Promise<void> {
  return new Promise((resolve) => scope.whenEmpty(resolve));
}
