import { runInNewContext } from "node:vm";
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { createTask, currentTask, gather, sleep } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("gather() rejects for a function whose result throws when it is asked for a then", async () => {
  const env = new Proxy({}, {
    get(_, key) {
      throw new Error(`no ${String(key)}`);
    },
  });
  await assertRejects(() => gather(() => env), Error, "no then");
});

asyncTest("gather() does not start a function that its generator yields after its own cancellation", async () => {
  let started = false;
  const task = createTask(async () => {
    const self = currentTask()!;
    await gather((function* () {
      yield () => sleep(60_000);
      self.cancel();
      yield () => (started = true);
    })());
  });
  await task.settled();
  assertEquals([task.state, started], ["cancelled", false]);
});

asyncTest("gather() refuses an iterator whose next() gives no object", async () => {
  const next = () => 5 as unknown as IteratorResult<() => number>;
  await assertRejects(() => gather({ [Symbol.iterator]: () => ({ next }) }), TypeError, "must give an object");
});

asyncTest("gather({ returnExceptions: true }) gives an error of another realm as it is", async () => {
  const error: unknown = runInNewContext(`new RangeError("from elsewhere")`);
  assertEquals(error instanceof Error, false);
  const results = await gather([() => Promise.reject(error)], { returnExceptions: true });
  assertStrictEquals(results[0], error);
});

asyncTest("gather() rejects with what a value throws that is asked for its `then`", async () => {
  const hostile = new Proxy({}, {
    get() {
      throw new Error("no such thing");
    },
  });
  assertEquals((await gather(() => hostile).catch((error) => error)).message, "no such thing");
});
