// The event loop runs whatever is ready. A function that reaches an `await` hands over to it, and is resumed when what
// it waits for is there; the pause belongs to everybody else.
//
// Run: deno run examples/event_loop.ts

import { gather, run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

async function greet(): Promise<void> {
  console.log("Hello");
  await sleep(0); // no time at all, but a turn: whoever is ready has theirs
  console.log("World");
}

async function count(name: string): Promise<void> {
  for (let i = 1; i <= 2; i++) {
    console.log(`  ${name} counts ${i}`);
    await sleep(0);
  }
}

export async function main(): Promise<void> {
  await gather(greet, () => count("Ada"), () => count("Grace"));
}

if (import.meta.main) await run(main);

// Output:
// Hello
//   Ada counts 1
//   Grace counts 1
// World
//   Ada counts 2
//   Grace counts 2
