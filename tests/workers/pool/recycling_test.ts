// Workers that are replaced before they have to be: after so many calls, and at so large a heap.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { gather, sleep, WorkerPool, WorkerTimeoutError } from "../../../mod.ts";

/** Says which worker it runs in: the first call in each gives it a name. */
function where(): string {
  const here = globalThis as { name_?: string };
  return here.name_ ??= crypto.randomUUID();
}

/** As {@linkcode where}, when it is told to go on. */
async function whereLater(go: () => Promise<void>): Promise<string> {
  const here = globalThis as { name_?: string };
  here.name_ ??= crypto.randomUUID();
  await go();
  return here.name_;
}

for (const backend of ["thread", "web", "process"] as const) {
  // As long as it takes to start four workers one after the other.
  Deno.test(`${backend} worker: makes maxCalls calls, and another makes those that follow`, async () => {
    await using pool = new WorkerPool({ size: 1, backend, maxCalls: 3 });
    const workers: string[] = [];
    for (let call = 0; call < 7; call++) workers.push(await pool.run(where));
    const made = [...new Set(workers)].map((name) => workers.filter((each) => each === name).length);
    assertEquals(made, [3, 3, 1]);
  });

  Deno.test(`${backend} worker: is sent no more calls ahead than it may make`, async () => {
    await using pool = new WorkerPool({ size: 2, backend, maxCalls: 4 });
    const workers = await gather(Array.from({ length: 20 }, () => () => pool.run(where)));
    const made = [...new Set(workers)].map((name) => workers.filter((each) => each === name).length);
    assert(made.every((count) => count <= 4), String(made));
    assertEquals(workers.length, 20);
  });

  Deno.test(`${backend} worker: is replaced, when idle, once its heap has grown to maxHeap`, async () => {
    await using pool = new WorkerPool({ size: 1, backend, maxHeap: 48 * 2 ** 20 });
    const first = await pool.run(where);
    await sleep(50);
    assertEquals(await pool.run(where), first);
    await pool.run(() => {
      const kept: unknown[] = (globalThis as { kept?: unknown[] }).kept ??= [];
      for (let n = 0; n < 1_000; n++) kept.push(new Array(10_000).fill(n));
    });
    // As long as it takes for it to be asked, and to answer.
    while (await pool.run(where) === first) await sleep(5);
    assertEquals(await pool.run(() => (globalThis as { kept?: unknown[] }).kept), undefined);
    assertEquals(pool.stats.stopped, { cooperative: 0, terminated: 0, killed: 0, abandoned: 0 });
  });
}

Deno.test("WorkerPool with maxCalls starts the next worker while the last call of one runs, and lets it wait its turn", async () => {
  await using pool = new WorkerPool({ size: 1, maxCalls: 1 });
  const go = Promise.withResolvers<void>();
  const first = pool.run(whereLater, [() => go.promise]);
  const second = pool.run(where);
  while (pool.stats.idle === 0) await sleep(1);
  assertEquals([pool.stats.workers, pool.stats.busy, pool.stats.queued], [2, 1, 1]);
  go.resolve();
  assert(await first !== await second);
});

Deno.test("WorkerPool with maxCalls runs no more at a time than it has workers", async () => {
  await using pool = new WorkerPool({ size: 2, maxCalls: 2 });
  let running = 0;
  let most = 0;
  const enter = () => void (most = Math.max(most, ++running));
  const leave = () => void running--;
  await Promise.all(Array.from({ length: 12 }, () =>
    pool.run(async (enter: () => void, leave: () => void) => {
      await enter();
      await new Promise((resolve) => setTimeout(resolve, 5));
      await leave();
    }, [enter, leave])));
  assertEquals([running, most], [0, 2]);
});

Deno.test("WorkerPool with maxCalls counts what was stopped with its worker, and not what has come to its end", async () => {
  await using pool = new WorkerPool({ size: 1, maxCalls: 1 });
  for (let call = 0; call < 3; call++) await pool.run(where);
  assertEquals(pool.stats.stopped.terminated, 0);
  await assertRejects(
    () =>
      pool.run(
        () => {
          for (;;);
        },
        [],
        { timeout: 20 },
      ),
    WorkerTimeoutError,
  );
  assertEquals(pool.stats.stopped.terminated, 1);
  await pool.run(where);
});

Deno.test("WorkerPool with maxCalls keeps minWorkers, and no more", async () => {
  await using pool = new WorkerPool({ size: 2, maxCalls: 1 });
  await gather(Array.from({ length: 6 }, () => () => pool.run(where)));
  while (pool.stats.workers !== 2 || pool.stats.idle !== 2) await sleep(1);
});

Deno.test("a stream counts as one call, and its worker is not replaced under it", async () => {
  await using pool = new WorkerPool({ size: 1, maxCalls: 1, maxHeap: 1 });
  const values = await Array.fromAsync(pool.stream(async function* () {
    for (let n = 0; n < 5; n++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      yield n;
    }
  }));
  assertEquals(values, [0, 1, 2, 3, 4]);
});

Deno.test("WorkerPool with a maxHeap below that of an empty worker makes every call, one worker each, and comes to rest", async () => {
  const started = new Int32Array(new SharedArrayBuffer(4));
  const initializer = (started: Int32Array) => void Atomics.add(started, 0, 1);
  await using pool = new WorkerPool({ size: 1, maxHeap: 1, initializer, initArgs: [started] });
  for (let call = 1; call <= 3; call++) {
    assertEquals(await pool.run((n: number) => n, [call]), call);
    while (Atomics.load(started, 0) <= call) await sleep(1);
  }
  // Whatever it might go on to do without calls it would do by now.
  await sleep(100);
  assertEquals([Atomics.load(started, 0), pool.stats.workers], [4, 1]);
});
