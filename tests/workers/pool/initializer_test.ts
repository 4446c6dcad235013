// What runs in a worker before its first call.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  gather,
  sleep,
  WorkerClosureError,
  WorkerDataError,
  WorkerExitedError,
  WorkerLoadError,
  workerModule,
  WorkerPool,
  type WorkerScope,
  WorkerTimeoutError,
} from "../../../mod.ts";

type Global = { table?: number[]; runs?: number };

function setUp(from: number, to: number): () => void {
  const here = globalThis as Global;
  here.runs = (here.runs ?? 0) + 1;
  here.table = [from, to];
  // What it returns is nobody's, so that it may be anything.
  return () => {};
}

const seen = () => [(globalThis as Global).runs, (globalThis as Global).table];

for (const backend of ["thread", "web", "process"] as const) {
  Deno.test(`${backend} worker: the initializer runs once, before the first call, and leaves globals to all`, async () => {
    await using pool = new WorkerPool({ size: 1, backend, initializer: setUp, initArgs: [3, 5] });
    const results = await gather([() => pool.run(seen), () => pool.run(seen), () => pool.run(seen)]);
    assertEquals(results, Array(3).fill([1, [3, 5]]));
  });

  Deno.test(`${backend} worker: one that replaces another is initialized, too`, async () => {
    await using pool = new WorkerPool({ size: 1, backend, maxCalls: 1, initializer: setUp, initArgs: [1, 2] });
    for (let call = 0; call < 3; call++) assertEquals(await pool.run(seen), [1, [1, 2]]);
  });

  Deno.test(`${backend} worker: an initializer that fails is an error of the calls that wait, and of those that follow`, async () => {
    await using pool = new WorkerPool({
      size: 2,
      backend,
      initializer: () => {
        throw Object.assign(new RangeError("no such table"), { table: "primes" });
      },
    });
    const outcomes = await Promise.allSettled([pool.run(seen), pool.run(seen), pool.run(seen)]);
    for (const outcome of outcomes) {
      assert(outcome.status === "rejected");
      assertInstanceOf(outcome.reason, WorkerLoadError);
      assertEquals(
        outcome.reason.message,
        "Cannot start a worker as its initializer failed: RangeError: no such table",
      );
      assertInstanceOf(outcome.reason.cause, RangeError);
      assertEquals((outcome.reason.cause as unknown as { table: string }).table, "primes");
    }
    await assertRejects(() => pool.run(seen), WorkerLoadError, "no such table");
    assertEquals([pool.stats.workers, pool.stats.queued], [0, 0]);
  });

  Deno.test(`${backend} worker: an initializer that ends its worker is an error of the calls that wait`, async () => {
    await using pool = new WorkerPool({ size: 1, backend, initializer: () => Deno.exit(3) });
    const error = await assertRejects(() => pool.run(seen), WorkerLoadError, "initializer failed");
    assertInstanceOf(error.cause, WorkerExitedError);
    assertEquals(error.cause.code, 3);
  });

  Deno.test(`${backend} worker: an initializer that leaves an error to nobody is an error of the calls that wait`, async () => {
    await using pool = new WorkerPool({
      size: 1,
      backend,
      initializer: () => {
        setTimeout(() => {
          throw new RangeError("from a timer");
        });
        return new Promise(() => {});
      },
    });
    const error = await assertRejects(() => pool.run(seen), WorkerLoadError, "RangeError: from a timer");
    assertInstanceOf(error.cause, RangeError);
  });

  Deno.test(`${backend} worker: WorkerPool.close() does not wait for an initializer that never ends`, async () => {
    const pool = new WorkerPool({ size: 1, backend, initializer: () => new Promise(() => {}) });
    const call = pool.run(seen, [], { queueTimeout: 50 });
    await assertRejects(() => call, WorkerTimeoutError, "waiting for a worker");
    await pool.close();
    assertEquals(pool.stats.workers, 0);
  });
}

Deno.test("the initializer of a WorkerPool may be a function of a module, asynchronous, and use its this", async () => {
  const url = `data:text/javascript,
    let ready = "no";
    export async function open(name) {
      this.checkpointSync();
      this.progress(0.5);
      await new Promise((resolve) => setTimeout(resolve, 5));
      ready = name + (this.signal.aborted ? " was cancelled" : " is open");
    }
    export function state() { return ready; }
  `;
  const module = workerModule<{ open(name: string): Promise<void>; state(): string }>(url);
  await using pool = new WorkerPool({ size: 1, initializer: module.open, initArgs: ["it"] });
  assertEquals(await pool.run(module.state), "it is open");
});

Deno.test("an initializer that uses an outer variable is told so, and the error names it", async () => {
  const outer = 1;
  await using pool = new WorkerPool({ size: 1, initializer: () => outer });
  const error = await assertRejects(() => pool.run(seen), WorkerLoadError);
  assertInstanceOf(error.cause, WorkerClosureError);
  assertEquals(error.cause.variable, "outer");
});

Deno.test("an argument of the initializer that cannot be copied is an error of the calls that wait", async () => {
  await using pool = new WorkerPool({ size: 1, initializer: () => {}, initArgs: [1, { f: () => {} }] });
  const error = await assertRejects(() => pool.run(seen), WorkerLoadError, "argument 1.f");
  assertInstanceOf(error.cause, WorkerDataError);
});

Deno.test("WorkerPool makes calls on the workers that it has when the initializer of another fails", async () => {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  await using pool = new WorkerPool({
    size: 2,
    initializer: (turn: Int32Array) => {
      if (Atomics.add(turn, 0, 1) > 0) throw new Error("only one");
    },
    initArgs: [turn],
  });
  const later = (n: number) => new Promise((resolve) => setTimeout(() => resolve(n), 10));
  assertEquals(await gather([0, 1, 2, 3].map((n) => () => pool.run(later, [n]))), [0, 1, 2, 3]);
  assertEquals(await pool.run(later, [4]), 4);
});

Deno.test("an initializer that failed once is run again by the next call", async () => {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  await using pool = new WorkerPool({
    size: 1,
    initializer: (turn: Int32Array) => {
      if (Atomics.add(turn, 0, 1) === 0) throw new Error("not yet");
    },
    initArgs: [turn],
  });
  await assertRejects(() => pool.run(seen), WorkerLoadError, "not yet");
  assertEquals(await pool.run((n: number) => n, [7]), 7);
});

Deno.test("an idle pool whose initializer has failed starts nothing until the next call", async () => {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  await using pool = new WorkerPool({
    size: 2,
    initializer: (turn: Int32Array) => {
      Atomics.add(turn, 0, 1);
      throw new Error("never");
    },
    initArgs: [turn],
  });
  await assertRejects(() => pool.run(seen), WorkerLoadError);
  await sleep(150);
  assertEquals(Atomics.load(turn, 0), 1);
});

Deno.test("the functions of a call see its own scope, not that of the initializer", async () => {
  await using pool = new WorkerPool({
    size: 1,
    initializer: function (this: WorkerScope) {
      (globalThis as { scope?: unknown }).scope = this;
    },
  });
  assertEquals(
    await pool.run(function (this: WorkerScope) {
      return (globalThis as { scope?: unknown }).scope === this;
    }),
    false,
  );
});
