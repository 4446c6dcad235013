import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { ManualClock, turn } from "../core/manual_clock.ts";
import {
  CancelledError,
  createTask,
  currentTask,
  InvalidStateError,
  isTimeout,
  moveOnAfter,
  shield,
  sleep,
  taskGroup,
  TaskGroupError,
  timeout,
  timeoutAt,
  TimeoutError,
  type TimeoutScope,
} from "../../mod.ts";
import { cleanUp, leavesNothing, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("timeout() gives what its function returns in time", async () => {
  assertEquals(await timeout(1_000, () => "at once"), "at once");
  assertEquals(await timeout(1_000, () => sleep(0, "later")), "later");
});

asyncTest("timeout() throws what its function throws in time, as it is", async () => {
  const thrown = new Error("mine");
  assertStrictEquals(await assertRejects(() => timeout(1_000, () => Promise.reject(thrown))), thrown);
  assertEquals(thrown.cause, undefined);
  assertStrictEquals(
    await assertRejects(() =>
      timeout(1_000, () => {
        throw thrown;
      })
    ),
    thrown,
  );
});

asyncTest(
  "timeout() throws a TimeoutError with budget and task name, caused by the cancellation, when time is up",
  async () => {
    const clock = new ManualClock();
    const task = clock.run(() => createTask(() => timeout(250, () => sleep(Infinity)), { name: "patient" }));
    const failed = assertRejects(() => task, TimeoutError, 'Timed out after 250 ms in task "patient"');
    await clock.pass(250);
    const error = await failed;
    assert(isTimeout(error));
    assertInstanceOf(error.cause, CancelledError);
    assertEquals(task.state, "failed");
  },
);

Deno.test("timeout() never fires early, and in real time, too", async () => {
  const start = performance.now();
  await assertRejects(() => timeout(20, () => sleep(Infinity)), TimeoutError);
  assert(performance.now() - start >= 20);
});

asyncTest("timeout() leaves the task around it uncancelled", async () => {
  await createTask(async () => {
    await assertRejects(() => timeout(0, () => sleep(1)), TimeoutError);
    await sleep(0);
    assertEquals(currentTask()!.state, "running");
  });
});

asyncTest("timeout() waits for the cleanup of its function before it throws", async () => {
  const log: string[] = [];
  await leavesNothing(() =>
    timeout(0, () => sleep(Infinity).finally(() => cleanUp()).finally(() => log.push("cleaned up")))
  );
  assertEquals(log, ["cleaned up"]);
});

asyncTest("timeout() ends the tasks that its function has left behind", async () => {
  const log: string[] = [];
  const { status } = await leavesNothing(() =>
    timeout(1_000, async () => {
      createTask(() => sleep(Infinity).finally(() => log.push("ended")), { eager: true });
      await turn();
    })
  );
  assertEquals([status, log], ["fulfilled", ["ended"]]);
});

asyncTest("timeout() throws, level-triggered, at every checkpoint of a function that goes on", async () => {
  let thrown = 0;
  await assertRejects(() =>
    timeout(0, async () => {
      for (let i = 0; i < 3; i++) await sleep(1).catch(() => thrown++);
      await sleep(1);
    }), TimeoutError);
  assertEquals(thrown, 3);
});

asyncTest("timeout() gives what its function returns, though its time has run out", async () => {
  let scope: TimeoutScope;
  const value = await timeout(0, async (it) => {
    scope = it;
    await sleep(1).catch(() => {});
    return "all the same";
  });
  assertEquals([value, scope!.expired], ["all the same", true]);
});

asyncTest("timeout() gives a result that came in the turn in which time ran out, in both orders", async () => {
  for (const resultFirst of [true, false]) {
    const work = Promise.withResolvers<string>();
    let scope: TimeoutScope;
    const result = timeout(60_000, (it) => {
      scope = it;
      return work.promise;
    });
    if (resultFirst) work.resolve("in the last moment");
    scope!.reschedule(0);
    if (!resultFirst) work.resolve("in the last moment");
    assertEquals(await result, "in the last moment");
  }
});

asyncTest(
  "timeout() passes on what its function throws because of it, with the TimeoutError in the chain of causes",
  async () => {
    const error = await assertRejects(
      () => timeout(0, () => sleep(1).catch(() => Promise.reject(new Error("connection lost")))),
      Error,
      "connection lost",
    );
    assertInstanceOf(error.cause, TimeoutError);
  },
);

asyncTest("timeout() makes no circle of causes when its function wraps the cancellation", async () => {
  const error = await assertRejects(
    () => timeout(0, () => sleep(1).catch((cause) => Promise.reject(new Error("wrapped", { cause })))),
    Error,
    "wrapped",
  );
  const chain: unknown[] = [];
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    assert(!chain.includes(each));
    chain.push(each);
  }
  assert(chain.some(isTimeout));
});

asyncTest("timeout() passes on anything that is thrown, also what can carry no cause", async () => {
  for (const thrown of ["text", null, undefined, Object.freeze(new Error("frozen"))]) {
    const [{ status, reason }] = await Promise.allSettled([
      timeout(0, () => sleep(1).catch(() => Promise.reject(thrown))),
    ]) as [PromiseRejectedResult];
    assertEquals(status, "rejected");
    assertStrictEquals(reason, thrown);
  }
});

asyncTest("timeout() leaves a cancellation from outside a CancelledError", async () => {
  const { task } = await started(() => timeout(60_000, () => sleep(Infinity)));
  task.cancel("from outside");
  const error = await assertRejects(() => task, CancelledError);
  assertEquals([error.reason, task.state], ["from outside", "cancelled"]);
});

