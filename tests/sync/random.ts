import { Random } from "../../lib/testing/random.ts";

/** Take a random element out, at the cost of the order. */
export function take<T>(random: Random, items: T[]): T | undefined {
  if (items.length === 0) return undefined;
  const index = random.below(items.length);
  const item = items[index]!;
  items[index] = items[items.length - 1]!;
  items.pop();
  return item;
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
