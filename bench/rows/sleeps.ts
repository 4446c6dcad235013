/** Rows of `sleep`, and of cancelling what sleeps. */

import { many } from "../floors/work.ts";
import { peer } from "../peers/npm.ts";
import { asyncio, trio, uvloop } from "../peers/python.ts";
import type { Contender, Load, Outcome, Round, Row } from "../row.ts";

type Sleep = (ms: number) => Promise<unknown>;

const ways: Record<string, () => Promise<Sleep>> = {
  floor: () => Promise.resolve((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
  ours: async () => {
    const { sleep } = await import("../../mod.ts");
    return (ms) => sleep(ms);
  },
  delay: async () => {
    const { delay } = await import("@std/async/delay");
    return (ms) => delay(ms);
  },
  effect: async () => {
    const { Effect } = await peer("effect");
    return (ms) => Effect.runPromise(Effect.sleep(ms));
  },
};

/** All at once; each counts once it has woken. */
function wall(way: string): Load {
  return async () => {
    const sleep = await ways[way]!();
    return async (n) => {
      let woken = 0;
      await Promise.all(many(n, async (i) => {
        await sleep(1 + i % 50);
        woken++;
      }));
      return woken;
    };
  };
}

/** By how many milliseconds all but one in a hundred are late at the most. One that is early is a wrong answer. */
function lateness(way: string): Load {
  return async () => {
    const sleep = await ways[way]!();
    return async (n) => {
      const late = new Float64Array(n);
      let early = 0;
      await Promise.all(many(n, async (i) => {
        const ms = 1 + i % 50;
        const start = performance.now();
        await sleep(ms);
        late[i] = performance.now() - start - ms;
        if (late[i]! < 0) early++;
      }));
      return { cost: late.sort()[Math.floor(n * 0.99)]!, check: n - early };
    };
  };
}

/** A timer and a promise for each, as one writes it by hand. */
async function clearAndReject(n: number): Promise<Outcome> {
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
  return { cost: performance.now() - start, check };
}

const cancelTasks: Load = async (): Promise<Round> => {
  const { allTasks, createTask, gather, sleep } = await import("../../mod.ts");
  return async (n) => {
    const sleepers = many(n, () => () => sleep(1e6));
    const task = createTask(() => gather(sleepers), { eager: true });
    const before = allTasks().length;
    const start = performance.now();
    task.cancel();
    await task.settled();
    return { cost: performance.now() - start, check: before - 1 - allTasks().length };
  };
};

const cancelEffects: Load = async (): Promise<Round> => {
  const { Effect, Exit, Fiber } = await peer("effect");
  return async (n) => {
    const fibers = many(n, () => Effect.runFork(Effect.sleep(1e6)));
    await new Promise((resolve) => setTimeout(resolve, 10));
    const start = performance.now();
    await Effect.runPromise(Fiber.interruptAll(fibers));
    const cost = performance.now() - start;
    const exits: unknown[] = await Promise.all(fibers.map((fiber) => Effect.runPromise(Fiber.await(fiber))));
    return { cost, check: exits.filter((exit) => Exit.isFailure(exit)).length };
  };
};

const python: Record<string, Contender> = { asyncio, uvloop, trio };

/** The rows. */
export const sleepRows: Row[] = [
  {
    name: "sleeps of 1 to 50 ms, all at once: wall time",
    against: "`setTimeout` and a promise",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: wall("floor"),
    ours: wall("ours"),
    goal: { 100_000: 0.65 },
    peers: { "@std/async delay": wall("delay"), effect: wall("effect"), ...python },
  },
  {
    name: "sleeps of 1 to 50 ms, all at once: p99 lateness, never early",
    against: "`setTimeout` and a promise",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: lateness("floor"),
    ours: lateness("ours"),
    goal: { 100_000: 0.6 },
    whole: true,
    peers: { "@std/async delay": lateness("delay"), effect: lateness("effect"), ...python },
  },
  {
    name: "a million pending sleeps",
    against: "`setTimeout` and a promise",
    sizes: [1_000_000],
    expected: (n) => n,
    floor: wall("floor"),
    ours: wall("ours"),
    goal: 0.65,
    rounds: 2,
  },
  {
    name: "cancel sleeping tasks",
    against: "`clearTimeout` and reject by hand",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: () => clearAndReject,
    ours: cancelTasks,
    goal: { 100_000: 1 },
    reason:
      "A CPU profile of making, putting to sleep and cancelling 100 000 tasks shows the garbage collector with 57 %: " +
      "what is cancelled is a task with its scope and its waiter, and by hand only a timer and a promise.",
    peers: { effect: cancelEffects, ...python },
  },
];
