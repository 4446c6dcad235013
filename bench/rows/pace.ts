/** Rows of `retry`, `RateLimiter` and `KeyedLock`, where nothing is in the way. */

import type { Row } from "../row.ts";

/** The rows. */
export const paceRows: Row[] = [
  {
    name: "retry, of what succeeds",
    against: "the bare call",
    sizes: [10_000, 100_000],
    expected: (n) => n,
    floor: () => async (n) => {
      let done = 0;
      const work = async () => void (await null, done++);
      for (let i = 0; i < n; i++) await work();
      return done;
    },
    ours: async () => {
      const { retry } = await import("../../mod.ts");
      return async (n) => {
        let done = 0;
        const work = async () => void (await null, done++);
        for (let i = 0; i < n; i++) await retry(work);
        return done;
      };
    },
    peers: {
      "@std/async": async () => {
        const { retry } = await import("@std/async/retry");
        return async (n) => {
          let done = 0;
          const work = async () => void (await null, done++);
          for (let i = 0; i < n; i++) await retry(work);
          return done;
        };
      },
    },
    goal: 6,
  },
  {
    name: "rate limiter, with nothing in the way",
    against: "two numbers and the clock, by hand",
    sizes: [10_000, 100_000],
    expected: (n) => n,
    floor: () => async (n) => {
      let done = 0;
      let [free, since] = [1e9, performance.now()];
      async function acquire(): Promise<void> {
        const now = performance.now();
        free = Math.min(1e9, free + (now - since));
        since = now;
        if (free < 1) throw new Error("not free");
        free--;
        await null;
      }
      for (let i = 0; i < n; i++) {
        await acquire();
        done++;
      }
      return done;
    },
    ours: async () => {
      const { RateLimiter } = await import("../../mod.ts");
      return async (n) => {
        const limiter = new RateLimiter({ limit: 1e9 });
        let done = 0;
        for (let i = 0; i < n; i++) {
          await limiter.acquire();
          done++;
        }
        return done;
      };
    },
    goal: 4,
  },
  {
    name: "keyed lock, free",
    against: "a map of promises, by hand",
    sizes: [10_000, 100_000],
    expected: (n) => n,
    floor: () => async (n) => {
      let done = 0;
      const tails = new Map<number, Promise<void>>();
      async function run(key: number, fn: () => void): Promise<void> {
        const before = tails.get(key);
        const { promise, resolve } = Promise.withResolvers<void>();
        tails.set(key, promise);
        await before;
        fn();
        resolve();
        if (tails.get(key) === promise) tails.delete(key);
      }
      for (let i = 0; i < n; i++) await run(i % 100, () => void done++);
      return done;
    },
    ours: async () => {
      const { KeyedLock } = await import("../../mod.ts");
      return async (n) => {
        let done = 0;
        const locks = new KeyedLock<number>();
        for (let i = 0; i < n; i++) {
          using _ = await locks.acquire(i % 100);
          done++;
        }
        return done;
      };
    },
    goal: 3,
  },
];
