import type { Scope } from "../core/scope.ts";
import { ownerOf } from "../tasks/owner.ts";
import { TaskScope } from "../tasks/task_scope.ts";

/**
 * Whom something belongs to that was acquired in `scope`: the task around it, for as long as that runs. When the task ends
 * with a value that may be the guard, or have it in it, that has been handed on: to the task that this one belongs to.
 * Asked only once somebody wants to know, since most guards are released before that.
 */
export function holderOf(scope: Scope): Scope {
  let owner = ownerOf(scope);
  while (owner instanceof TaskScope && handsOn(owner)) owner = ownerOf(owner.parent!);
  return owner;
}

/**
 * No look inside the value: what a function, a stack of disposables or a private field holds on to cannot be seen, and a
 * guard that lives must never be taken for one that is lost.
 */
function handsOn({ state, value }: TaskScope): boolean {
  return state === "done" && (typeof value === "object" ? value !== null : typeof value === "function");
}
