// `await` runs one thing and waits for it; `gather` runs many together and gives their results in the order of its
// arguments, whichever came first.
//
// Run: deno run examples/gather_vs_await.ts

import { gather, run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

async function call(name: string, ms: number): Promise<string> {
  await sleep(ms);
  console.log(`  ${name} done`);
  return name;
}

export async function main(): Promise<void> {
  console.log("await, one by one:");
  const first = await call("slow", 300);
  const second = await call("medium", 150);
  const third = await call("fast", 1);
  console.log([first, second, third]);

  console.log("gather, together:");
  const results = await gather(
    () => call("slow", 300),
    () => call("medium", 150),
    () => call("fast", 1),
  );
  console.log(results);
}

if (import.meta.main) await run(main);

// Output:
// await, one by one:
//   slow done
//   medium done
//   fast done
// [ "slow", "medium", "fast" ]
// gather, together:
//   fast done
//   medium done
//   slow done
// [ "slow", "medium", "fast" ]
