import { realTime } from "../core/real_time.ts";
import { subscribe } from "../core/thenable.ts";

/** How long, in real milliseconds, a promise of which nothing is known may hold the clock: enough for a file or a loopback. */
const PATIENCE = 20;

/**
 * Promises of which nobody can tell what is behind them: real work, which virtual time has to wait for, or code that itself
 * waits for virtual time to pass, so that waiting for it would last for ever. Each is given a little real time, once.
 */
export class Patience {
  /** Until when each holds the clock; a set keeps the order of insertion, which here is that of time. */
  readonly #until = new Map<Promise<unknown>, number>();
  readonly #known = new WeakSet<Promise<unknown>>();
  readonly #onLost: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onLost Called when nothing holds the clock any more. */
  constructor(onLost: () => void) {
    this.#onLost = onLost;
  }

  /** Whether something still holds the clock. */
  get lasts(): boolean {
    return this.#until.size > 0;
  }

  /** Have `promise` hold the clock, until it settles or its time is up. */
  add(promise: Promise<unknown>): void {
    if (this.#known.has(promise)) return;
    this.#known.add(promise);
    this.#until.set(promise, realTime.now() + PATIENCE);
    const settled = () => this.#drop(promise);
    subscribe(promise, settled, settled);
    if (this.#timer === undefined) this.#arm(PATIENCE);
  }

  /** Forget them all. */
  stop(): void {
    this.#until.clear();
    realTime.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(delay: number): void {
    this.#timer = realTime.setTimeout(() => {
      this.#timer = undefined;
      const now = realTime.now();
      for (const [promise, until] of this.#until) {
        if (until > now) return this.#arm(until - now);
        this.#until.delete(promise);
      }
      this.#onLost();
    }, delay);
  }

  #drop(promise: Promise<unknown>): void {
    if (!this.#until.delete(promise) || this.lasts) return;
    this.stop();
    this.#onLost();
  }
}
