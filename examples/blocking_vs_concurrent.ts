// Three fetches of 60 ms each: blocking calls take the sum of the three, concurrent ones take as long as one.
//
// Run: deno run examples/blocking_vs_concurrent.ts

import { gather, run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

/** Stops the whole thread, as `time.sleep` does: nothing else can run meanwhile. */
function fetchBlocking(name: string): string {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
  return `Result from ${name}`;
}

/** Stops only itself. */
async function fetchData(name: string): Promise<string> {
  console.log(`Fetching ${name}...`);
  await sleep(60);
  console.log(`${name} received`);
  return `Result from ${name}`;
}

export async function main(): Promise<void> {
  let start = performance.now();
  ["Task 1", "Task 2", "Task 3"].map(fetchBlocking);
  console.log(`Blocking: ${Math.round(performance.now() - start)} ms`);

  start = performance.now();
  const results = await gather(
    () => fetchData("Task 1"),
    () => fetchData("Task 2"),
    () => fetchData("Task 3"),
  );
  console.log(results.join(", "));
  console.log(`Concurrent: ${Math.round(performance.now() - start)} ms`);
}

if (import.meta.main) await run(main);

// Output:
// Blocking: … ms
// Fetching Task 1...
// Fetching Task 2...
// Fetching Task 3...
// Task 1 received
// Task 2 received
// Task 3 received
// Result from Task 1, Result from Task 2, Result from Task 3
// Concurrent: … ms
