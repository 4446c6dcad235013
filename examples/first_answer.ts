// A search on several cores at once: the first worker that finds the answer wins, and the others are stopped, although
// they never look up from their loops.
//
// Run: deno run examples/first_answer.ts

import { isCancelled, race, run, type Task, WorkerPool } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

const NUMBER = 99_400_891;
const RANGES = [[2, 2_000], [2_000, 5_000], [5_000, 9_970]] as const;

/** Runs in a worker: look for a divisor between `from` and `to`. Where there is none, it looks for ever. */
function findDivisor(number: number, from: number, to: number): number {
  for (let divisor = from; divisor < to; divisor++) if (number % divisor === 0) return divisor;
  for (;;);
}

export async function main(): Promise<void> {
  await using pool = new WorkerPool({ size: RANGES.length });
  const searches: Task<number>[] = [];
  const divisor = await race(...RANGES.map(([from, to]) => () => {
    const search = pool.run(findDivisor, [NUMBER, from, to]);
    searches.push(search);
    return search;
  }));
  console.log(`${NUMBER / divisor} × ${divisor} = ${NUMBER}`);
  const losers = searches.filter((search) => search.state === "cancelled" && isCancelled(search.exception()));
  console.log(`${losers.length} searches were stopped`);
  console.log("The workers are free again:", await pool.map([1, 2, 3], (n) => n * 2));
}

if (import.meta.main) await run(main);

// Output:
// 9973 × 9967 = 99400891
// 2 searches were stopped
// The workers are free again: [ 2, 4, 6 ]
