/** Rows of `Semaphore`. */

import { GuardingSemaphore, LeanSemaphore, type Permits, PlainSemaphore } from "../floors/semaphores.ts";
import { many } from "../floors/work.ts";
import { peer } from "../peers/npm.ts";
import { asyncio, trio, uvloop } from "../peers/python.ts";
import type { Contender, Load, Round, Row } from "../row.ts";

/** One task takes a permit and gives it back, n times. */
function free(permits: Permits): Round {
  return async (n) => {
    let done = 0;
    for (let i = 0; i < n; i++) {
      await permits.acquire();
      done++;
      permits.release();
    }
    return done;
  };
}

/** The same by a guard. */
function guarded(permits: { acquire(): Promise<Disposable> }): Round {
  return async (n) => {
    let done = 0;
    for (let i = 0; i < n; i++) {
      using _ = await permits.acquire();
      done++;
    }
    return done;
  };
}

/** A hundred flows want the one permit there is, and hold it while others run. */
function contended(permits: Permits): Round {
  return async (n) => {
    let done = 0;
    let holders = 0;
    async function work(): Promise<void> {
      for (let i = 0; i < n / 100; i++) {
        await permits.acquire();
        if (++holders > 1) throw new Error("two hold the permit");
        await null;
        done++;
        holders--;
        permits.release();
      }
    }
    await Promise.all(many(100, work));
    return done;
  };
}

async function ours(): Promise<Permits & { acquire(): Promise<Disposable> }> {
  const { Semaphore } = await import("../../mod.ts");
  return new Semaphore(1);
}

async function asyncMutex(): Promise<Permits> {
  const { Semaphore } = await peer("async-mutex");
  return new Semaphore(1);
}

/** One permit of p-limit around nothing, or around a turn. */
function pLimit(flows: number): Load {
  return async () => {
    const { default: pLimit } = await peer("p-limit");
    const limit = pLimit(1);
    return async (n) => {
      let done = 0;
      await Promise.all(many(flows, async () => {
        for (let i = 0; i < n / flows; i++) {
          await limit(async () => {
            if (flows > 1) await null;
            done++;
          });
        }
      }));
      return done;
    };
  };
}

function effect(flows: number): Load {
  return async () => {
    const { Effect, Semaphore } = await peer("effect");
    const make = Semaphore?.makeUnsafe ?? Effect.unsafeMakeSemaphore;
    const semaphore = make(1);
    return async (n) => {
      let done = 0;
      const turn = flows > 1 ? Effect.promise(() => Promise.resolve()) : Effect.void;
      const held = semaphore.withPermits(1)(Effect.andThen(turn, Effect.sync(() => void done++)));
      const flow = Effect.gen(function* () {
        for (let i = 0; i < n / flows; i++) yield* held;
      });
      await Effect.runPromise(Effect.all(many(flows, () => flow), { concurrency: "unbounded" }));
      return done;
    };
  };
}

const python: Record<string, Contender> = { asyncio, uvloop, trio };
const SIZES = [1_000, 10_000, 100_000];

/** The rows. */
export const semaphoreRows: Row[] = [
  {
    name: "semaphore, free",
    against: "the smallest one by hand",
    sizes: SIZES,
    expected: (n) => n,
    floor: () => free(new PlainSemaphore()),
    ours: async () => free(await ours()),
    goal: 1.2,
    peers: {
      "by hand, not async": () => free(new LeanSemaphore()),
      "async-mutex": async () => free(await asyncMutex()),
      "p-limit": pLimit(1),
      effect: effect(1),
      ...python,
    },
  },
  {
    name: "semaphore, free, with a guard",
    against: "the smallest one by hand that gives a guard, not async",
    sizes: SIZES,
    expected: (n) => n,
    floor: () => guarded(new GuardingSemaphore()),
    ours: async () => guarded(await ours()),
    goal: 1.2,
  },
  {
    name: "semaphore, contended",
    against: "the smallest one by hand",
    sizes: SIZES,
    expected: (n) => n,
    floor: () => contended(new PlainSemaphore()),
    ours: async () => contended(await ours()),
    goal: 1.2,
    peers: {
      "by hand, not async": () => contended(new LeanSemaphore()),
      "async-mutex": async () => contended(await asyncMutex()),
      "p-limit": pLimit(100),
      effect: effect(100),
      ...python,
    },
  },
];
