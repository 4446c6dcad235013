import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { turn } from "../core/manual_clock.ts";
import { CancelledError, createTask, flattenErrors, isCancelled, mapConcurrent, sleep, type Task } from "../../mod.ts";
import { cleanUp, leavesNothing, reported, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

function failing(message: string, turns = 0): () => Promise<never> {
  return async () => {
    await cleanUp(turns);
    throw new Error(message);
  };
}

function messages(error: unknown): unknown[] {
  return flattenErrors(error).map((each) => (each as Error).message);
}

async function drain(loop: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of loop);
}

asyncTest("mapConcurrent() throws the first error as it is, when the other calls have ended", async () => {
  const thrown = new Error("first");
  const log: string[] = [];
  const { reason } = await leavesNothing(() =>
    drain(mapConcurrent([1, 2, 3], (n) => {
      if (n === 2) return turn().then(() => Promise.reject(thrown));
      return sleep(Infinity).finally(() => cleanUp()).finally(() => log.push("end"));
    }, { concurrency: 3 }))
  ) as PromiseRejectedResult;
  assertStrictEquals(reason, thrown);
  assertEquals(log, ["end", "end"]);
});

asyncTest(
  "mapConcurrent() throws an error as soon as it comes, though results before it are still to be yielded",
  async () => {
    const error = await assertRejects(() =>
      drain(mapConcurrent([1, 2], (n) => n === 1 ? sleep(Infinity) : failing("second")(), { concurrency: 2 }))
    );
    assertEquals(messages(error), ["second"]);
  },
);

asyncTest("mapConcurrent() pulls no more after an error, and closes the source", async () => {
  let given = 0;
  let closed = false;
  async function* source() {
    try {
      for (;;) yield given++;
    } finally {
      closed = true;
    }
  }
  await assertRejects(() => drain(mapConcurrent(source(), failing("item"), { concurrency: 2 })), Error, "item");
  const after = given;
  await cleanUp(5);
  assertEquals([given, closed], [after, true]);
  assert(given <= 3);
});

function* brokenSource(): Generator<number> {
  yield 1;
  throw new Error("source");
}

async function* brokenAsyncSource(): AsyncGenerator<number> {
  await turn();
  yield* brokenSource();
}

asyncTest("mapConcurrent() throws an error of the source, and ends the calls", async () => {
  for (const isAsync of [true, false]) {
    const log: string[] = [];
    const { reason } = await leavesNothing(() =>
      drain(mapConcurrent(
        isAsync ? brokenAsyncSource() : brokenSource(),
        () => sleep(Infinity).finally(() => log.push("end")),
        { concurrency: 2 },
      ))
    ) as PromiseRejectedResult;
    assertEquals([reason.message, log], ["source", ["end"]]);
  }
});

asyncTest("mapConcurrent(): of n that fail, all n errors can be found in the first", async () => {
  const n = 50;
  const items = Array.from({ length: n }, (_, i) => i);
  const error = await assertRejects(() =>
    drain(mapConcurrent(items, (i) => {
      if (i % 2 === 0) return failing(`${i}`, 1)();
      return sleep(Infinity).catch(failing(`${i}`, i % 3));
    }, { concurrency: n }))
  );
  assertEquals(messages(error).map(Number).sort((a, b) => a - b), items);
});

asyncTest("mapConcurrent(): the calls see the error that they are cancelled for", async () => {
  const causes: unknown[] = [];
  await assertRejects(() =>
    drain(mapConcurrent([1, 2], (n) => {
      if (n === 1) return failing("first", 1)();
      return sleep(Infinity).catch((error) => causes.push(error.cause.message));
    }, { concurrency: 2 }))
  );
  assertEquals(causes, ["first"]);
});

