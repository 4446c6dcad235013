import type { Scope, Waiting } from "../core/scope.ts";

/**
 * The waits that everything below `root` is blocked in, or `null` when something is not: code that awaits a promise
 * which the toolkit does not know of looks as if it ran.
 */
export function blockedWaits(root: Scope): Waiting[] | null {
  const waits: Waiting[] = [];
  const stack: Scope[] = [root];
  for (let scope = stack.pop(); scope !== undefined; scope = stack.pop()) {
    if (scope.firstWaiting === null && scope.firstChild === null) return null;
    for (let wait = scope.firstWaiting; wait !== null; wait = wait.after) waits.push(wait);
    for (let child = scope.firstChild; child !== null; child = child.nextSibling) stack.push(child);
  }
  return waits;
}
