import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  createTask,
  type Executor,
  runInWorker,
  sleep,
  timeout,
  workerModule,
  WorkerOutOfMemoryError,
  WorkerPool,
  WorkerPoolError,
  type WorkerPoolOptions,
  type WorkerScope,
  WorkerTimeoutError,
} from "../../../mod.ts";

const CPU = new URL("../fixtures/cpu.ts", import.meta.url);

function spin(): never {
  for (;;);
}

function later(ms: number): Promise<number> {
  return new Promise((resolve) => setTimeout(() => resolve(ms), ms));
}

for (
  const [options, kind, message] of [
    [{ size: 0 }, RangeError, "size"],
    [{ size: NaN }, RangeError, "size"],
    [{ size: "2" }, TypeError, "size"],
    [{ maxWorkers: 1, minWorkers: 2 }, RangeError, "minWorkers is above maxWorkers"],
    [{ idleTimeout: -1 }, RangeError, "duration"],
    [{ maxQueue: -1 }, RangeError, "maxQueue"],
    [{ maxCalls: 0 }, RangeError, "maxCalls"],
    [{ maxCalls: 1.5 }, RangeError, "maxCalls"],
    [{ maxHeap: -1 }, RangeError, "maxHeap"],
    [{ maxHeap: "64 MB" }, TypeError, "maxHeap"],
    [{ initializer: 5 }, TypeError, "function"],
    [{ initializer: Math.max }, TypeError, "built in"],
    [{ initArgs: [1] }, TypeError, "no initializer"],
    [{ initArgs: 1 }, TypeError, "initArgs must be an array"],
    [{ backend: "gpu" }, TypeError, "backend"],
    [{ permissions: { read: true } }, TypeError, "permissions"],
    [{ resourceLimits: { maxOldGenerationSizeMb: 0 } }, RangeError, "maxOldGenerationSizeMb"],
  ] as const
) {
  Deno.test(`new WorkerPool(${Deno.inspect(options)}) is refused`, () => {
    assertThrows(() => new WorkerPool(options as WorkerPoolOptions), kind, message);
  });
}

for (
  const [options, kind, message] of [
    [{ timeout: -1 }, RangeError, "duration"],
    [{ queueTimeout: NaN }, RangeError, "duration"],
    [{ grace: "1" }, TypeError, "duration"],
    [{ permissions: {} }, TypeError, "permissions"],
  ] as const
) {
  Deno.test(`WorkerPool.run() with ${Deno.inspect(options)} is refused`, async () => {
    await using pool = new WorkerPool({ size: 1 });
    await assertRejects(() => pool.run(() => 1, [], options as unknown as Record<string, never>), kind, message);
  });
}

Deno.test("WorkerPool.run() rejects arguments that are no array", async () => {
  await using pool = new WorkerPool({ size: 1 });
  await assertRejects(() => pool.run(() => 1, 5 as unknown as []), TypeError, "must be an array");
});

Deno.test("WorkerPool starts nothing before the first call", async () => {
  await using pool = new WorkerPool({ size: 2 });
  assertEquals(pool.stats.workers, 0);
});

Deno.test("WorkerPool runs no more at a time than it has workers", async () => {
  await using pool = new WorkerPool({ size: 2 });
  let running = 0;
  let most = 0;
  const enter = () => void (most = Math.max(most, ++running));
  const leave = () => void running--;
  await Promise.all(Array.from({ length: 6 }, () =>
    pool.run(async (enter: () => void, leave: () => void) => {
      await enter();
      await new Promise((resolve) => setTimeout(resolve, 30));
      await leave();
    }, [enter, leave])));
  assertEquals([running, most], [0, 2]);
});

Deno.test("WorkerPool counts `timeout` from the start of the call, and `queueTimeout` before it", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const first = pool.run(later, [60]);
  const patient = pool.run(() => "patient", [], { timeout: 50 });
  const hasty = pool.run(() => "hasty", [], { queueTimeout: 10 });
  const error = await assertRejects(() => hasty, WorkerTimeoutError, "waiting for a worker");
  assertEquals(error.stopped, undefined);
  assertEquals([await first, await patient], [60, "patient"]);
});

Deno.test("WorkerPool rejects only the call that is too many", async () => {
  await using pool = new WorkerPool({ size: 1, maxQueue: 1 });
  const running = pool.run(later, [20]);
  const waiting = pool.run(() => "waited");
  await assertRejects(() => pool.run(() => "too many"), WorkerPoolError, "1 calls wait already");
  assertEquals([await running, await waiting], [20, "waited"]);
});

