import { currentScope } from "../core/ambient.ts";
import { checkFunction } from "../core/checks.ts";
import { Scope } from "../core/scope.ts";
import { rejected } from "../core/waiter.ts";
import { lingeringBody, type Owned, runBody } from "../tasks/owned.ts";
import { ownerOf, TaskScope } from "../tasks/task_scope.ts";

/**
 * What `acquire` gives: made to be kept in a `using` declaration, which gives back at the end of the block what was
 * acquired, however the block ends. Giving it back twice does nothing.
 */
export interface Guard extends Disposable {
  /** Give it back before the end of the block. */
  release(): void;
}

/** The scope of a function that runs while something is held. */
export class HoldingScope extends Scope {
  override get kind(): string {
    return "holding";
  }

  override get lingering(): string | null {
    return lingeringBody(this);
  }
}

/** Run `fn`, which the toolkit owns as any function handed to it, while the guard that `acquire` gives is held. */
export async function runHolding<T, G extends Guard>(
  acquire: () => Promise<G>,
  fn: Owned<T>,
  onHeld?: (guard: G, scope: Scope) => void,
): Promise<T> {
  try {
    checkFunction("run", fn);
  } catch (error) {
    return await rejected(currentScope(), error);
  }
  using guard = await acquire();
  const scope = new HoldingScope(currentScope());
  onHeld?.(guard, scope);
  return await runBody(scope, fn);
}

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
