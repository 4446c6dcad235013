import type { Scope } from "../core/scope.ts";

/**
 * End what a function has left behind in its scope: cancel it and wait for it. A shield that was left behind is waited
 * for as it is.
 */
export function endChildren(
  scope: Scope,
  why: string = `Cancelled as the function that started it, in "${scope.name}", has ended`,
): Promise<void> {
  scope.cancelChildren(why);
  return childrenEnded(scope);
}

/** Wait until no child is left in `scope`. */
export async function childrenEnded(scope: Scope): Promise<void> {
  // Again after each waking: one may have come in between.
  while (scope.firstChild !== null) await new Promise<void>((resolve) => scope.whenEmpty(resolve));
}