Deno.test("WorkerPool ends workers that are idle for long, down to minWorkers", async () => {
  await using pool = new WorkerPool({ minWorkers: 1, maxWorkers: 3, idleTimeout: 10 });
  let inside = 0;
  const all = Promise.withResolvers<void>();
  const enter = () => ++inside === 3 ? all.resolve() : all.promise;
  await Promise.all([1, 2, 3].map(() => pool.run(async (enter: () => unknown) => void await enter(), [enter])));
  // As long as it takes: the workers end after 10 ms, when the machine has time for it.
  while (pool.stats.workers > 1) await sleep(10);
  assertEquals(await pool.run(() => "still there"), "still there");
  assertEquals(pool.stats.workers, 1);
});

Deno.test("WorkerPool.resize() changes how many workers there are", async () => {
  await using pool = new WorkerPool({ size: 1 });
  pool.resize(3);
  let inside = 0;
  const all = Promise.withResolvers<void>();
  const enter = () => ++inside === 3 ? all.resolve() : all.promise;
  await Promise.all([1, 2, 3].map(() => pool.run(async (enter: () => unknown) => void await enter(), [enter])));
  assertEquals(pool.stats.workers, 3);
  pool.resize(1);
  await Promise.all([1, 2].map(() => pool.run(later, [1])));
  while (pool.stats.workers > 1) await pool.run(() => 1);
  assertThrows(() => pool.resize(0), RangeError);
});

Deno.test("WorkerPool leaves the calls of other workers alone when one is stopped", async () => {
  await using pool = new WorkerPool({ size: 2 });
  const steady = pool.run(later, [400]);
  const runaway = pool.run(spin, [], { timeout: 20 });
  const behind = Promise.all(Array.from({ length: 20 }, (_, n) => pool.run((n: number) => n * 2, [n])));
  await assertRejects(() => runaway, WorkerTimeoutError);
  assertEquals(await behind, Array.from({ length: 20 }, (_, n) => n * 2));
  assertEquals(await steady, 400);
  assertEquals([pool.stats.workers, pool.stats.stopped.terminated], [2, 1]);
});

Deno.test("WorkerPool replaces a worker that something left behind keeps from the next call, when its time is up", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const isBusy = new Int32Array(new SharedArrayBuffer(4));
  await pool.run((isBusy: Int32Array) => {
    setTimeout(() => {
      Atomics.store(isBusy, 0, 1);
      for (;;);
    });
  }, [isBusy]);
  while (Atomics.load(isBusy, 0) === 0) await sleep(1);
  const error = await assertRejects(() => pool.run(() => "never", [], { timeout: 30 }), WorkerTimeoutError);
  // It was sent, so it says what became of where it was sent.
  assertEquals(error.stopped, "terminated");
  assertEquals(await pool.run(() => "again"), "again");
  assertEquals(pool.stats.stopped.terminated, 1);
});

Deno.test("WorkerPool.close() counts a worker that is stopped meanwhile once", async () => {
  const pool = new WorkerPool({ size: 1 });
  const busy = assertRejects(() => pool.run(spin, [], { timeout: 50 }), WorkerTimeoutError);
  while (pool.stats.busy === 0) await sleep(1);
  await pool.close();
  await busy;
  assertEquals(pool.stats.stopped.terminated, 1);
});

Deno.test("WorkerPool loses no call that was sent ahead to a worker which then had to be stopped, and keeps their order", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const hasBegun = new Int32Array(new SharedArrayBuffer(4));
  const runaway = pool.run((hasBegun: Int32Array) => {
    Atomics.store(hasBegun, 0, 1);
    for (;;);
  }, [hasBegun]);
  const order: number[] = [];
  const behind = Array.from({ length: 50 }, (_, n) => pool.run((n: number) => n, [n]).then((n) => order.push(n)));
  while (Atomics.load(hasBegun, 0) === 0) await sleep(1);
  assertEquals([pool.stats.busy, pool.stats.queued], [1, 50]);
  runaway.cancel();
  await Promise.all(behind);
  assertEquals(order, Array.from({ length: 50 }, (_, n) => n));
});

Deno.test("WorkerPool gives what was sent ahead to whoever is free", async () => {
  await using pool = new WorkerPool({ size: 2 });
  await Promise.all([pool.run(later, [5]), pool.run(later, [5])]);
  // The long one lasts until the short ones are done: behind it they would never be.
  const areDone = new Int32Array(new SharedArrayBuffer(4));
  const long = pool.run((areDone: Int32Array) => void Atomics.wait(areDone, 0, 0), [areDone]);
  const short = Array.from({ length: 30 }, (_, n) => pool.run((n: number) => n, [n]));
  assertEquals(await Promise.all(short), Array.from({ length: 30 }, (_, n) => n));
  Atomics.store(areDone, 0, 1);
  Atomics.notify(areDone, 0);
  await long;
});

