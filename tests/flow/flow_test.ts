// What all flows have in common: how they take from their sources, and how they close them.
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError, createTask, InvalidStateError, Queue, sleep } from "../../mod.ts";
import { batch, buffer, debounce, merge, type Source, throttle, zip } from "../../lib/flow/mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { turn } from "../core/manual_clock.ts";
import { reported, started } from "../tasks/watch_tasks.ts";

type Make = (...sources: Source<number>[]) => AsyncIterableIterator<unknown, void, void>;

const FLOWS: Record<string, Make> = {
  merge: (...sources) => merge(...sources),
  zip: (...sources) => zip(...sources),
  buffer: (source) => buffer(source!, 2),
  batch: (source) => batch(source!, 2, { within: 10 }),
  debounce: (source) => debounce(source!, 10),
  throttle: (source) => throttle(source!, 10),
};

/** Gives items, and then waits for ever; says when it is closed. */
async function* source(log: string[], ...items: number[]): AsyncGenerator<number> {
  try {
    yield* items;
    await sleep(Infinity);
  } finally {
    log.push("closed");
  }
}

for (const [name, make] of Object.entries(FLOWS)) {
  asyncTest(`${name}() opens its source with the first step`, async () => {
    let opened = 0;
    const flow = make({
      async *[Symbol.asyncIterator]() {
        opened++;
        yield 1;
      },
    });
    await turn();
    assertEquals(opened, 0);
    await flow.next();
    assertEquals(opened, 1);
    await flow.return!();
  });

  asyncTest(`${name}() closes its source when the loop is cancelled while it waits`, async () => {
    const log: string[] = [];
    const { task } = await started(async () => {
      for await (const _ of make(source(log))) assert(false, "none comes");
    });
    await turn();
    task.cancel();
    await assertRejects(() => task, CancelledError);
    await turn();
    assertEquals(log, ["closed"]);
  });

  asyncTest(`${name}() closes its source when the loop is left`, async () => {
    const log: string[] = [];
    for await (const _ of make(source(log, 1, 2, 3))) break;
    assertEquals(log, ["closed"]);
  });

  asyncTest(`${name}() closes its source at the end of the function that looped`, async () => {
    const log: string[] = [];
    const { flow } = await createTask(async () => {
      const flow = make(source(log, 1, 2));
      await flow.next();
      return { flow };
    });
    await turn();
    assertEquals(log, ["closed"]);
    await flow.return!();
  });

  asyncTest(`${name}() throws the error of its source as it is, after what came before`, async () => {
    const error = new Error("broken");
    async function* failing() {
      yield 1;
      await sleep(20);
      throw error;
    }
    const flow = make(failing());
    assertEquals((await flow.next()).done, false);
    assertStrictEquals(await assertRejects(() => flow.next()), error);
    assertEquals(await flow.next(), { done: true, value: undefined });
  });

  asyncTest(
    `${name}() reports the error of a source that will not close, once there is nobody to throw it to`,
    async () => {
      const errors = await reported(async () => {
        const flow = make({
          [Symbol.asyncIterator]: () => ({
            next: () => new Promise<never>(() => {}),
            return: () => Promise.reject(new Error("will not close")),
          }),
        });
        const { task } = await started(() => flow.next());
        await turn();
        task.cancel();
        await task.settled();
        await turn();
      });
      assertEquals(errors.map((error) => (error as Error).message), ["will not close"]);
    },
  );

  asyncTest(`${name}() ends at once with a source that is empty`, async () => {
    assertEquals(await make([]).next(), { done: true, value: undefined });
  });

  asyncTest(`${name}() refuses a second step before the first has ended`, async () => {
    const flow = make(source([]));
    const step = flow.next();
    await assertRejects(() => flow.next(), InvalidStateError, `the next step of ${name}()`);
    await flow.return!();
    assertEquals((await step).done, true);
  });

  asyncTest(`${name}() opens nothing in a cancelled scope`, async () => {
    let opened = false;
    const { task } = await started(async () => {
      await sleep(Infinity).catch(() => {});
      await make({
        async *[Symbol.asyncIterator]() {
          opened = true;
          yield 1;
        },
      }).next();
    });
    task.cancel();
    await assertRejects(() => task, CancelledError);
    assertEquals(opened, false);
  });

  Deno.test(`${name}() refuses what cannot be iterated`, () => {
    for (const value of [undefined, null, 5, {}, () => {}]) {
      assertThrows(() => make(value as unknown as Source<number>), TypeError, `Cannot ${name}`);
    }
  });
}

asyncTest("merge() gives items as they come, and asks each source for one at a time", async () => {
  const a = new Queue<string>();
  const b = new Queue<string>();
  const flow = merge(a, b);
  const first = flow.next();
  await turn();
  b.tryPut("b1");
  b.tryPut("b2");
  a.tryPut("a1");
  assertEquals((await first).value, "b1");
  assertEquals([(await flow.next()).value, (await flow.next()).value], ["a1", "b2"]);
  a.shutdown();
  b.shutdown();
  assertEquals((await flow.next()).done, true);
});

