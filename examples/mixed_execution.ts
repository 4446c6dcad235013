// Exercise 3, mixed execution: count primes while tasks fetch data. In a worker, both go on together and the event loop
// stays free; on the main thread, everything waits for the count, and the loop is late by as much.
//
// Run: deno run --allow-net=127.0.0.1 examples/mixed_execution.ts 2000000

import { createTask, fetch, gather, run, runInWorker, sleep } from "../mod.ts"; // "@asyncio/toolkit" in yours

/** Blocks its thread from beginning to end. It is sent to the worker as source: it uses nothing but its argument. */
function countPrimes(limit: number): number {
  let count = 0;
  for (let n = 2; n < limit; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) count++;
  }
  return count;
}

async function mix(where: string, url: string, count: () => number | Promise<number>): Promise<number> {
  const start = performance.now();
  const elapsed = () => Math.round(performance.now() - start);
  async function fetchData(): Promise<void> {
    for (let i = 0; i < 10; i++) await (await fetch(url)).text();
  }
  let late = 0;
  const watch = createTask(async () => {
    for (let last = elapsed();; last = elapsed()) late = Math.max(await sleep(5).then(elapsed) - last - 5, late);
  });
  const [fetched, [primes, counted]] = await gather(
    () => gather(fetchData, fetchData, fetchData).then(elapsed),
    () => sleep(10).then(count).then((primes) => [primes, elapsed()] as const),
  ).finally(() => watch.cancel());
  console.log(`${where}: ${primes} primes after ${counted} ms, 30 answers after ${fetched} ms, loop ${late} ms late`);
  return Math.max(counted, fetched);
}

export async function main(): Promise<void> {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  await using server = Deno.serve(options, () => sleep(40, new Response("data")));
  const [url, limit] = [`http://127.0.0.1:${server.addr.port}/`, Number(Deno.args[0] ?? 2_000_000)];
  const inWorker = await mix("in a worker", url, () => runInWorker(countPrimes, [limit]));
  console.log(`${await mix("on the main thread", url, () => countPrimes(limit))} ms → ${inWorker} ms`);
}

if (import.meta.main) await run(main);

// Output:
// in a worker: 148933 primes after … ms, 30 answers after … ms, loop … ms late
// on the main thread: 148933 primes after … ms, 30 answers after … ms, loop … ms late
// … ms → … ms
