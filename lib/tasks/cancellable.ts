import { currentScope } from "../core/ambient.ts";
import { isThenable } from "../core/checks.ts";
import type { RootScope, Scope } from "../core/scope.ts";
import { refusal, Waiter, type WaitOptions } from "../core/waiter.ts";
import { checkNotInside, Task } from "./task.ts";

/**
 * Wait for a promise that knows nothing of cancellation, and stop waiting when the task around is cancelled. The work
 * behind the promise goes on: nothing can stop it from here. Should it fail later, that is not an unhandled rejection.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cancellable, createTask } from "@asyncio/toolkit";
 *
 * const never = new Promise(() => {});
 * const task = createTask(() => cancellable(never));
 * task.cancel();
 * assertEquals((await task.settled()).status, "rejected");
 * ```
 *
 * @typeParam T What the promise resolves to.
 * @param promise A promise, task or other thenable; a plain value is returned as it is.
 * @param options `signal`: stops waiting when it fires, with the signal's reason.
 * @returns What the promise resolves to.
 * @throws {CancelledError} When the task around it is cancelled.
 */
export function cancellable<T>(promise: T | PromiseLike<T>, options: WaitOptions = {}): Promise<T> {
  const scope = currentScope();
  const refused = refusal(scope, options.signal);
  if (refused === null) return new Observing(scope, promise, options.signal).promise;
  letGo(promise);
  return refused;
}

/**
 * Observe a promise that nobody waits for any more: its failure is reported, but is no unhandled rejection.
 *
 * @param winner The error that was thrown instead; that of the scope unless given.
 * @param scope Where it was waited for. Must be given by code that a cancellation calls, since that runs in the scope of
 * whatever cancelled it.
 */
export function letGo(promise: unknown, winner?: unknown, scope: Scope = currentScope()): void {
  const then = promise instanceof Promise ? promise : Promise.resolve(promise);
  then.then(undefined, (error) => scope.root.supersede(winner ?? scope.error, error));
}

/** Waits for a promise of somebody else's. */
class Observing<T> extends Waiter<T> {
  readonly #what: string;

  constructor(scope: Scope, promise: T | PromiseLike<T>, signal?: AbortSignal) {
    super(scope, signal);
    this.#what = promise instanceof Task ? `task "${promise.name}"` : "a promise";
    // Kept apart from the scope: when a promise fails late, the scope may long be gone.
    const root: RootScope = scope.root;
    try {
      if (promise instanceof Task) checkNotInside(promise, "wait for");
    } catch (error) {
      this.reject(error);
      return;
    }
    if (isThenable(promise)) scope.clock.doubt?.(promise);
    Promise.resolve(promise).then(
      (value) => this.resolve(value),
      (error) => this.waiting ? this.reject(error) : root.supersede(scope.error, error),
    );
  }

  override describe(): string {
    return this.#what;
  }

  protected override withdraw(): void {}
}
