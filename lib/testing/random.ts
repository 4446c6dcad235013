/** Numbers that look random, and come again with the same seed. */
export class Random {
  #state: number;

  /** @param seed Any number; its lower 32 bits count. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, but not including, 1. */
  next(): number {
    // Mulberry32: 32 bits of state, every seed a good one.
    let bits = this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, but not including, `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** `true` with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

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
