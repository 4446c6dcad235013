// The event loop runs whatever is ready. A function that reaches an `await` hands over to it, and is resumed when what
// it waits for is there; the pause belongs to everybody else.
//
// Run: deno run examples/event_loop.ts

import { gather, run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

async function greet(): Promise<void> {
  console.log("Hello");
  await sleep(50);
  console.log("World");
}

async function tick(ms: number): Promise<void> {
  await sleep(ms);
  console.log(`  ${ms} ms later`);
}

export async function main(): Promise<void> {
  await gather(greet, () => tick(10), () => tick(20), () => tick(30));
}

if (import.meta.main) await run(main);

// Output:
// Hello
//   10 ms later
//   20 ms later
//   30 ms later
// World
