import { currentScope } from "../core/ambient.ts";
import { isThenable } from "../core/checks.ts";
import type { WaitKind } from "../core/instrument.ts";
import { observe } from "../core/observe.ts";
import type { Blockers, Scope } from "../core/scope.ts";
import { Settlement, type SettlementListener } from "../core/settlement.ts";
import { isPlainPromise } from "../core/thenable.ts";
import { refusal, Waiter, type WaitOptions } from "../core/waiter.ts";
import { checkNotInside, scopeOf, Task } from "./task.ts";

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
  if (refused !== null) {
    letGo(promise);
    return refused;
  }
  try {
    return new Observing(scope, isThenable(promise) ? observe(scope, promise) : promise, options.signal).promise;
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Observe a promise that nobody waits for any more: its failure is reported, but is no unhandled rejection. Any other thenable
 * is left alone, since it may begin only when it is subscribed to.
 *
 * @param winner The error that was thrown instead; that of the scope unless given.
 * @param scope Where it was waited for. Must be given by code that a cancellation calls, since that runs in the scope of
 * whatever cancelled it.
 */
export function letGo(promise: unknown, winner?: unknown, scope: Scope = currentScope()): void {
  if (isPlainPromise(promise)) Settlement.of(promise).leaveTo(scope.root, winner ?? scope.error);
}

/**
 * Waits for a promise of somebody else's. The promise keeps each reaction for as long as it is pending, so when a wait for
 * it was given up once, the next ones share a single one: a loop that has a look now and then must not leak.
 */
class Observing<T> extends Waiter<T> implements SettlementListener {
  readonly #awaited: T | Promise<T>;

  constructor(scope: Scope, promise: T | Promise<T>, signal?: AbortSignal) {
    super(scope, signal);
    this.#awaited = promise;
    try {
      if (promise instanceof Task) checkNotInside(promise, "wait for");
    } catch (error) {
      this.reject(error);
      return;
    }
    const settlement = Settlement.known(promise);
    if (settlement !== undefined) settlement.add(this);
    else {
      Promise.resolve(promise).then(
        (value) => this.resolve(value),
        (error) => this.reject(error),
      );
    }
  }

  onSettled({ state, outcome }: Settlement): void {
    if (state === "fulfilled") this.resolve(outcome as T);
    else this.reject(outcome);
  }

  override abort(error: unknown): void {
    if (!this.waiting) return;
    super.abort(error);
    if (!(this.#awaited instanceof Promise)) return;
    const settlement = Settlement.of(this.#awaited);
    settlement.remove(this);
    settlement.leaveTo(this.scope.root, error);
  }

  blockers(): Blockers {
    return this.#awaited instanceof Task ? [scopeOf(this.#awaited)] : null;
  }

  override get kind(): WaitKind {
    return this.#awaited instanceof Task ? "task" : "promise";
  }

  override describe(): string {
    return this.#awaited instanceof Task ? `task "${this.#awaited.name}"` : "a promise";
  }

  protected override withdraw(): void {}
}
