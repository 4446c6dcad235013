import type { Scope } from "../core/scope.ts";
import { TaskScope } from "./task_scope.ts";

/** The innermost task that `scope` is in, or is; `null` outside of all tasks. */
export function taskAround(scope: Scope): TaskScope | null {
  for (let each: Scope | null = scope; each !== null; each = each.parent) if (each instanceof TaskScope) return each;
  return null;
}

/**
 * Whom something acquired in `scope` belongs to: the innermost task, so that the timeouts and groups in it make no
 * difference; outside of all tasks, the root.
 */
export function ownerOf(scope: Scope): Scope {
  while (!(scope instanceof TaskScope) && scope.parent !== null) scope = scope.parent;
  return scope;
}

/** The name of a task; `undefined` for the root, which is everybody. */
export function taskNameOf(owner: Scope): string | undefined {
  return owner instanceof TaskScope ? owner.name : undefined;
}

/** For messages. */
export function describeOwner(owner: Scope): string {
  return owner instanceof TaskScope ? `task "${owner.name}"` : "code outside of all tasks";
}
