import type { Random } from "./random.ts";

/**
 * One of the many orders in which what is ready may go on. The toolkit promises who is granted what, and in which order;
 * but how many microtasks later the code behind a grant runs depends on how deep it is nested, so a correct program
 * works with any of these orders.
 */
export class WakeOrder {
  readonly #random: Random;
  readonly #ready: (() => void)[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** A rank among what is due at the same time. */
  next(): number {
    return this.#random.next();
  }

  /** Whether what else is due has to wait for another turn. */
  breaks(): boolean {
    return this.#random.chance(0.25);
  }

  /** Something is ready. */
  add(wake: () => void): void {
    this.#ready.push(wake);
    if (this.#ready.length === 1) queueMicrotask(this.#wakeOne);
  }

  /** One a microtask, so that what it does may become ready among the others. */
  readonly #wakeOne = (): void => {
    const at = this.#random.below(this.#ready.length);
    const wake = this.#ready[at]!;
    this.#ready[at] = this.#ready.at(-1)!;
    this.#ready.pop();
    if (this.#ready.length > 0) queueMicrotask(this.#wakeOne);
    wake();
  };
}
