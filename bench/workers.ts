// What a pool costs over raw workers of the same kind, on a machine that may be busy: many short rounds in turns, each
// compared with its neighbour, and of those ratios the median; with the answers checked.
//
// Run: deno run -A bench/workers.ts
// On one core (where a sequential round trip shows the software's own cost): taskset -c 0 deno run -A bench/workers.ts
//
// One call after the other is judged by the processor time of the process, all threads together, since the time on the
// clock is mostly that of waking threads up. In a profile about nine tenths are the platform's post, wake-up and receive,
// which the raw messages have, too. Of the rest the larger part is what makes a call a task: its scope in the tree (so that
// it is cancelled with what is around it), its promise, and the frames of its caller, looked at once a millisecond; what
// remains is the claim of the slot in the shared memory (so that a call can be taken back) and the worker's context.

import process from "node:process";
import { Worker } from "node:worker_threads";
import { WorkerPool } from "../mod.ts";

const ROUNDS = 21;
const WARM = 4;
const CALLS = 10_000;
const TRIPS = 1_000;

const RAW = `
  import { parentPort } from "node:worker_threads";
  function spin(n) { let x = 0; for (let i = 0; i < n; i++) x = (x * 31 + i) | 0; return x; }
  parentPort.on("message", (n) => parentPort.postMessage(n < 0 ? spin(-n) : n + 1));
  parentPort.postMessage("ready");
`;

function increment(n: number): number {
  return n + 1;
}

function spin(n: number): number {
  let x = 0;
  for (let i = 0; i < n; i++) x = (x * 31 + i) | 0;
  return x;
}

class RawWorker {
  readonly worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(RAW)}`));
  #resolve: ((value: unknown) => void) | null = null;
  onMessage: ((value: number) => void) | null = null;

  constructor() {
    this.worker.on("message", (value) => {
      if (this.onMessage !== null) return this.onMessage(value);
      this.#resolve?.(value);
    });
  }

  next(): Promise<unknown> {
    return new Promise((resolve) => this.#resolve = resolve);
  }

  trip(n: number): Promise<unknown> {
    this.worker.postMessage(n);
    return this.next();
  }
}

function check(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`wrong answer: ${actual} instead of ${expected}`);
}

async function ms(fn: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await fn();
  return performance.now() - start;
}

/** Microseconds of processor time, of all threads. */
async function cpu(fn: () => Promise<void>): Promise<number> {
  const start = process.cpuUsage();
  await fn();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

/** Both in turns, and the median of the ratios. The first rounds warm up. */
async function compare(
  name: string,
  goal: number,
  raw: () => Promise<void>,
  pooled: () => Promise<void>,
  measure: (fn: () => Promise<void>) => Promise<number> = ms,
): Promise<void> {
  const [raws, pools, ratios]: [number[], number[], number[]] = [[], [], []];
  for (let round = -WARM; round < ROUNDS; round++) {
    const floor = await measure(raw);
    const ours = await measure(pooled);
    if (round < 0) continue;
    raws.push(floor);
    pools.push(ours);
    ratios.push(ours / floor);
  }
  const [low, high] = [Math.min(...ratios).toFixed(2), Math.max(...ratios).toFixed(2)];
  console.log(
    `${name}: ${median(ratios).toFixed(2)} of raw (goal ${goal}); rounds ${low}-${high}, ` +
      `best over best ${(Math.min(...pools) / Math.min(...raws)).toFixed(2)}`,
  );
}

const one = new RawWorker();
await one.next();
await using pool = new WorkerPool({ size: 1 });

await compare(`${TRIPS} round trips, one after the other`, 1.25, async () => {
  for (let n = 0; n < TRIPS; n++) check(await one.trip(n), n + 1);
}, async () => {
  for (let n = 0; n < TRIPS; n++) check(await pool.run(increment, [n]), n + 1);
}, cpu);

await compare(`${CALLS} calls at once`, 0.45, async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let got = 0;
  one.onMessage = (value) => {
    check(value, ++got);
    if (got === CALLS) resolve();
  };
  for (let n = 0; n < CALLS; n++) one.worker.postMessage(n);
  await promise;
  one.onMessage = null;
}, async () => {
  const results = await Promise.all(Array.from({ length: CALLS }, (_, n) => pool.run(increment, [n])));
  for (const [n, result] of results.entries()) check(result, n + 1);
});

const STEPS = 10_000_000;
const EXPECTED = spin(STEPS);
const raws = [one, new RawWorker()];
await raws[1]!.next();
await using two = new WorkerPool({ size: 2 });
await two.map([1, 2, 3, 4], increment);

await compare("8 heavy calls on two workers, time", 1.03, async () => {
  await Promise.all(raws.map(async (raw) => {
    for (let i = 0; i < 4; i++) check(await raw.trip(-STEPS), EXPECTED);
  }));
}, async () => {
  for (const result of await Promise.all(Array.from({ length: 8 }, () => two.run(spin, [STEPS])))) {
    check(result, EXPECTED);
  }
});

/** The longest but one percent of the times between two turns of the event loop, while `fn` runs. */
async function lag(fn: () => Promise<void>): Promise<number> {
  const lags: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    lags.push(now - last - 1);
    last = now;
  }, 1);
  await fn();
  clearInterval(timer);
  lags.sort((a, b) => a - b);
  return lags[Math.floor(lags.length * 0.99)] ?? 0;
}

await compare("p99 lag of the event loop while two workers are saturated", 1, async () => {
  await Promise.all(raws.map(async (raw) => {
    for (let i = 0; i < 10; i++) await raw.trip(-2_000_000);
  }));
}, async () => {
  await Promise.all(Array.from({ length: 20 }, () => two.run(spin, [2_000_000])));
}, lag);

// The same function in both kinds of worker: once as part of the module that the worker was started with, once as source.
// V8 makes this one four times faster after about a hundred calls, in both; so both get as many, and the fast one is judged.
for (let i = 0; i < 150; i++) {
  await one.trip(-STEPS / 10);
  await pool.run(spin, [STEPS / 10]);
}
await compare("a heavy call in one worker: a function sent as source, over a module's", 1.03, async () => {
  for (let i = 0; i < 5; i++) check(await one.trip(-STEPS), EXPECTED);
}, async () => {
  for (let i = 0; i < 5; i++) check(await pool.run(spin, [STEPS]), EXPECTED);
}, cpu);
for (const raw of raws) raw.worker.unref();