Deno.test("WorkerPool.close({ force }) stops what runs", async () => {
  const pool = new WorkerPool({ size: 1 });
  await pool.run(() => 1);
  const running = pool.run(spin);
  await sleep(20);
  await pool.close({ force: true });
  assertEquals([(await running.settled()).status, running.state], ["rejected", "cancelled"]);
});

Deno.test("WorkerPool.map() cancels the rest at the first error", async () => {
  await using pool = new WorkerPool({ size: 2 });
  await assertRejects(
    () =>
      pool.map([0, 1, 2, 3], (n) => {
        if (n === 1) throw new RangeError("one");
        for (;;);
      }),
    RangeError,
    "one",
  );
  assertEquals(await pool.run(() => "well"), "well");
});

Deno.test("WorkerPool.map() pulls no more than it can run", async () => {
  await using pool = new WorkerPool({ size: 1 });
  let pulled = 0;
  function* endless() {
    for (;;) yield pulled++;
  }
  await assertRejects(() =>
    pool.map(endless(), (n) => {
      if (n === 5) throw new RangeError("enough");
    }), RangeError);
  assert(pulled < 10, `${pulled} were pulled`);
});

Deno.test("a timeout around a call reaches the deadline and the tasks inside the worker", async () => {
  const cpu = workerModule<typeof import("../fixtures/cpu.ts")>(CPU);
  await cpu.triple(1);
  const left = await timeout(10_000, () => cpu.timeLeft());
  assert(left > 0 && left <= 10_000, String(left));
  const ends: string[] = [];
  await assertRejects(
    () => timeout(50, () => cpu.nap(60_000, (how) => void ends.push(how))),
    DOMException,
    "Timed out",
  );
});

Deno.test("checkpointSync() ends a hot loop inside a module", async () => {
  const cpu = workerModule<typeof import("../fixtures/cpu.ts")>(CPU);
  await cpu.triple(1);
  const error = await assertRejects(() => runInWorker(cpu.spinUntilCancelled, [], { timeout: 20 }), WorkerTimeoutError);
  assertEquals(error.stopped, "cooperative");
});

Deno.test("a call ends after the tasks that its function left behind in the worker", async () => {
  const cpu = workerModule<typeof import("../fixtures/cpu.ts")>(CPU);
  const ends: string[] = [];
  assertEquals(await cpu.leaveBehind((how) => void ends.push(how)), "returned");
  assertEquals(ends, ["ended"]);
});

Deno.test("a call ends after what was started by the end of what its function left behind", async () => {
  const cpu = workerModule<typeof import("../fixtures/cpu.ts")>(CPU);
  const ends: string[] = [];
  assertEquals(await cpu.leaveMoreBehind((how) => void ends.push(how)), "returned");
  assertEquals(ends, ["the shielded cleanup has ended"]);
});

Deno.test("runInWorker() inside a worker neither deadlocks nor explodes", async () => {
  const cpu = workerModule<typeof import("../fixtures/cpu.ts")>(CPU);
  assertEquals(await cpu.nested(2), 2);
});

// Takes as long as it takes to start eight workers, one inside of the other.
Deno.test("runInWorker() that calls itself in workers without end is told so, eight workers deep", async () => {
  const cpu = workerModule<typeof import("../fixtures/cpu.ts")>(CPU);
  const error = await assertRejects(() => cpu.nested(Infinity), WorkerPoolError, "current depth is 8");
  assertEquals(error.message.includes("8 deep"), true);
});

// Long enough for the slots of the shared memory to come round twice.
Deno.test("WorkerPool serves short calls for as long as another one runs", async () => {
  await using pool = new WorkerPool({ size: 2 });
  const gate = Promise.withResolvers<string>();
  const long = pool.run((wait: () => Promise<string>) => wait(), [() => gate.promise]);
  const increment = (n: number) => n + 1;
  for (let n = 0; n < 2_500; n++) {
    const results = await Promise.all([pool.run(increment, [n]), pool.run(increment, [-n]), pool.run(increment, [7])]);
    assertEquals(results, [n + 1, 1 - n, 8]);
  }
  gate.resolve("long");
  assertEquals(await long, "long");
});

Deno.test("workerModule() refuses a URL that is not absolute, and is not mistaken for a promise", async () => {
  assertThrows(() => workerModule("./cpu.ts"), TypeError, "must be absolute");
  const cpu = workerModule<typeof import("../fixtures/cpu.ts")>(CPU);
  assertEquals(await Promise.resolve(cpu), cpu);
});

Deno.test("runInWorker() takes any Executor", async () => {
  const inline: Executor = { run: (fn, args) => createTask(() => fn.apply({} as never, args)) };
  assertEquals(await runInWorker((n: number) => n + 1, [1], { pool: inline }), 2);
});

