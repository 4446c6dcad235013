/** Rows of `createTask`. */

import { body } from "../floors/work.ts";
import { peer } from "../peers/npm.ts";
import { asyncio, trio, uvloop } from "../peers/python.ts";
import type { Round, Row } from "../row.ts";

function oneByOne(call: () => PromiseLike<number>): Round {
  return async (n) => {
    let done = 0;
    for (let i = 0; i < n; i++) done += await call();
    return done;
  };
}

/** What the process takes more while n calls wait, each for a promise of its own; then they are let go, and counted. */
function resident(call: (wait: () => Promise<number>) => PromiseLike<number>): Round {
  return async (n) => {
    const { gc } = globalThis as unknown as { gc(): void };
    const release: ((value: number) => void)[] = [];
    async function wait(): Promise<number> {
      return await new Promise((resolve) => void release.push(resolve));
    }
    const pending: PromiseLike<number>[] = [];
    gc();
    const before = Deno.memoryUsage().rss;
    for (let i = 0; i < n; i++) pending.push(call(wait));
    await new Promise((resolve) => setTimeout(resolve, 20));
    gc();
    const cost = Deno.memoryUsage().rss - before;
    for (const resolve of release) resolve(1);
    let check = 0;
    for (const each of pending) check += await each;
    return { cost, check };
  };
}

/** The rows. */
export const taskRows: Row[] = [
  {
    name: "create and await a task",
    against: "a bare `async` call",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: () => oneByOne(body),
    ours: async () => {
      const { createTask } = await import("../../mod.ts");
      return oneByOne(() => createTask(body));
    },
    goal: 5.5,
    reason: "Between 4.6 and 6.5 in twelve runs, with the pace of the machine: slower memory makes a task dearer " +
      "than a call. In a profile the function's promise is given the face of a task in 20 % of the time (its " +
      "prototype and its scope; a promise of its own would cost twice as much), 17 % are the platform's, 12 " +
      "% the function that sees the task to its end, 9 % the garbage collector. The floor has one promise " +
      "and no scope; what owns, cancels and names a task needs both.",
    peers: {
      "p-queue": async () => {
        const { default: PQueue } = await peer("p-queue");
        const queue = new PQueue();
        return oneByOne(() => queue.add(body));
      },
      effect: async () => {
        const { Effect, Fiber } = await peer("effect");
        const effect = Effect.promise(body);
        return oneByOne(() => Effect.runPromise(Fiber.join(Effect.runFork(effect))));
      },
      effection: async () => {
        const { call, run } = await peer("effection");
        return oneByOne(() => run(() => call(body)));
      },
      asyncio,
      uvloop,
      trio,
    },
  },
  {
    name: "memory of a pending task",
    against: "a bare `async` call, resident; each waits for a promise of its own",
    sizes: [25_000, 50_000, 100_000],
    expected: (n) => n,
    floor: () => resident((wait) => wait()),
    ours: async () => {
      const { createTask } = await import("../../mod.ts");
      return resident((wait) => createTask(wait));
    },
    goal: { 100_000: 2 },
    unit: "bytes",
    fresh: true,
    reason:
      "After a collection the heap holds 1377 B for a task and 569 B for a bare call: a task is 808 B more than the call, " +
      "and the resident size has that and the free space between.",
    peers: {
      "p-queue": async () => {
        const { default: PQueue } = await peer("p-queue");
        const queue = new PQueue();
        return resident((wait) => queue.add(wait));
      },
      effect: async () => {
        const { Effect } = await peer("effect");
        return resident((wait) => Effect.runPromise(Effect.promise(wait)));
      },
      asyncio,
    },
  },
];
