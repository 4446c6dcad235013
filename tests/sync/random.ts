/** Random numbers that a seed repeats (mulberry32): all that a failing run needs to be run again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0, below `limit`. */
  below(limit: number): number {
    this.#state = this.#state + 0x6D2B79F5 >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ mixed >>> 15, mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) % limit;
  }

  /** Take a random element out, at the cost of the order. */
  take<T>(items: T[]): T | undefined {
    if (items.length === 0) return undefined;
    const index = this.below(items.length);
    const item = items[index]!;
    items[index] = items[items.length - 1]!;
    items.pop();
    return item;
  }
}

/** Run `test` with a new seed, or with that in `SEED`, and name the seed when it fails. */
export async function withSeed(test: (random: Random) => Promise<void>): Promise<void> {
  const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 32));
  try {
    await test(new Random(seed));
  } catch (error) {
    throw new Error(`With SEED=${seed}`, { cause: error });
  }
}
