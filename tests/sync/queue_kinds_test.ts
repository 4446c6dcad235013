import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { checkpoint, createTask, LifoQueue, PriorityQueue } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** Take out all that is there. */
function drain<T>(queue: { tryGet(): T | undefined; size: number }): T[] {
  return Array.from({ length: queue.size }, () => queue.tryGet()!);
}

Deno.test("PriorityQueue gives the lowest priority first", () => {
  const queue = new PriorityQueue<[number, string]>();
  for (const item of [[3, "c"], [1, "a"], [2, "b"]] as [number, string][]) queue.tryPut(item);
  assertEquals(drain(queue).map(([, name]) => name), ["a", "b", "c"]);
});

Deno.test("PriorityQueue agrees with a stable sort", () => {
  const queue = new PriorityQueue<{ key: number; id: number }>(0, { priority: ({ key }) => key });
  // Multiplying by a prime shuffles well enough, and the same each time.
  const items = Array.from({ length: 1000 }, (_, id) => ({ key: id * 7919 % 50, id }));
  for (const item of items) queue.tryPut(item);
  assertEquals(drain(queue), items.toSorted((a, b) => a.key - b.key));
});

Deno.test("PriorityQueue keeps its order while items come and go", () => {
  const queue = new PriorityQueue<number>();
  const model: number[] = [];
  for (let step = 0; step < 2000; step++) {
    if (step % 3 === 2) {
      model.sort((a, b) => a - b);
      assertEquals(queue.tryGet(), model.shift());
    } else {
      const item = step * 7919 % 101;
      queue.tryPut(item);
      model.push(item);
    }
  }
});

Deno.test("PriorityQueue never compares the items themselves", () => {
  const untouchable = new Proxy({}, {
    get(_, key) {
      throw new Error(`looked at ${String(key)}`);
    },
  });
  const queue = new PriorityQueue<[number, unknown]>();
  for (let i = 0; i < 10; i++) queue.tryPut([1, untouchable]);
  assertEquals(drain(queue).length, 10);
});

asyncTest("PriorityQueue admits those who wait to put by turn, then sorts them", async () => {
  const queue = new PriorityQueue<number>(1);
  queue.tryPut(5);
  const waiting = [9, 1].map((item) => queue.put(item));
  assertEquals([await queue.get(), await queue.get(), await queue.get()], [5, 9, 1]);
  await Promise.all(waiting);
});

asyncTest("PriorityQueue hands an item straight to one who waits", async () => {
  const queue = new PriorityQueue<number>();
  const waiting = queue.get();
  queue.tryPut(3);
  assertEquals(await waiting, 3);
});

asyncTest("PriorityQueue rejects an item without a priority, at once", async () => {
  const queue = new PriorityQueue<unknown>(1);
  await assertRejects(() => queue.put("high"), TypeError, '"high"');
  assertThrows(() => queue.tryPut([NaN]), TypeError, "NaN");
  queue.tryPut(1);
  await assertRejects(() => queue.put({}), TypeError, "an object");
  const waiting = new PriorityQueue<unknown>();
  const get = waiting.get();
  assertThrows(() => waiting.tryPut(undefined), TypeError, "undefined");
  waiting.tryPut([0]);
  assertEquals(await get, [0]);
});

interface Job {
  name: string;
  meta?: { rank: number };
}

asyncTest(
  "PriorityQueue.put() fails when its item has no priority any more once there is room; get() does not",
  async () => {
    for (const take of ["get", "tryGet", "for await"]) {
      const queue = new PriorityQueue<Job>(1, { priority: (job) => job.meta!.rank });
      const [first, bad, worse, good] = ["first", "bad", "worse", "good"].map((name): Job => ({
        name,
        meta: { rank: 1 },
      }));
      queue.tryPut(first!);
      const puts = [bad, worse, good].map((job) => createTask(() => queue.put(job!), { eager: true }));
      delete bad!.meta;
      worse!.meta = { rank: NaN };
      if (take === "get") assertEquals(await queue.get(), first);
      if (take === "tryGet") assertEquals(queue.tryGet(), first);
      if (take === "for await") {
        for await (const job of queue) {
          assertEquals(job, first);
          break;
        }
      }
      await assertRejects(() => puts[0]!, TypeError, "rank");
      await assertRejects(() => puts[1]!, TypeError, "NaN");
      await puts[2];
      assertEquals([queue.tryGet(), queue.stats()], [good, {
        size: 0,
        peak: 1,
        getting: 0,
        putting: 0,
        unfinished: 2,
      }]);
    }
  },
);

asyncTest("PriorityQueue keeps to its size, and loses nothing, when its priority() uses the queue", async () => {
  const log: (number | undefined)[] = [];
  let use: (() => void) | undefined;
  const queue: PriorityQueue<number> = new PriorityQueue<number>(1, {
    priority: (item) => {
      const once = use;
      use = undefined;
      once?.();
      return item;
    },
  });
  // Somebody comes to get, in the middle of a put.
  let got: Promise<number> | undefined;
  use = () => got = queue.get();
  queue.tryPut(1);
  log.push(await got!);
  // Somebody puts, in the middle of a put, what fills it.
  use = () => queue.tryPut(2);
  assert(!queue.tryPut(3));
  // Somebody takes the place of one that waits for it.
  const waiting = queue.put(4);
  use = () => queue.tryPut(5);
  log.push(await queue.get(), queue.size, await queue.get());
  await waiting;
  log.push(await queue.get());
  assertEquals(log, [1, 2, 1, 5, 4]);
});

asyncTest("LifoQueue gives what was put last", async () => {
  const queue = new LifoQueue<number>(3, { name: "stack" });
  for (const item of [1, 2, 3]) await queue.put(item);
  const waiting = queue.put(4);
  await checkpoint();
  assertEquals([queue.full, await queue.get(), await queue.get()], [true, 3, 4]);
  await waiting;
  assertEquals([drain(queue), queue.name], [[2, 1], "stack"]);
});
