// Many items, and results that are taken one by one.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { CancelledError, createTask, sleep, WorkerPool } from "../../../mod.ts";

/** Counts, and tells how far it was pulled and whether it was closed. */
function counting() {
  const told = { pulled: 0, closed: 0 };
  function* numbers() {
    try {
      for (;;) yield told.pulled++;
    } finally {
      told.closed++;
    }
  }
  return { told, numbers };
}

for (const backend of ["thread", "web", "process"] as const) {
  Deno.test(`${backend} worker: WorkerPool.mapConcurrent() gives results in the order of the items, and break closes the source`, async () => {
    await using pool = new WorkerPool({ size: 2, backend });
    const { told, numbers } = counting();
    const results: number[] = [];
    const late = (n: number) => new Promise<number>((resolve) => setTimeout(() => resolve(n), n % 2 === 0 ? 20 : 0));
    for await (const result of pool.mapConcurrent(numbers(), late)) {
      results.push(result);
      if (results.length === 5) break;
    }
    assertEquals([results, told.closed], [[0, 1, 2, 3, 4], 1]);
    assert(told.pulled <= 5 + 4, `${told.pulled} were pulled`);
  });
}

Deno.test("WorkerPool.mapConcurrent() pulls nothing before a result is asked for, and then as many as may be in hand", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const { told, numbers } = counting();
  const results = pool.mapConcurrent(numbers(), (n) => n, { concurrency: 3 });
  assertEquals(told.pulled, 0);
  assertEquals((await results.next()).value, 0);
  // A reader that takes its time: whatever it might run ahead it has run by now.
  await sleep(50);
  assertEquals(told.pulled, 4);
  assertEquals((await results.next()).value, 1);
  await results.return(undefined);
  assertEquals(told.closed, 1);
});

Deno.test("WorkerPool.mapConcurrent() gives results as they come where order does not matter", async () => {
  await using pool = new WorkerPool({ size: 2 });
  await pool.warm();
  const go = Promise.withResolvers<void>();
  const seen: number[] = [];
  const calls = [0, 1, 2].map((n) => ({ n, go: () => go.promise }));
  const hold = async ({ n, go }: { n: number; go: () => Promise<void> }) => (n === 0 && await go(), n);
  for await (const n of pool.mapConcurrent(calls, hold, { ordered: false })) {
    seen.push(n);
    if (seen.length === 2) go.resolve();
  }
  assertEquals(seen, [1, 2, 0]);
});

Deno.test("WorkerPool.mapConcurrent() hands its function the index, and takes an async source", async () => {
  await using pool = new WorkerPool({ size: 2 });
  async function* words() {
    for (const word of ["a", "b", "c"]) {
      await Promise.resolve();
      yield word;
    }
  }
  const results = pool.mapConcurrent(words(), (word, index) => word + index);
  assertEquals(await Array.fromAsync(results), ["a0", "b1", "c2"]);
});

Deno.test("WorkerPool.mapConcurrent() ends with the first error, of a call or of the source, and closes the source", async () => {
  await using pool = new WorkerPool({ size: 2 });
  const { told, numbers } = counting();
  const failing = pool.mapConcurrent(numbers(), (n) => {
    if (n === 3) throw new RangeError("three");
    return n;
  });
  await assertRejects(() => Array.fromAsync(failing), RangeError, "three");
  assertEquals(told.closed, 1);
  function* broken() {
    yield 1;
    throw new TypeError("the source");
  }
  await assertRejects(() => Array.fromAsync(pool.mapConcurrent(broken(), (n) => n)), TypeError, "the source");
  assertEquals(pool.stats.queued, 0);
});

Deno.test("WorkerPool.mapConcurrent() is cancelled with its task, and closes the source", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const { told, numbers } = counting();
  const begun = Promise.withResolvers<void>();
  const task = createTask(async () => {
    for await (const n of pool.mapConcurrent(numbers(), (n) => n === 1 ? new Promise<number>(() => {}) : n)) {
      if (n === 0) begun.resolve();
    }
  });
  await begun.promise;
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(told.closed, 1);
  assertEquals(await pool.run(() => "well"), "well");
});

Deno.test("WorkerPool.mapConcurrent() refuses what is no function at the call, and map() rejects with it", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const none = 5 as unknown as () => number;
  let thrown: unknown;
  try {
    pool.mapConcurrent([1], none);
  } catch (error) {
    thrown = error;
  }
  assert(thrown instanceof TypeError);
  await assertRejects(() => pool.map([1], none), TypeError);
  await assertRejects(() => pool.map([1], () => 1, { concurrency: 0 }), RangeError, "concurrency");
});