asyncTest("mapConcurrent(): an error that comes while the consumer is busy is thrown at the next step", async () => {
  const loop = mapConcurrent([1, 2], (n) => n === 1 ? n : failing("second", 1)(), { concurrency: 2 });
  assertEquals((await loop.next()).value, 1);
  await cleanUp(4);
  await assertRejects(() => loop.next(), Error, "second");
  assertEquals(await loop.next(), { done: true, value: undefined });
});

asyncTest("mapConcurrent(): an error that comes before a break is reported", async () => {
  const errors = await reported(async () => {
    for await (const _ of mapConcurrent([1, 2], (n) => n === 1 ? n : failing("unseen", 1)(), { concurrency: 2 })) {
      await cleanUp(4);
      break;
    }
  });
  assertEquals(errors.map((error) => (error as Error).message), ["unseen"]);
});

asyncTest("mapConcurrent(): an error that a break causes is reported", async () => {
  const errors = await reported(async () => {
    const fn = (n: number) => n === 1 ? n : sleep(Infinity).catch(failing("in cleanup"));
    for await (const _ of mapConcurrent([1, 2], fn, { concurrency: 2 })) break;
  });
  assertEquals(errors.map((error) => (error as Error).message), ["in cleanup"]);
});

asyncTest("mapConcurrent(): an error of a loop that was forgotten is reported", async () => {
  const errors = await reported(async () => {
    await createTask(async () => {
      await mapConcurrent([1, 2], (n) => n === 1 ? n : failing("unseen", 1)(), { concurrency: 2 }).next();
      await cleanUp(4);
    });
  });
  assertEquals(errors.map((error) => (error as Error).message), ["unseen"]);
});

asyncTest("mapConcurrent() that is cancelled, and then fails: the error can be found in the cancellation", async () => {
  const { task } = await started(() =>
    drain(mapConcurrent([1], () => sleep(Infinity).catch(failing("in cleanup")), { concurrency: 1 }))
  );
  task.cancel();
  const error = await assertRejects(() => task, CancelledError);
  assertEquals(messages(error).slice(1), ["in cleanup"]);
});

asyncTest("mapConcurrent() that fails, and is then cancelled in the same turn: both can be found", async () => {
  const gate = Promise.withResolvers<void>();
  const { task } = await started(() =>
    drain(mapConcurrent([1], () => gate.promise.then(failing("failed")), { concurrency: 1 }))
  );
  gate.resolve();
  for (let i = 0; i < 6; i++) await Promise.resolve();
  task.cancel();
  const error = await assertRejects(() => task);
  assert(messages(error).includes("failed"));
});

asyncTest("mapConcurrent() whose signal fires: the errors of the calls can be found in its reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const result = drain(mapConcurrent([1], () => sleep(Infinity).catch(failing("in cleanup")), {
    concurrency: 1,
    signal: controller.signal,
  }));
  await turn();
  controller.abort(reason);
  assertEquals(messages(await assertRejects(() => result)), ["enough", "in cleanup"]);
});

asyncTest("mapConcurrent(): a call that somebody else cancelled ends it with that cancellation", async () => {
  let victim: Task<unknown>;
  const result = drain(mapConcurrent([1, 2], (n) => {
    if (n === 2) return sleep(Infinity);
    victim = createTask(() => sleep(Infinity));
    return victim;
  }, { concurrency: 2 }));
  await turn();
  victim!.cancel("in particular");
  const error = await assertRejects(() => result, CancelledError);
  assert(isCancelled(error));
  assertEquals(error.reason, "in particular");
  await sleep(0);
});

asyncTest("mapConcurrent(): what the source throws after it was given up is no unhandled rejection", async () => {
  const pull = Promise.withResolvers<IteratorResult<number>>();
  const stuck = { [Symbol.asyncIterator]: () => ({ next: () => pull.promise }) };
  const errors = await reported(async () => {
    const { task } = await started(() => drain(mapConcurrent(stuck, (n) => n, { concurrency: 1 })));
    task.cancel();
    await task.settled();
    pull.reject(new Error("late"));
  });
  assertEquals(errors.map((error) => (error as Error).message), ["late"]);
});
