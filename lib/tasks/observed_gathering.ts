import type { WaitKind } from "../core/instrument.ts";
import { letGo, observe } from "../core/observe.ts";
import type { Scope } from "../core/scope.ts";
import { Waiter } from "../core/waiter.ts";

/**
 * A `gather` of promises alone: there is nothing to own, so there is nothing to cancel or to count, and `Promise.all` does
 * the collecting in native code.
 */
export class ObservedGathering extends Waiter<unknown[]> {
  readonly #promises: readonly Promise<unknown>[];

  constructor(scope: Scope, promises: readonly Promise<unknown>[], signal: AbortSignal | undefined) {
    super(scope, signal);
    this.#promises = promises;
    if (scope.clock.doubt !== undefined) { for (const promise of promises) observe(scope, promise); }
    Promise.all(promises).then(
      (results) => this.resolve(results),
      (error) => {
        if (!this.waiting) return;
        this.reject(error);
        for (const promise of promises) letGo(promise, error, scope);
      },
    );
  }

  override get kind(): WaitKind {
    return "task";
  }

  override describe(): string {
    return `gather of ${this.#promises.length}`;
  }

  protected override withdraw(): void {
    for (const promise of this.#promises) letGo(promise, undefined, this.scope);
  }
}
