import type { Scope } from "./scope.ts";

/**
 * End what a function has left behind in `scope`, once the function itself has ended: cancel it, and wait for it. What
 * comes meanwhile (started by a callback, by cleanup) is ended as well; a shield is waited for as it is. When this
 * settles nothing is left, and the scope can be closed.
 */
export async function endLeftovers(
  scope: Scope,
  why: string = `Cancelled as the function that started it, in "${scope.name}", has ended`,
): Promise<void> {
  while (scope.firstChild !== null) {
    scope.cancelChildren(why);
    await new Promise<void>((resolve) => scope.whenEmpty(resolve));
  }
}
