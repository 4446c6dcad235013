// What a pool costs over raw workers of the same kind: best of many rounds, taken in turns, with the answers checked.
//
// Run: deno run --allow-read bench/workers.ts
// On one core (where a sequential round trip shows the software's own cost): taskset -c 0 deno run bench/workers.ts

import { Worker } from "node:worker_threads";
import { WorkerPool } from "../mod.ts";

const ROUNDS = 12;
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

/** The best of many rounds of each, taken in turns, so that a busy machine is busy for both. */
async function compare(
  name: string,
  goal: number,
  raw: () => Promise<void>,
  pooled: () => Promise<void>,
): Promise<void> {
  let [bestRaw, bestPooled] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    bestRaw = Math.min(bestRaw, await ms(raw));
    bestPooled = Math.min(bestPooled, await ms(pooled));
  }
  const ratio = (bestPooled / bestRaw).toFixed(2);
  console.log(`${name}: raw ${bestRaw.toFixed(2)} ms, pool ${bestPooled.toFixed(2)} ms, ratio ${ratio} (goal ${goal})`);
}

const one = new RawWorker();
await one.next();
await using pool = new WorkerPool({ size: 1 });

await compare(`${TRIPS} round trips, one after the other`, 1.25, async () => {
  for (let n = 0; n < TRIPS; n++) check(await one.trip(n), n + 1);
}, async () => {
  for (let n = 0; n < TRIPS; n++) check(await pool.run(increment, [n]), n + 1);
});

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

const STEPS = 20_000_000;
const EXPECTED = spin(STEPS);
const raws = [one, new RawWorker()];
await raws[1]!.next();
await using two = new WorkerPool({ size: 2 });
await two.map([1, 2, 3, 4], increment);

await compare("8 heavy calls on two workers", 1 / 0.97, async () => {
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

const rawLag = await lag(async () => {
  await Promise.all(raws.map(async (raw) => {
    for (let i = 0; i < 40; i++) await raw.trip(-2_000_000);
  }));
});
const poolLag = await lag(async () => {
  await Promise.all(Array.from({ length: 80 }, () => two.run(spin, [2_000_000])));
});
console.log(`p99 lag of the event loop while saturated: raw ${rawLag.toFixed(1)} ms, pool ${poolLag.toFixed(1)} ms`);
const overlap = await ms(async () => void await two.run(spin, [STEPS]));
const inline = await ms(() => Promise.resolve(check(spin(STEPS), EXPECTED)));
console.log(`a function in a worker, over the same one imported here: ${(overlap / inline).toFixed(2)}`);
for (const raw of raws) raw.worker.unref();
