// Exercise 4, error handling: one of three tasks fails. Who is told of it, and what becomes of the other two?
//
// Run: deno run examples/error_handling.ts

import { gather, isCancelled, run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

/** Run three functions in one way: a reader, one that fails, a writer. */
async function attempt(how: string, way: (...fns: (() => Promise<string>)[]) => Promise<unknown[]>): Promise<void> {
  const fates: Record<string, string> = { reader: "not started", faulty: "not started", writer: "not started" };
  const work = (name: string, ms: number, failure?: Error) => async () => {
    fates[name] = "running";
    try {
      await sleep(ms);
      if (failure !== undefined) throw failure;
      fates[name] = "finished";
      return `${name}'s result`;
    } catch (error) {
      fates[name] = isCancelled(error) ? "cancelled" : "failed";
      throw error;
    }
  };
  try {
    const faulty = work("faulty", 40, new RangeError("Something went wrong"));
    console.log(`${how}: got ${(await way(work("reader", 20), faulty, work("writer", 300))).join(", ")}`);
  } catch (error) {
    console.log(`${how}: caught ${error}`);
  }
  while (Object.values(fates).includes("running")) await sleep(5); // what runs on comes to its end
  console.log(`  ${Object.entries(fates).map(([name, fate]) => `${name} ${fate}`).join(", ")}`);
}

export async function main(): Promise<void> {
  await attempt("await, one by one", async (a, b, c) => [await a!(), await b!(), await c!()]);
  await attempt("gather, functions", (...fns) => gather(fns)); // owned: cancelled, and waited for
  await attempt("gather, promises", (...fns) => gather(fns.map((fn) => fn()))); // not gather's: they run on
  await attempt("returnExceptions", (...fns) => gather(fns, { returnExceptions: true }));
}

if (import.meta.main) await run(main);

// Output:
// await, one by one: caught RangeError: Something went wrong
//   reader finished, faulty failed, writer not started
// gather, functions: caught RangeError: Something went wrong
//   reader finished, faulty failed, writer cancelled
// gather, promises: caught RangeError: Something went wrong
//   reader finished, faulty failed, writer finished
// returnExceptions: got reader's result, RangeError: Something went wrong, writer's result
//   reader finished, faulty failed, writer finished
