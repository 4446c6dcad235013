import type { Scope } from "../core/scope.ts";
import { letGo, Settlement, type SettlementListener, subscribe } from "../core/observe.ts";

/** Whoever waits for several promises of somebody else's. */
export interface Observer {
  /** One has settled, that was not let go. */
  onObserved(observation: Observation, succeeded: boolean, outcome: unknown): void;
}

/**
 * One promise among several that are waited for. As with `cancellable`, a promise that was let go once has a reaction that
 * is shared from then on: a promise keeps each for as long as it is pending.
 */
export class Observation implements SettlementListener {
  readonly index: number;
  readonly #promise: Promise<unknown>;
  readonly #observer: Observer;
  #settlement: Settlement | undefined;
  #over = false;

  /** Begin to wait. From now on a failure of `promise` is no unhandled rejection. */
  constructor(promise: Promise<unknown>, index: number, observer: Observer) {
    this.index = index;
    this.#promise = promise;
    this.#observer = observer;
    this.#settlement = Settlement.known(promise);
    // One that has settled tells so at once, which its promise would not.
    if (this.#settlement?.state === "pending") this.#settlement.add(this);
    else {
      subscribe(
        promise,
        (value) => this.#end(true, value),
        (error) => this.#end(false, error),
      );
    }
  }

  onSettled({ state, outcome }: Settlement): void {
    this.#end(state === "fulfilled", outcome);
  }

  /** Wait no more. Should the promise fail later, that is reported, as superseded by `winner`. */
  letGo(winner: unknown, scope: Scope): void {
    this.#over = true;
    this.#settlement?.remove(this);
    letGo(this.#promise, winner, scope);
  }

  #end(succeeded: boolean, outcome: unknown): void {
    if (!this.#over) this.#observer.onObserved(this, succeeded, outcome);
  }
}
