import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  CancelledError,
  createTask,
  isTimeout,
  runInWorker,
  WorkerError,
  WorkerExitedError,
  WorkerPool,
  type WorkerScope,
  WorkerTimeoutError,
} from "../../../mod.ts";
import { virtualTime } from "../../../lib/testing/mod.ts";

Deno.test("break runs the finally of a generator that has touched its signal", async () => {
  await using pool = new WorkerPool({ size: 1 });
  function* finite(this: WorkerScope): Generator<boolean> {
    try {
      for (;;) yield this.signal.aborted;
    } finally {
      (globalThis as { ended?: boolean }).ended = true;
    }
  }
  for await (const aborted of pool.stream(finite)) {
    assertEquals(aborted, false);
    break;
  }
  assertEquals(await pool.run(() => (globalThis as { ended?: boolean }).ended), true);
});

Deno.test("WorkerPool.stream() gives what the promises of a sync generator resolve to", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const values = pool.stream(function* () {
    yield 1;
    yield Promise.resolve(2);
    yield 3;
  });
  assertEquals(await Array.fromAsync(values as AsyncIterable<unknown>), [1, 2, 3]);
});

Deno.test("an error class of one's own that is called CancelledError is no cancellation", async () => {
  const error: unknown = await runInWorker(() => {
    class CancelledError extends Error {
      order = 7;
    }
    throw new CancelledError("The order was cancelled");
  }).catch((error) => error);
  assertInstanceOf(error, Error);
  assertEquals(error instanceof CancelledError, false);
  assertEquals([error.constructor.name, error.message], ["CancelledError", "The order was cancelled"]);
  assertEquals({ ...error }, { order: 7 });
});

Deno.test("a call that is aborted while it waits for a worker rejects with the reason of its signal", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const controller = new AbortController();
  const call = pool.run(() => 1, [], { signal: controller.signal });
  const reason = new RangeError("not needed");
  controller.abort(reason);
  assertEquals(await call.catch((error) => error) === reason, true);
});

Deno.test("WorkerPool.stats counts the calls that ended by themselves when they were cancelled", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const begun = Promise.withResolvers<void>();
  const call = pool.run(async function (this: WorkerScope, begun: () => void) {
    begun();
    if (this.signal.aborted) throw this.signal.reason;
    await new Promise((_, reject) => this.signal.onabort = () => reject(this.signal.reason));
  }, [begun.resolve]);
  await begun.promise;
  call.cancel();
  await call.settled();
  assertEquals(pool.stats.stopped.cooperative, 1);
});

Deno.test("WorkerTimeoutError is a TimeoutError and a WorkerError, and none of its other kinds", () => {
  const error: unknown = new WorkerTimeoutError("Timed out");
  assert(error instanceof WorkerError && isTimeout(error));
  assertEquals(error instanceof WorkerExitedError, false);
  assertEquals(new WorkerExitedError("") instanceof WorkerTimeoutError, false);
  assertEquals(new Error() instanceof WorkerError, false);
});

Deno.test("CancelledError.stopped says how the work in a worker was ended", async () => {
  const begun = Promise.withResolvers<void>();
  const task = createTask(() =>
    runInWorker((begun: () => void) => {
      begun();
      for (;;);
    }, [begun.resolve])
  );
  await begun.promise;
  task.cancel();
  const error: unknown = await task.catch((error) => error);
  assertInstanceOf(error, CancelledError);
  assertEquals(error.stopped, "terminated");
});

Deno.test("WorkerPool stops a function that loops also where the timers of the platform are virtual", async () => {
  const begun = new Int32Array(new SharedArrayBuffer(4));
  await virtualTime(async () => {
    await using pool = new WorkerPool({ size: 1 });
    const call = createTask(() =>
      pool.run((begun: Int32Array) => {
        Atomics.store(begun, 0, 1);
        for (;;);
      }, [begun])
    );
    // Virtual time stands still until the call has ended.
    while (Atomics.load(begun, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
    call.cancel();
    const error = await call.then(() => null, (error) => error);
    assertEquals(error.stopped, "terminated");
  }, { globals: true });
});
