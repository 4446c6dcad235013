import { currentScope } from "../core/ambient.ts";
import { checkFunction } from "../core/checks.ts";
import { Scope } from "../core/scope.ts";
import type { Owned } from "../tasks/cancel_scope.ts";
import { lingeringBody } from "../tasks/lingering_body.ts";
import { runBody } from "../tasks/run_body.ts";

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
  checkFunction("run", fn);
  using guard = await acquire();
  const scope = new HoldingScope(currentScope());
  onHeld?.(guard, scope);
  return await runBody(scope, fn);
}
