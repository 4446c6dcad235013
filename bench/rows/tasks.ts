/** Rows of `lib/tasks`: gather, createTask, sleep, cancellation. */

import { allTasks, createTask, gather, sleep } from "../../mod.ts";
import type { Contender, Row } from "../harness.ts";
import { peer } from "../peer.ts";

/** What a task does at the least: it waits once. */
async function body(): Promise<number> {
  await null;
  return 1;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const many = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

/** The rows. */
export const taskRows: Row[] = [
  {
    name: "gather of promises",
    sizes: [100, 10_000, 100_000],
    expected: (n) => n,
    floor: async (n) => sum(await Promise.all(many(n, body))),
    ours: async (n) => sum(await gather(many(n, body))),
    goal: 1.25,
    peers: {
      "Promise.allSettled": () => async (n) => (await Promise.allSettled(many(n, body))).length,
    },
    rounds: 300,
  },
  {
    name: "gather of functions",
    sizes: [100, 10_000, 100_000],
    expected: (n) => n,
    floor: async (n) => sum(await Promise.all(many(n, body))),
    ours: async (n) => sum(await gather(many(n, () => body))),
    goal: { 100: 5, 10_000: 5, 100_000: 3.5 },
    peers: {
      "p-all": async () => {
        const { default: pAll } = await peer("p-all@5");
        return async (n: number) => sum(await pAll(many(n, () => body)));
      },
      "p-map": async () => {
        const { default: pMap } = await peer("p-map@7");
        return async (n: number) => sum(await pMap(many(n, () => body), (fn: () => unknown) => fn()));
      },
      "effect": async () => {
        const { Effect } = await peer("effect@3");
        return (n: number) =>
          Effect.runPromise(Effect.all(many(n, () => Effect.promise(body)), { concurrency: "unbounded" })).then(sum);
      },
      "effection": async () => {
        const { all, call, run } = await peer("effection@3");
        return (n: number) => run(() => all(many(n, () => call(body)))).then(sum);
      },
    },
    rounds: 200,
  },
  {
    name: "gather, 10 at a time",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: async (n) => {
      let next = 0;
      let done = 0;
      await Promise.all(many(10, async () => {
        while (next < n) {
          next++;
          const one = await body();
          done += one;
        }
      }));
      return done;
    },
    ours: async (n) => sum(await gather(many(n, () => body), { concurrency: 10 })),
    goal: 4,
    peers: {
      "p-all": async () => {
        const { default: pAll } = await peer("p-all@5");
        return async (n: number) => sum(await pAll(many(n, () => body), { concurrency: 10 }));
      },
      "p-map": async () => {
        const { default: pMap } = await peer("p-map@7");
        return async (n: number) =>
          sum(await pMap(many(n, () => body), (fn: () => unknown) => fn(), { concurrency: 10 }));
      },
      "p-limit": async () => {
        const { default: pLimit } = await peer("p-limit@6");
        return async (n: number) => {
          const limit = pLimit(10);
          return sum(await Promise.all(many(n, () => limit(body))) as number[]);
        };
      },
      "@std/async pooledMap": async () => {
        const { pooledMap } = await import("@std/async/pool");
        return async (n: number) => sum(await Array.fromAsync(pooledMap(10, many(n, () => body), (fn) => fn())));
      },
      "effect": async () => {
        const { Effect } = await peer("effect@3");
        return (n: number) =>
          Effect.runPromise(Effect.all(many(n, () => Effect.promise(body)), { concurrency: 10 })).then(sum);
      },
    },
    rounds: 100,
  },
  {
    name: "create and await a task",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: oneByOne(body),
    ours: oneByOne(() => createTask(body)),
    goal: 5.5,
    peers: {
      "p-queue": async () => {
        const { default: PQueue } = await peer("p-queue@8");
        const queue = new PQueue();
        return oneByOne(() => queue.add(body));
      },
      "effect": async () => {
        const { Effect, Fiber } = await peer("effect@3");
        const effect = Effect.promise(body);
        return oneByOne(() => Effect.runPromise(Fiber.join(Effect.runFork(effect))));
      },
      "effection": async () => {
        const { call, run } = await peer("effection@3");
        return oneByOne(() => run(() => call(body)));
      },
    },
    rounds: 100,
  },
  {
    name: "sleeps of 1 to 50 ms",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: (n) => asleep(n, (ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    ours: (n) => asleep(n, (ms) => sleep(ms)),
    goal: { 100_000: 0.65 },
    peers: {
      "@std/async delay": async () => {
        const { delay } = await import("@std/async/delay");
        return (n: number) => asleep(n, (ms) => delay(ms));
      },
      "effect": async () => {
        const { Effect } = await peer("effect@3");
        return (n: number) => asleep(n, (ms) => Effect.runPromise(Effect.sleep(ms)));
      },
    },
    rounds: 5,
  },
  {
    name: "cancel sleeping tasks",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: async (n) => {
      const timers: { timer: ReturnType<typeof setTimeout>; reject: (error: unknown) => void }[] = [];
      const all = Promise.allSettled(many(n, () =>
        new Promise((resolve, reject) => {
          timers.push({ timer: setTimeout(resolve, 1e6), reject });
        })));
      const start = performance.now();
      const error = new DOMException("cancelled", "AbortError");
      for (const { timer, reject } of timers) {
        clearTimeout(timer);
        reject(error);
      }
      const check = (await all).length;
      return { ms: performance.now() - start, check };
    },
    ours: async (n) => {
      const sleepers = many(n, () => () => sleep(1e6));
      const task = createTask(() => gather(sleepers), { eager: true });
      const before = allTasks().length;
      const start = performance.now();
      task.cancel();
      await task.settled();
      const ms = performance.now() - start;
      return { ms, check: before - 1 - allTasks().length };
    },
    goal: { 100_000: 1 },
    rounds: 20,
  },
];

function oneByOne(call: () => Promise<number>): Contender {
  return async (n) => {
    let done = 0;
    for (let i = 0; i < n; i++) done += await call();
    return done;
  };
}

async function asleep(n: number, wait: (ms: number) => Promise<unknown>): Promise<number> {
  let woken = 0;
  await Promise.all(Array.from({ length: n }, async (_, i) => {
    await wait(1 + i % 50);
    woken++;
  }));
  return woken;
}