asyncTest("merge() passes over no source that has items", async () => {
  async function* endless(name: string) {
    for (;;) yield name;
  }
  const seen = { a: 0, b: 0, c: 0 };
  let count = 0;
  for await (const name of merge(endless("a"), endless("b"), endless("c"))) {
    seen[name as "a"]++;
    if (++count === 300) break;
  }
  assertEquals(seen, { a: 100, b: 100, c: 100 });
});

asyncTest("merge() closes the others when one fails, before it throws", async () => {
  const log: string[] = [];
  async function* failing(): AsyncGenerator<number> {
    await sleep(5);
    if (log.length > 0) throw new Error("broken");
    yield 2;
  }
  await assertRejects(
    async () => {
      for await (const _ of merge(source(log, 1), failing())) log.push("item");
    },
    Error,
    "broken",
  );
  await turn();
  assertEquals(log, ["item", "closed"]);
});

asyncTest("zip() asks all sources at once, and ends with the first that has no more", async () => {
  async function* slow(name: string, ms: number, count: number) {
    for (let i = 0; i < count; i++) {
      await sleep(ms);
      yield `${name}${i}`;
    }
  }
  const rounds: unknown[] = [];
  for await (const round of zip(slow("a", 30, 2), slow("b", 20, 5))) rounds.push(round);
  assertEquals(rounds, [["a0", "b0"], ["a1", "b1"]]);
});

asyncTest("buffer() works ahead by its size, and no more", async () => {
  let made = 0;
  async function* numbers() {
    for (;;) yield ++made;
  }
  const flow = buffer(numbers(), 3);
  assertEquals((await flow.next()).value, 1);
  for (let i = 0; i < 5; i++) await turn();
  assertEquals(made, 4);
  assertEquals([(await flow.next()).value, (await flow.next()).value], [2, 3]);
  for (let i = 0; i < 5; i++) await turn();
  assertEquals(made, 6);
  await flow.return!();
});

asyncTest("batch() gives a list when it is full, when its time is over, and at the end", async () => {
  async function* items() {
    yield* [1, 2, 3];
    await sleep(100);
    yield 4;
    await sleep(100);
    yield 5;
  }
  const lists: number[][] = [];
  for await (const list of batch(items(), 2, { within: 50 })) lists.push(list);
  assertEquals(lists, [[1, 2], [3], [4], [5]]);
});

asyncTest("batch() gives what came before an error", async () => {
  async function* items() {
    yield 1;
    throw new Error("broken");
  }
  const flow = batch(items(), 10);
  assertEquals((await flow.next()).value, [1]);
  await assertRejects(() => flow.next(), Error, "broken");
});

asyncTest("debounce() gives the last of a burst, and the last of all", async () => {
  async function* items() {
    yield* [1, 2];
    await sleep(10);
    yield 3;
    await sleep(30);
    yield* [4, 5];
  }
  const seen: number[] = [];
  for await (const item of debounce(items(), 20)) seen.push(item);
  assertEquals(seen, [3, 5]);
});

asyncTest("debounce() keeps the latest item for a loop that is busy", async () => {
  async function* items() {
    yield 1;
    await sleep(50);
    yield* [2, 3];
    await sleep(50);
    yield 4;
    await sleep(Infinity);
  }
  const flow = debounce(items(), 20);
  assertEquals((await flow.next()).value, 1);
  await sleep(200);
  assertEquals((await flow.next()).value, 4);
  await flow.return!();
});

asyncTest("throttle() gives the first at once, then at most one in its time", async () => {
  async function* items() {
    for (let i = 0; i < 10; i++) {
      yield i;
      await sleep(10);
    }
  }
  const seen: number[] = [];
  for await (const item of throttle(items(), 35)) seen.push(item);
  assertEquals(seen, [0, 4, 8]);
});

asyncTest("debounce() and throttle() let timers have their turn when a source gives without end", async () => {
  function* endless() {
    for (;;) yield 1;
  }
  for (const make of [() => debounce(endless(), 1_000), () => throttle(endless(), 1_000)]) {
    const { task } = await started(async () => {
      for await (const _ of make()) { /* the first, or none */ }
    });
    for (let i = 0; i < 3; i++) await turn();
    task.cancel();
    await assertRejects(() => task, CancelledError);
  }
});

Deno.test("flows say what is wrong with their numbers", () => {
  assertThrows(() => buffer([], 0), RangeError, "Cannot buffer as size must be a whole number from 1");
  assertThrows(() => batch([], 0.5), RangeError, "Cannot batch as size");
  assertThrows(() => batch([], 1, { within: -1 }), RangeError, "Cannot batch");
  assertThrows(() => debounce([], NaN), RangeError, "Cannot debounce");
  assertThrows(() => throttle([], "1" as unknown as number), TypeError, "Cannot throttle");
  assertThrows(() => zip(), TypeError, "Cannot zip as there is no source");
});