asyncTest("timeout() in a cancelled task does not call its function", async () => {
  let ran = false;
  const { task } = await started(async () => {
    await sleep(Infinity).catch(() => {});
    await timeout(1_000, () => void (ran = true));
  });
  task.cancel();
  await task.settled();
  assertEquals([ran, task.state], [false, "cancelled"]);
});

asyncTest("timeout() throws the reason of the signal it was given", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const result = timeout(60_000, () => sleep(Infinity), { signal: controller.signal });
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => result), reason);
  let ran = false;
  const options = { signal: controller.signal };
  assertStrictEquals(await assertRejects(() => timeout(60_000, () => void (ran = true), options)), reason);
  assert(!ran);
});

asyncTest("timeout() around a group whose tasks are only cancelled throws a TimeoutError", async () => {
  const { reason } = await leavesNothing(() =>
    timeout(1, () => taskGroup((group) => void group.createTask(() => sleep(Infinity))))
  ) as PromiseRejectedResult;
  assertInstanceOf(reason, TimeoutError);
});

asyncTest(
  "timeout() around a group whose tasks fail in their cleanup throws the group error, caused by the TimeoutError",
  async () => {
    const { reason } = await leavesNothing(() =>
      timeout(1, () =>
        taskGroup((group) => {
          group.createTask(() => sleep(Infinity).catch(() => Promise.reject(new Error("cleanup"))), { eager: true });
        }))
    ) as PromiseRejectedResult;
    assertInstanceOf(reason, TaskGroupError);
    assertInstanceOf(reason.cause, TimeoutError);
  },
);

asyncTest("timeout() of a promise throws at once when time is up, and leaves the promise alone", async () => {
  const work = createTask(() => sleep(5, "finished"));
  await assertRejects(() => timeout(1, work), TimeoutError);
  assertEquals(work.state, "running");
  assertEquals(await work, "finished");
});

asyncTest("timeout() of a promise gives its value or error in time", async () => {
  assertEquals(await timeout(1_000, Promise.resolve("value")), "value");
  await assertRejects(() => timeout(1_000, Promise.reject(new Error("its own"))), Error, "its own");
});

asyncTest("timeout() makes no unhandled rejection of a promise that fails later, nor of one it refuses", async () => {
  const failLater = () => cleanUp(4).then(() => Promise.reject(new CancelledError("late")));
  await assertRejects(() => timeout(0, failLater()), TimeoutError);
  await assertRejects(() => timeout(NaN, failLater()), RangeError);
  await assertRejects(() => timeoutAt(NaN, failLater()), RangeError);
  await assertRejects(() => moveOnAfter(-1, failLater()), RangeError);
  await cleanUp(8);
});

asyncTest("timeout() in the cleanup of a cancelled task works in a shield, and rejects at once without", async () => {
  const log: string[] = [];
  const { task } = await started(async () => {
    try {
      await sleep(Infinity);
    } finally {
      await timeout(1_000, () => sleep(1)).catch((error) => log.push(error.name));
      log.push(await shield(() => timeout(1_000, () => sleep(1, "slept"))));
      await shield(() => timeout(1, () => sleep(Infinity))).catch((error) => log.push(error.name));
    }
  });
  task.cancel();
  await task.settled();
  assertEquals(log, ["AbortError", "slept", "TimeoutError"]);
});

asyncTest("moveOnAfter() gives undefined when time is up, after the cleanup", async () => {
  const log: string[] = [];
  const value = await moveOnAfter(0, () => sleep(Infinity, "late").finally(() => log.push("cleaned up")));
  assertEquals([value, log], [undefined, ["cleaned up"]]);
});

asyncTest(
  "moveOnAfter() gives what its function returns, throws what it throws, and passes on cancellations",
  async () => {
    assertEquals(await moveOnAfter(1_000, () => sleep(1, "in time")), "in time");
    await assertRejects(() => moveOnAfter(1_000, () => Promise.reject(new Error("mine"))), Error, "mine");
    const { task } = await started(() => moveOnAfter(60_000, () => sleep(Infinity)));
    task.cancel();
    await assertRejects(() => task, CancelledError);
  },
);

asyncTest("timeout() knows its own cancellation inside the AbortError of Node's APIs", async () => {
  const { setTimeout } = await import("node:timers/promises");
  await assertRejects(() => timeout(1, ({ signal }) => setTimeout(60_000, undefined, { signal })), TimeoutError);
});

asyncTest("timeout() has expired by the time that its abort listeners are told", async () => {
  const seen: unknown[] = [];
  const error = await timeout(1, async (scope) => {
    scope.signal.addEventListener("abort", () => {
      seen.push(scope.expired);
      try {
        scope.reschedule(60_000);
      } catch (error) {
        seen.push(error instanceof InvalidStateError);
      }
    });
    await sleep(60_000);
  }).catch((error) => error);
  assertEquals(seen, [true, true]);
  assertInstanceOf(error, TimeoutError);
});

asyncTest(
  "moveOnAfter({ fallback }) tells a function that ran out of time from one that returned nothing",
  async () => {
    const expired = Symbol("expired");
    assertEquals(await moveOnAfter(10, () => sleep(5), { fallback: expired }), undefined);
    assertEquals(await moveOnAfter(10, () => sleep(20), { fallback: expired }), expired);
    assertEquals(await moveOnAfter(10, createTask(() => sleep(20)), { fallback: expired }), expired);
    assertEquals(await moveOnAfter(10, () => sleep(20), { fallback: null }), null);
    assertEquals(await moveOnAfter(10, () => sleep(20), { fallback: undefined }), undefined);
    assertEquals(await moveOnAfter(10, () => sleep(20).catch(() => "late"), { fallback: expired }), "late");
    const signal = AbortSignal.abort(new Error("enough"));
    await assertRejects(() => moveOnAfter(10, () => sleep(20), { fallback: expired, signal }), Error, "enough");
  },
);
