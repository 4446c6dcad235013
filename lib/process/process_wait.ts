import type { WaitKind } from "../core/instrument.ts";
import type { Scope } from "../core/scope.ts";
import { Settlement, type SettlementListener } from "../core/observe.ts";
import { Waiter } from "../core/waiter.ts";

/** A wait for something that a process does. */
export class ProcessWait<T> extends Waiter<T> implements SettlementListener {
  readonly #what: string;
  readonly #settlement: Settlement;

  /**
   * @param what What is waited for.
   * @param promise Settles with it. It may live long, and be waited for again and again.
   */
  constructor(scope: Scope, what: string, promise: Promise<T>, signal?: AbortSignal) {
    super(scope, signal);
    this.#what = what;
    this.#settlement = Settlement.of(promise);
    this.#settlement.add(this);
  }

  onSettled({ state, outcome }: Settlement): void {
    if (state === "fulfilled") this.resolve(outcome as T);
    else this.reject(outcome);
  }

  override get kind(): WaitKind {
    return "process";
  }

  override describe(): string {
    return this.#what;
  }

  protected override withdraw(): void {
    this.#settlement.remove(this);
  }
}
