// Exercise 3, measured: see `examples/mixed_execution.ts` for the exercise itself, a whole program that one can read: that is why
// the primes are counted in both.

import { fetch } from "../net/fetch.ts";
import { createTask } from "../tasks/create_task.ts";
import { gather } from "../tasks/gather.ts";
import { sleep } from "../tasks/sleep.ts";
import { runInWorker } from "../workers/run_in_worker.ts";

/** What to do. */
export interface MixedOptions {
  /** Primes below this are counted. */
  limit: number;
  /** Each of three tasks fetches so often. */
  requests: number;
}

/** How one way of doing both went; times in milliseconds. */
export interface Mix {
  primes: number;
  answers: number;
  countingMs: number;
  fetchingMs: number;
  /** From the start of both to the end of the later one. */
  totalMs: number;
  /** The longest time that the event loop kept a timer waiting. */
  worstLagMs: number;
}

/** What the exercise found out. */
export interface MixedReport extends MixedOptions {
  worker: Mix;
  mainThread: Mix;
  savedMs: number;
}

/** Long enough to see, short enough to wait for. */
export const MIXED: MixedOptions = { limit: 2_000_000, requests: 10 };

/** Blocks its thread from beginning to end. It is sent to the worker as source: it uses nothing but its argument. */
export function countPrimes(limit: number): number {
  let count = 0;
  for (let n = 2; n < limit; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) count++;
  }
  return count;
}

/** Count and fetch at the same time, in a worker and on the main thread. `say` is told what happens when it happens. */
export async function mixExecution(
  { limit, requests }: MixedOptions = MIXED,
  say: (line: string) => void = () => {},
): Promise<MixedReport> {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  const url = `http://127.0.0.1:${server.addr.port}/`;

  async function fetchAll(): Promise<number> {
    for (let i = 0; i < requests; i++) await (await fetch(url)).text();
    return requests;
  }

  await runInWorker(countPrimes, [10]); // The worker is started here, so that the times below are those of the work.
  const worker = await mix("in a worker", () => runInWorker(countPrimes, [limit]), fetchAll, say);
  const mainThread = await mix("on the main thread", () => countPrimes(limit), fetchAll, say);
  return { limit, requests, worker, mainThread, savedMs: mainThread.totalMs - worker.totalMs };
}

/** A server that takes its time. */
async function answer(): Promise<Response> {
  await sleep(40);
  return new Response("data");
}

async function mix(
  where: string,
  count: () => number | Promise<number>,
  fetchAll: () => Promise<number>,
  say: (line: string) => void,
): Promise<Mix> {
  const start = performance.now();
  const elapsed = () => performance.now() - start;
  let countingMs = 0;
  let fetchingMs = 0;
  let worstLagMs = 0;

  async function watchLag(): Promise<void> {
    while (true) {
      const before = performance.now();
      await sleep(5);
      worstLagMs = Math.max(worstLagMs, performance.now() - before - 5);
    }
  }

  async function fetchData(): Promise<number> {
    const answers = await gather(fetchAll, fetchAll, fetchAll);
    fetchingMs = elapsed();
    return answers.reduce((sum, n) => sum + n);
  }

  async function countNumbers(): Promise<number> {
    await sleep(10); // The requests are on their way.
    const primes = await count();
    countingMs = elapsed();
    return primes;
  }

  // Tasks are named after their functions.
  const watch = createTask(watchLag);
  const [answers, primes] = await gather(fetchData, countNumbers);
  await sleep(10); // A last look at the lag.
  watch.cancel();
  await watch.settled();
  const [counted, fetched, late] = [countingMs, fetchingMs, worstLagMs].map(Math.round);
  say(`${where}: ${primes} primes after ${counted} ms, ${answers} answers after ${fetched} ms`);
  say(`${where}: the event loop was at most ${late} ms late`);
  return { primes, answers, countingMs, fetchingMs, totalMs: Math.max(countingMs, fetchingMs), worstLagMs };
}
