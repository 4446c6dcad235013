import type { RootScope } from "./scope.ts";
import { subscribe } from "./thenable.ts";

/** Told of how a promise has settled. */
export interface SettlementListener {
  /** Called once, unless taken back before. */
  onSettled(settlement: Settlement): void;
}

/**
 * What is known of a promise of somebody else's. A promise keeps every reaction that was ever attached to it, so waiting
 * again and again for one that lives long would leak; this attaches a single one, and keeps a list that can shrink.
 */
export class Settlement {
  /** Whether it has settled, and how. */
  state: "pending" | "fulfilled" | "rejected" = "pending";
  /** The value, or the error. */
  outcome: unknown;
  readonly #listeners = new Set<SettlementListener>();
  #heir: { root: RootScope; winner: unknown } | null = null;

  private constructor(promise: Promise<unknown>) {
    subscribe(
      promise,
      (value) => this.#settle("fulfilled", value),
      (error) => this.#settle("rejected", error),
    );
  }

  /** The one for `promise`, which must be a plain one: see `promiseOf`. A failure of the promise is no unhandled rejection from now on. */
  static of(promise: Promise<unknown>): Settlement {
    let settlement = settlements.get(promise);
    if (settlement === undefined) settlements.set(promise, settlement = new Settlement(promise));
    return settlement;
  }

  /** The one for `promise`, if there is one. */
  static known(promise: unknown): Settlement | undefined {
    return settlements.get(promise as Promise<unknown>);
  }

  /** Tell `listener` when it has settled, at once if it has. */
  add(listener: SettlementListener): void {
    if (this.state === "pending") this.#listeners.add(listener);
    else listener.onSettled(this);
  }

  /** Tell it nothing any more. */
  remove(listener: SettlementListener): void {
    this.#listeners.delete(listener);
  }

  /** Should it fail while nobody listens, `root` has that reported, as superseded by `winner`. The first one counts. */
  leaveTo(root: RootScope, winner?: unknown): void {
    if (this.state === "pending") this.#heir ??= { root, winner };
  }

  #settle(state: "fulfilled" | "rejected", outcome: unknown): void {
    this.state = state;
    this.outcome = outcome;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    if (state === "rejected" && listeners.length === 0) this.#heir?.root.supersede(this.#heir.winner, outcome);
    for (const listener of listeners) listener.onSettled(this);
  }
}

const settlements = new WeakMap<Promise<unknown>, Settlement>();