Deno.test("a progress callback runs in the context of the caller", async () => {
  const { AsyncLocalStorage } = await import("node:async_hooks");
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  await storage.run(
    "caller",
    () => runInWorker(async (tell: (n: number) => void) => await tell(1), [() => void seen.push(storage.getStore())]),
  );
  assertEquals(seen, ["caller"]);
});

for (const backend of ["thread", "process"] as const) {
  // On a thread the platform does not tell; how that is noticed is in thread.ts.
  Deno.test(`${backend} worker: running out of memory is an error of the call`, async () => {
    await using pool = new WorkerPool({ size: 1, backend, resourceLimits: { maxOldGenerationSizeMb: 64 } });
    await assertRejects(
      () =>
        pool.run(() => {
          const kept: unknown[] = [];
          for (;;) kept.push(new Array(1_000).fill(Math.random()));
        }),
      WorkerOutOfMemoryError,
    );
    assertEquals(await pool.run(() => "well"), "well");
  });
}

Deno.test("process worker: may do what it was given, and nothing else", async () => {
  await using pool = new WorkerPool({ backend: "process", size: 1 });
  const read = (path: string) => Deno.readTextFileSync(path).length;
  const path = decodeURIComponent(CPU.pathname);
  await assertRejects(() => pool.run(read, [path]), Deno.errors.NotCapable);
  assert(await pool.run(read, [path], { permissions: { read: [path] } }) > 0);
  await assertRejects(() => pool.run(read, ["/etc/passwd"], { permissions: { read: [path] } }), Deno.errors.NotCapable);
  // @ts-expect-error: a name that is not one of a permission is red in the editor, too.
  const error = await assertRejects(() => pool.run(read, [path], { permissions: { fly: true } }), Error, "fly");
  assertInstanceOf(error.cause, TypeError);
});

Deno.test("30 cycles of killing and starting leave neither memory nor workers behind", async () => {
  // Some seconds: each loop has to be found busy, and its thread replaced. bench/respawn.ts does it a thousand times.
  await using pool = new WorkerPool({ size: 2 });
  const cycle = () => pool.run(spin, [], { grace: 0, timeout: 30 }).catch((error: WorkerTimeoutError) => error.stopped);
  for (let i = 0; i < 5; i++) await cycle();
  const before = Deno.memoryUsage().rss;
  // On a busy machine a call may be over before it began; none may be abandoned.
  const stopped = new Set<unknown>();
  for (let i = 0; i < 15; i++) for (const how of await Promise.all([cycle(), cycle()])) stopped.add(how);
  assert(stopped.has("terminated") && !stopped.has("abandoned"), Deno.inspect(stopped));
  const grown = (Deno.memoryUsage().rss - before) / 2 ** 20;
  assert(grown < 60, `the program has grown by ${grown.toFixed(0)} MB`);
  assertEquals([pool.stats.workers, pool.stats.stopped.abandoned], [2, 0]);
});

/** Hold the event loop, as a caller with a lot of its own to do. */
function busy(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

// 190 ms of a busy caller: longer than it takes to give a worker up that does not answer.
Deno.test("WorkerPool leaves a worker alone that has ended the cancelled call before its caller could notice", async () => {
  await using pool = new WorkerPool({ size: 1 });
  await pool.run(busy, [0]);
  const cancelled = pool.run(busy, [40]);
  const behind = Array.from({ length: 12 }, () => pool.run(busy, [20]));
  await sleep(10);
  cancelled.cancel();
  busy(190);
  await cancelled.settled();
  assertEquals(await Promise.all(behind), Array(12).fill(20));
  assertEquals(pool.stats.stopped.terminated, 0);
});

Deno.test("WorkerPool lets a function clean up whose caller was too busy to hear that it is about to", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const call = pool.run(async function (this: WorkerScope) {
    await new Promise((resolve) => this.signal.addEventListener("abort", resolve));
    await new Promise((resolve) => setTimeout(resolve, 200));
  });
  await sleep(50);
  call.cancel();
  await Promise.resolve();
  busy(190);
  await call.settled();
  assertEquals(pool.stats.stopped.terminated, 0);
});

// Waits as long as it would take to give a worker up.
Deno.test("WorkerPool forgets the cancellation of a call that has ended when the next one is cancelled", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const text = (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
    return "text";
  };
  const later = async (ms: number) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return "later";
  };
  await pool.run(text, [0]);
  await pool.run(later, [0]);
  const first = pool.run(text, [5]);
  const second = pool.run(later, [30]);
  for (let turn = 0; turn < 3; turn++) await Promise.resolve();
  // The result of the first is on its way, and the second has begun.
  busy(40);
  first.cancel();
  second.cancel();
  await Promise.allSettled([first, second]);
  assertEquals(await pool.run(later, [250]), "later");
  assertEquals(pool.stats.stopped.terminated, 0);
});
