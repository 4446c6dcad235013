import { currentScope } from "../core/ambient.ts";
import { checkFunction, isThenable } from "../core/checks.ts";
import { Scope } from "../core/scope.ts";
import { rejected } from "../core/waiter.ts";
import { type CancelScope, type Owned, runBody } from "./owned.ts";
import { cancellable } from "./cancellable.ts";

/**
 * Run a function that cancellation from outside does not reach: cleanup that has to wait for something. It runs even in
 * a task that has been cancelled; the cancellation is still there afterwards, at the next checkpoint. Give it a budget
 * with a `timeout` inside, since nothing else ends it.
 *
 * A promise was started by somebody else and needs no shield: it is observed, and the waiting ends with the task around.
 *
 * As `trio.CancelScope(shield=True)`. `asyncio.shield` protects the function too, but leaves it behind.
 *
 * @example Cleanup that waits
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTask, shield, sleep, timeout } from "@asyncio/toolkit";
 *
 * const log: string[] = [];
 * const task = createTask(async () => {
 *   try {
 *     await sleep(60_000);
 *   } finally {
 *     await shield(() => timeout(1_000, () => sleep(1)));
 *     log.push("closed");
 *   }
 * }, { eager: true });
 * task.cancel();
 * await task.settled();
 * assertEquals(log, ["closed"]);
 * assertEquals(task.state, "cancelled");
 * ```
 *
 * @typeParam T What the function returns.
 * @param input The function, called with the scope that owns it; or a promise.
 * @returns What the function returns, also when the task around has been cancelled meanwhile.
 */
export function shield<T>(input: Owned<T> | PromiseLike<T>): Promise<T>;
/**
 * Run a function that cancellation from outside does not reach, one that returns now one type, now a promise of another.
 *
 * @typeParam R What the function returns.
 * @param fn The function, called with the scope that owns it.
 * @returns What the function returns.
 */
export function shield<R>(fn: (scope: CancelScope) => R): Promise<Awaited<R>>;
export async function shield<T>(input: Owned<T> | PromiseLike<T>): Promise<T> {
  if (isThenable(input)) return await cancellable(input);
  try {
    checkFunction("shield", input);
  } catch (error) {
    return await rejected(currentScope(), error);
  }
  return await runBody(new ShieldScope(currentScope()), input);
}

class ShieldScope extends Scope {
  override get kind(): string {
    return "shield";
  }

  override get shielded(): boolean {
    return true;
  }
}
