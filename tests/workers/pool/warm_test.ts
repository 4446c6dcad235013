// Workers that are started before they are needed.
import { assertEquals, assertRejects } from "@std/assert";
import { CancelledError, createTask, WorkerLoadError, WorkerPool, WorkerPoolError } from "../../../mod.ts";

for (const backend of ["thread", "web", "process"] as const) {
  Deno.test(`${backend} worker: WorkerPool.warm() resolves when so many can make calls`, async () => {
    await using pool = new WorkerPool({ size: 2, backend });
    await pool.warm(1);
    assertEquals([pool.stats.workers, pool.stats.idle], [1, 1]);
    await pool.warm();
    assertEquals([pool.stats.workers, pool.stats.idle], [2, 2]);
    await pool.warm();
    assertEquals(pool.stats.workers, 2);
  });
}

Deno.test("WorkerPool.warm() waits for the initializer, and rejects with its failure", async () => {
  await using pool = new WorkerPool({
    size: 2,
    initializer: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      (globalThis as { isOpen?: boolean }).isOpen = true;
    },
  });
  await pool.warm();
  assertEquals(pool.stats.idle, 2);
  assertEquals(await pool.run(() => (globalThis as { isOpen?: boolean }).isOpen), true);
  await using broken = new WorkerPool({
    size: 1,
    initializer: () => {
      throw new Error("no table");
    },
  });
  await assertRejects(() => broken.warm(), WorkerLoadError, "no table");
  await assertRejects(() => broken.warm(), WorkerLoadError, "no table");
});

Deno.test("WorkerPool.warm() counts workers that are busy", async () => {
  await using pool = new WorkerPool({ size: 2 });
  const go = Promise.withResolvers<void>();
  const call = pool.run((go: () => Promise<void>) => go(), [() => go.promise]);
  await pool.warm(1);
  assertEquals(pool.stats.workers, 1);
  go.resolve();
  await call;
});

Deno.test("WorkerPool.warm() is given up with its task and by its signal, and the workers come", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const task = createTask(() => pool.warm());
  await Promise.resolve();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  const reason = new RangeError("not needed");
  const controller = new AbortController();
  const warm = pool.warm(1, { signal: controller.signal });
  controller.abort(reason);
  assertEquals(await warm.catch((error) => error), reason);
  await pool.warm();
  assertEquals(pool.stats.workers, 1);
});

Deno.test("WorkerPool.warm() refuses counts out of range, and a pool that is closed", async () => {
  const pool = new WorkerPool({ size: 2 });
  for (const count of [0, 3, 1.5, NaN]) await assertRejects(() => pool.warm(count), RangeError);
  await assertRejects(() => pool.warm("1" as unknown as number), TypeError);
  const warm = assertRejects(() => pool.warm(), WorkerPoolError, "closed");
  await Promise.resolve();
  await pool.close();
  await warm;
  await assertRejects(() => pool.warm(), WorkerPoolError, "closed");
});
