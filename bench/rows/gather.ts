/** Rows of `gather`. */

import { body, many, sum } from "../floors/work.ts";
import { peer } from "../peers/npm.ts";
import { asyncio, trio, uvloop } from "../peers/python.ts";
import type { Contender, Load, Row } from "../row.ts";

async function toolkit(): Promise<typeof import("../../mod.ts")> {
  return await import("../../mod.ts");
}

function effect(concurrency: number | "unbounded"): Load {
  return async () => {
    const { Effect } = await peer("effect");
    return (n) => Effect.runPromise(Effect.all(many(n, () => Effect.promise(body)), { concurrency })).then(sum);
  };
}

const pAll = (concurrency: number): Load => async () => {
  const { default: pAll } = await peer("p-all");
  return async (n) => sum(await pAll(many(n, () => body), { concurrency }));
};

const pMap = (concurrency: number): Load => async () => {
  const { default: pMap } = await peer("p-map");
  return async (n) => sum(await pMap(many(n, () => body), (fn: () => unknown) => fn(), { concurrency }));
};

const pLimit: Load = async () => {
  const { default: pLimit } = await peer("p-limit");
  return async (n) => {
    const limit = pLimit(10);
    return sum(await Promise.all(many(n, () => limit(body))) as number[]);
  };
};

const pooled: Load = async () => {
  const { pooledMap } = await import("@std/async/pool");
  return async (n) => sum(await Array.fromAsync(pooledMap(10, many(n, () => body), (fn) => fn())));
};

const effection: Contender = async () => {
  const { all, call, run } = await peer("effection");
  return (n) => run(() => all(many(n, () => call(body)))).then(sum);
};

/** Ten loops that take the next one, until there is none. */
async function tenLoops(n: number): Promise<number> {
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
}

/** The rows. */
export const gatherRows: Row[] = [
  {
    name: "gather of promises",
    against: "`Promise.all`",
    sizes: [100, 1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: () => async (n) => sum(await Promise.all(many(n, body))),
    ours: async () => {
      const { gather } = await toolkit();
      return async (n) => sum(await gather(many(n, body)));
    },
    goal: 1.25,
    peers: {
      "Promise.allSettled": () => async (n) => (await Promise.allSettled(many(n, body))).length,
    },
  },
  {
    name: "gather of functions",
    against: "`Promise.all` of bare calls",
    sizes: [100, 10_000, 100_000],
    expected: (n) => n,
    floor: () => async (n) => sum(await Promise.all(many(n, body))),
    ours: async () => {
      const { gather } = await toolkit();
      return async (n) => sum(await gather(many(n, () => body)));
    },
    goal: { 100: 5, 10_000: 5, 100_000: 3.5 },
    peers: {
      "p-all": pAll(Infinity),
      "p-map": pMap(Infinity),
      effect: effect("unbounded"),
      effection,
      asyncio,
      uvloop,
      trio,
    },
  },
  {
    name: "gather, 10 at a time",
    against: "ten loops by hand",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: () => tenLoops,
    ours: async () => {
      const { gather } = await toolkit();
      return async (n) => sum(await gather(many(n, () => body), { concurrency: 10 }));
    },
    goal: 4,
    peers: {
      "p-all": pAll(10),
      "p-map": pMap(10),
      "p-limit": pLimit,
      "@std/async pooledMap": pooled,
      effect: effect(10),
      asyncio,
      uvloop,
    },
  },
];
