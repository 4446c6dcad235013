import type { WaitKind } from "../core/instrument.ts";
import type { Scope } from "../core/scope.ts";
import { Waiter } from "../core/waiter.ts";
import type { CancelledError } from "../errors.ts";

/** What can be waited for. */
export interface Described {
  /** Whether it comes from the platform, and so in a turn of the event loop of its own. */
  readonly real?: boolean;
  /** In a few words. */
  describe(): string;
}

/** A wait for the other side. A virtual clock stands still for that long. */
export class NetworkWait<T> extends Waiter<T> {
  readonly #what: Described;
  readonly #onGivenUp: (error: CancelledError) => void;
  readonly #letTimePass: (() => void) | undefined;

  /**
   * @param scope The code that waits.
   * @param what What for.
   * @param onGivenUp Called when that code is cancelled, or `signal` fires.
   */
  constructor(scope: Scope, what: Described, onGivenUp: (error: CancelledError) => void, signal?: AbortSignal) {
    super(scope, signal);
    this.#what = what;
    this.#onGivenUp = onGivenUp;
    this.#letTimePass = scope.clock.hold?.();
  }

  override resolve(value: T): void {
    this.#letTimePass?.();
    super.resolve(value);
  }

  /** As `resolve`, with what has come over the network just now. */
  arrive(value: T): void {
    if (!this.#what.real) return this.resolve(value);
    this.#letTimePass?.();
    super.resolveInTurn(value);
  }

  override reject(error: unknown): void {
    this.#letTimePass?.();
    super.reject(error);
  }

  override abort(error: unknown): void {
    if (!this.waiting) return;
    super.abort(error);
    this.#onGivenUp(error as CancelledError);
  }

  override get kind(): WaitKind {
    return "network";
  }

  override describe(): string {
    return this.#what.describe();
  }

  protected override withdraw(): void {
    this.#letTimePass?.();
  }
}
