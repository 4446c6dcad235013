/** Rows of `Queue`. */

import { type Items, LeanQueue, PlainQueue } from "../floors/queues.ts";
import { peer } from "../peers/npm.ts";
import { asyncio, trio, uvloop } from "../peers/python.ts";
import type { Load, Round, Row } from "../row.ts";

type Make = (maxsize: number) => Items;
type Use = (make: () => Items) => Round;

/** One puts and one gets, side by side. */
const passed: Use = (make) => async (n) => {
  const queue = make();
  let sum = 0;
  async function produce(): Promise<void> {
    for (let i = 0; i < n; i++) await queue.put(i);
  }
  async function consume(): Promise<void> {
    for (let i = 0; i < n; i++) sum += await queue.get();
  }
  await Promise.all([produce(), consume()]);
  return sum;
};

/** All are put before the first is taken out. */
const piledUp: Use = (make) => async (n) => {
  const queue = make();
  let sum = 0;
  for (let i = 0; i < n; i++) await queue.put(i);
  for (let i = 0; i < n; i++) sum += await queue.get();
  return sum;
};

async function ours(): Promise<Make> {
  const { Queue } = await import("../../mod.ts");
  return (maxsize) => new Queue<number>(maxsize);
}

/** One fiber puts and one takes. */
function effect(maxsize: number): Load {
  return async () => {
    const { Effect, Queue } = await peer("effect");
    return async (n) => {
      let sum = 0;
      const program = Effect.gen(function* () {
        const queue = yield* (maxsize === Infinity ? Queue.unbounded() : Queue.bounded(maxsize));
        const produce = Effect.gen(function* () {
          for (let i = 0; i < n; i++) yield* Queue.offer(queue, i);
        });
        const consume = Effect.gen(function* () {
          for (let i = 0; i < n; i++) sum += yield* Queue.take(queue);
        });
        yield* Effect.all([produce, consume], { concurrency: 2 });
      });
      await Effect.runPromise(program);
      return sum;
    };
  };
}

function rowOf(name: string, maxsize: number, use: Use, sizes: number[], peers: NonNullable<Row["peers"]>): Row {
  return {
    name,
    against: "the smallest one by hand",
    sizes,
    expected: (n) => n * (n - 1) / 2,
    floor: () => use(() => new PlainQueue(maxsize)),
    ours: async () => {
      const make = await ours();
      return use(() => make(maxsize));
    },
    goal: 1.2,
    peers: { "by hand, not async": () => use(() => new LeanQueue(maxsize)), ...peers },
  };
}

/** The rows. */
export const queueRows: Row[] = [
  ...[Infinity, 100, 1].map((maxsize) =>
    rowOf(
      maxsize === Infinity ? "queue, unbounded" : `queue of ${maxsize}`,
      maxsize,
      passed,
      [1_000, 10_000, 100_000],
      {
        effect: effect(maxsize),
        asyncio,
        uvloop,
        trio,
      },
    )
  ),
  rowOf("queue, all put before the first get", Infinity, piledUp, [10_000, 100_000, 1_000_000], { asyncio }),
];
