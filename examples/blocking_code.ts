// Blocking code off the event loop: `runInWorker` runs a function on another core, as `run_in_executor` does on another
// thread, while the loop stays free.
//
// Run: deno run examples/blocking_code.ts

import { gather, run, runInWorker, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

/** Keeps its thread busy. It is sent to the worker as source, so it may use only its arguments and globals. */
function blockingTask(ms: number): string {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return "Blocking task finished";
}

async function asyncPart(): Promise<string> {
  for (let i = 1; i <= 3; i++) {
    await sleep(10);
    console.log(`The event loop is free: ${i}`);
  }
  return "Async part done";
}

export async function main(): Promise<void> {
  const [blocking, async] = await gather(
    () => runInWorker(blockingTask, [300]),
    asyncPart,
  );
  console.log(blocking);
  console.log(async);
}

if (import.meta.main) await run(main);

// Output:
// The event loop is free: 1
// The event loop is free: 2
// The event loop is free: 3
// Blocking task finished
// Async part done
