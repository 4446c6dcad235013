import { isCancellation, isStampedBy } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { errorForCaller } from "../core/cancellation.ts";
import { checkFunction } from "../core/checks.ts";
import { chain } from "../core/linked_errors.ts";
import { Scope } from "../core/scope.ts";
import { refusal, type WaitOptions } from "../core/waiter.ts";
import { misuse } from "./inputs.ts";
import { type CancelScope, lingeringBody, type Owned, runBody } from "./owned.ts";

/** What the function given to {@linkcode cancelScope} receives. */
export interface CancellableScope extends CancelScope {
  /**
   * Cancel the function, and all that it has started. May be called by any code, also before the function has come to its
   * first wait.
   *
   * @param reason Becomes `error.reason` and `error.cause`.
   * @returns `false` when it had ended or been cancelled before: the first reason stands.
   */
  cancel(reason?: unknown): boolean;
}

/**
 * Run a function that can be cancelled by itself, and go on after it. `scope.cancel()` ends the function and all that it has
 * started; when that has been waited for, the result is `undefined`. The task around it is not cancelled.
 *
 * - A function that returns all the same, after it has been cancelled: its value.
 * - A function that throws something else: that error, with the cancellation at the end of its chain of causes.
 * - Nested: only the scope that was cancelled ends the cancellation.
 * - A cancellation from outside stays a `CancelledError`.
 *
 * As `trio.CancelScope`. For a function that is to run beside the rest there is `createTask`, and `task.cancel()`.
 *
 * @example A search that stops at the first hit
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cancelScope, gather, sleep } from "@asyncio/toolkit";
 *
 * const hits: string[] = [];
 * const result = await cancelScope(async (scope) => {
 *   const look = async (where: string, ms: number) => {
 *     await sleep(ms);
 *     hits.push(where);
 *     scope.cancel();
 *   };
 *   await gather(() => look("drawer", 60_000), () => look("table", 1));
 * });
 * assertEquals(hits, ["table"]);
 * assertEquals(result, undefined);
 * ```
 *
 * @typeParam R What the function returns.
 * @param fn The function, called with the scope that owns it.
 * @param options `signal`: cancels the function when it fires; then its reason is thrown.
 * @returns What the function returns, or `undefined` when `scope.cancel()` has ended it.
 * @throws {CancelledError} When the task around it is cancelled.
 */
export async function cancelScope<R>(
  fn: (scope: CancellableScope) => R,
  options: WaitOptions = {},
): Promise<Awaited<R> | undefined> {
  const misused = misuse([fn], () => checkFunction("open a cancel scope", fn));
  if (misused !== null) await misused;
  const parent = currentScope();
  const refused = refusal(parent, options.signal);
  if (refused !== null) await refused;
  const scope = new OwnScope(parent);
  if (options.signal !== undefined) scope.cancelOn(options.signal);
  try {
    return await runBody(scope, fn as Owned<Awaited<R>>);
  } catch (error) {
    // A cancellation from further out is still on its way, whatever was cancelled in here.
    if (parent.error !== null && isCancellation(error)) throw parent.error;
    if (scope.cancelledByItself) {
      if (isStampedBy(error, scope)) return undefined;
      chain(error, scope.error, scope);
    }
    throw errorForCaller(scope, error);
  }
}

class OwnScope extends Scope {
  override get kind(): string {
    return "cancelScope";
  }

  override get lingering(): string | null {
    return lingeringBody(this);
  }

  get cancelledByItself(): boolean {
    return this.error !== null && !this.abortedBySignal && isStampedBy(this.error, this);
  }

  /** Bound when it is asked for: it may be taken apart, as the signal may. */
  get cancel(): (reason?: unknown) => boolean {
    return (reason) => this.cancelBecause("The cancel scope was cancelled", reason);
  }
}
