// An error thrown in an async function is caught where it is awaited. `gather` throws the first error, or puts each
// into the results.
//
// Run: deno run examples/exceptions.ts

import { gather, run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

async function faultyTask(): Promise<never> {
  await sleep(5);
  throw new RangeError("Something went wrong");
}

async function goodTask(): Promise<string> {
  await sleep(20);
  return "All is well";
}

export async function main(): Promise<void> {
  try {
    await faultyTask();
  } catch (error) {
    console.log(`Caught error: ${error}`);
  }

  try {
    await gather(goodTask, faultyTask);
  } catch (error) {
    console.log(`gather() threw: ${error}`);
  }

  const results = await gather([goodTask, faultyTask], { returnExceptions: true });
  for (const result of results) console.log(result instanceof Error ? `failed: ${result.message}` : `done: ${result}`);
}

if (import.meta.main) await run(main);

// Output:
// Caught error: RangeError: Something went wrong
// gather() threw: RangeError: Something went wrong
// done: All is well
// failed: Something went wrong
