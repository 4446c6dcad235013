// Waits that would wait for themselves: each goes on, or says at once that it cannot.
import { AsyncLocalStorage } from "node:async_hooks";
import { assertEquals, assertRejects } from "@std/assert";
import { createTask, currentTask, runInWorker, timeout, WorkerPool, WorkerPoolError } from "../../../mod.ts";

type Callback = (value?: unknown) => Promise<unknown>;

function* count(): Generator<number> {
  for (let n = 0;; n++) yield n;
}

const call = (callback: Callback) => callback();
const callTwice = async (callback: Callback) => [await callback(1), await callback(2)];

Deno.test("WorkerPool.close() in the loop over a stream of its own ends the stream, and reading on says so", async () => {
  const pool = new WorkerPool({ size: 1 });
  const seen: number[] = [];
  await assertRejects(
    async () => {
      for await (const n of pool.stream(count)) {
        seen.push(n);
        if (n === 2) await pool.close();
      }
    },
    WorkerPoolError,
    "has closed its worker pool",
  );
  assertEquals([seen, pool.stats.workers], [[0, 1, 2], 0]);
});

Deno.test("WorkerPool.close() in the loop over a stream of its own, which then breaks, is no error", async () => {
  await createTask(async () => {
    await using pool = new WorkerPool({ size: 1 });
    for await (const n of pool.stream(count)) {
      if (n < 2) continue;
      // In a timeout it is the same task still.
      await timeout(60_000, () => pool.close());
      break;
    }
  });
});

Deno.test("the end of a WorkerPool's block ends a stream that nobody reads to its end", async () => {
  async function first(pool: WorkerPool): Promise<number> {
    const { value } = await pool.stream(count).next();
    return value;
  }
  {
    await using pool = new WorkerPool({ size: 2 });
    assertEquals(await first(pool), 0);
    assertEquals(await createTask(() => first(pool)), 0);
  }
  await createTask(async () => {
    await using pool = new WorkerPool({ size: 1 });
    assertEquals(await first(pool), 0);
  });
});

Deno.test("WorkerPool.close() waits for a stream that another task reads", async () => {
  const pool = new WorkerPool({ size: 1 });
  const begun = Promise.withResolvers<void>();
  function* hundred(): Generator<number> {
    for (let n = 0; n < 100; n++) yield n;
  }
  const reader = createTask(async () => {
    let read = 0;
    for await (const _ of pool.stream(hundred)) {
      begun.resolve();
      read++;
    }
    return read;
  });
  await begun.promise;
  await pool.close();
  assertEquals(await reader, 100);
});

for (const backend of ["thread", "process"] as const) {
  Deno.test(`${backend} worker: a callback that calls its own pool of one is told that it would wait for ever`, async () => {
    await using pool = new WorkerPool({ size: 1, backend });
    await assertRejects(
      () => pool.run(call, [() => pool.run(() => 1)]),
      WorkerPoolError,
      "in a callback as that would wait for ever: each of its workers (1)",
    );
    assertEquals(await pool.run(() => "well"), "well");
  });
}

Deno.test("a callback calls its own pool as long as there is a worker for that", async () => {
  await using pool = new WorkerPool({ size: 3 });
  const nested = (depth: number): Promise<unknown> =>
    depth === 0 ? pool.run(() => "deepest") : pool.run(call, [() => nested(depth - 1)]);
  assertEquals(await nested(2), "deepest");
  await assertRejects(() => nested(3), WorkerPoolError, "each of its workers (3)");
  // The other worker is busy with what does end, and comes to it then.
  const other = pool.run(() => new Promise((resolve) => setTimeout(resolve, 100)));
  assertEquals(await nested(1), "deepest");
  await other;
});

Deno.test("a callback through another pool is told that its first pool waits for it", async () => {
  await using one = new WorkerPool({ size: 1 });
  await using other = new WorkerPool({ size: 1 });
  const there = (fn: () => unknown) => other.run(call, [async () => await fn()]);
  assertEquals(await one.run(call, [() => there(() => "there")]), "there");
  await assertRejects(() => one.run(call, [() => there(() => one.run(() => 1))]), WorkerPoolError, "wait for ever");
});

Deno.test("WorkerPool.close() in a callback waits for all but the call that it is part of", async () => {
  for (const force of [false, true]) {
    const pool = new WorkerPool({ size: 2 });
    const ends: string[] = [];
    const other = pool.run(() => new Promise((resolve) => setTimeout(resolve, force ? 60_000 : 100)))
      .catch(() => {}).then(() => void ends.push("other"));
    const own = pool.run(call, [async () => {
      await pool.close({ force });
      ends.push("closed");
    }]).catch(() => {}).then(() => void ends.push("own"));
    await Promise.all([own, other]);
    assertEquals(ends.includes("closed") ? ends.indexOf("other") < ends.indexOf("closed") : force, true);
    await pool.close();
    assertEquals(pool.stats.workers, 0);
  }
});

Deno.test("a callback runs in the context of the call that was handed it, whoever else has called the pool", async () => {
  const storage = new AsyncLocalStorage<string>();
  await using pool = new WorkerPool({ size: 1 });
  const seen: unknown[] = [];
  const told = () => Promise.resolve(void seen.push([storage.getStore(), currentTask()?.name]));
  const run = (name: string) => storage.run(name, () => pool.run(callTwice, [told], { name }));
  await Promise.all(["one", "two", "three"].map(run));
  assertEquals(seen, ["one", "one", "two", "two", "three", "three"].map((name) => [name, name]));
});

Deno.test("the cancellation of one call does not reach the callbacks of those that waited behind it", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const first = pool.run(() => new Promise(() => {}));
  const second = pool.run(call, [async () => await timeout(60_000, () => Promise.resolve("called"))]);
  await pool.run(() => {}, [], { queueTimeout: 1 }).catch(() => {});
  first.cancel();
  assertEquals(await second, "called");
});

Deno.test("a progress callback that calls its own pool of one is told so", async () => {
  const error = Promise.withResolvers<unknown>();
  await using pool = new WorkerPool({ size: 1 });
  await runInWorker(
    function () {
      this.progress(1);
    },
    [],
    { pool, onProgress: () => void pool.run(() => 1).catch((reason) => error.resolve(reason)) },
  );
  assertEquals(await error.promise instanceof WorkerPoolError, true);
});
