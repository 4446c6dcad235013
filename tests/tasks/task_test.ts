import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError, InvalidStateError } from "../../lib/errors.ts";
import { createTask } from "../../lib/tasks/create_task.ts";
import { currentTask } from "../../lib/tasks/current.ts";
import { sleep } from "../../lib/tasks/sleep.ts";
import { Task } from "../../lib/tasks/task.ts";
import { turn } from "../core/manual_clock.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

const never = () => sleep(Infinity);

/** A task that has failed: in an object, as it would be awaited otherwise. */
async function failed(error: unknown = new Error("failed")): Promise<{ task: Task<unknown> }> {
  const task = createTask(() => Promise.reject(error));
  await task.settled();
  return { task };
}

asyncTest("Task is a Promise: it can be awaited, chained and combined", async () => {
  const task = createTask(() => sleep(0, 2));
  assertInstanceOf(task, Promise);
  assert(task instanceof Task);
  assertEquals(await task, 2);
  assertEquals(await task.then((value) => value + 1), 3);
  assertEquals(await task.finally(() => {}), 2);
  assertEquals(await Promise.all([task, task]), [2, 2]);
  assertEquals(await Promise.race([task]), 2);
  assert(!(task.then(() => {}) instanceof Task));
  assertEquals(await (await failed("text")).task.catch((error) => error), "text");
});

Deno.test("Task cannot be constructed", () => {
  assertThrows(() => new (Task as unknown as new () => void)(), TypeError, "createTask()");
});

asyncTest("Task.state goes from pending over running to each of the ends", async () => {
  const done = createTask(() => sleep(0));
  const states = [done.state];
  await null;
  states.push(done.state);
  await done;
  states.push(done.state);
  assertEquals(states, ["pending", "running", "done"]);
  assertEquals((await failed()).task.state, "failed");
  const gate = Promise.withResolvers<void>();
  const cancelled = createTask(async () => {
    try {
      await never();
    } finally {
      await gate.promise;
    }
  }, { eager: true });
  cancelled.cancel();
  assertEquals(cancelled.state, "cancelling");
  gate.resolve();
  await cancelled.settled();
  assertEquals(cancelled.state, "cancelled");
});

asyncTest("Task.id is unique and grows in order of creation", async () => {
  const tasks = [createTask(() => {}), createTask(() => {})];
  assert(tasks[0]!.id < tasks[1]!.id);
  await Promise.all(tasks);
});

asyncTest("Task.name appears in what is said of the task", async () => {
  const task = createTask(never, { name: "kettle" });
  assertEquals(Deno.inspect(task), 'Task "kettle" { pending }');
  assertThrows(() => task.result(), InvalidStateError, '"kettle"');
  task.name = "teapot";
  task.cancel();
  const error = await assertRejects(() => task, CancelledError, '"teapot"');
  assertEquals(error.message, 'Task "teapot" was cancelled');
});

asyncTest("Task.cancel() twice before delivery is idempotent: the first reason wins", async () => {
  const task = createTask(never, { eager: true });
  assertEquals([task.cancel("first"), task.cancel("second")], [true, false]);
  assertEquals((await assertRejects(() => task, CancelledError)).reason, "first");
});

asyncTest("Task.cancel() of a task that has ended returns false and changes nothing", async () => {
  const done = createTask(() => 1);
  await done;
  const error = new Error("failed");
  const { task: failure } = await failed(error);
  assertEquals([done.cancel(), failure.cancel()], [false, false]);
  assertEquals([done.state, done.result(), failure.exception()], ["done", 1, error]);
});

asyncTest("Task.cancel(): a task that catches it and returns a value is done with that value", async () => {
  const task = createTask(() => never().catch(() => "rescued"), { eager: true });
  task.cancel();
  assertEquals(await task as unknown, "rescued");
  assertEquals(task.state, "done");
});

asyncTest(
  "Task.cancel(): a task that catches it and throws ends with that error, which shows the cancellation",
  async () => {
    const error = new Error("in cleanup");
    const task = createTask(() => never().catch(() => Promise.reject(error)), { eager: true });
    task.cancel("why");
    assertStrictEquals(await assertRejects(() => task), error);
    assertInstanceOf(error.cause, CancelledError);
    assertEquals([task.state, error.cause.reason], ["failed", "why"]);
  },
);

asyncTest("Task.cancel(): throwing the reason itself makes no circle of causes", async () => {
  const reason = new Error("reason");
  const task = createTask(() => never().catch(() => Promise.reject(reason)), { eager: true });
  task.cancel(reason);
  assertStrictEquals(await assertRejects(() => task), reason);
  assertEquals(reason.cause, undefined);
});

asyncTest("Task.cancel() settles the task only when its function has settled", async () => {
  const gate = Promise.withResolvers<void>();
  const task = createTask(() => never().finally(() => gate.promise), { eager: true });
  task.cancel();
  await turn();
  assertEquals(task.state, "cancelling");
  gate.resolve();
  await task.settled();
  assertEquals(task.state, "cancelled");
});

asyncTest("Task.cancel() from inside takes effect at the next checkpoint, not at once", async () => {
  const log: string[] = [];
  const task = createTask(async () => {
    log.push(String(currentTask()!.cancel("self")));
    log.push("goes on");
    await null;
    log.push("and on");
    await sleep(0);
    log.push("must not come here");
  });
  const error = await assertRejects(() => task, CancelledError);
  assertEquals([log, error.reason], [["true", "goes on", "and on"], "self"]);
});

asyncTest("Task.cancel() while it awaits an own child cancels the child; a foreign task keeps running", async () => {
  const gate = Promise.withResolvers<string>();
  const foreign = createTask(() => gate.promise, { eager: true });
  let own: Task<void> | undefined;
  const task = createTask(async () => {
    own = createTask(never);
    await Promise.race([own, foreign]);
  }, { eager: true });
  await turn();
  task.cancel();
  await task.settled();
  assertEquals([own?.state, foreign.state], ["cancelled", "running"]);
  gate.resolve("fine");
  assertEquals(await foreign, "fine");
});

asyncTest("Task.signal is made on first use, and its reason is the very error that the task ends with", async () => {
  const task = createTask(never, { eager: true });
  const { signal } = task;
  assertStrictEquals(task.signal, signal);
  assert(!signal.aborted);
  task.cancel();
  assertStrictEquals(signal.reason, await assertRejects(() => task));
  const before = createTask(never);
  before.cancel();
  assert(before.signal.aborted);
  await before.settled();
});

asyncTest("Task.result() and exception() give the outcome, and refuse before the end", async () => {
  const done = createTask(() => 1);
  for (const ask of [() => done.result(), () => done.exception()]) {
    assertThrows(ask, InvalidStateError, "current state is pending");
  }
  await done;
  assertEquals([done.result(), done.exception()], [1, undefined]);
  const error = new Error("failed");
  const { task: failure } = await failed(error);
  assertStrictEquals(assertThrows(() => failure.result()), error);
  assertStrictEquals(failure.exception(), error);
  const cancelled = createTask(never);
  cancelled.cancel();
  await cancelled.settled();
  assertThrows(() => cancelled.result(), CancelledError);
  assertInstanceOf(cancelled.exception(), CancelledError);
});

asyncTest("Task.settled() never rejects, not even when the caller is cancelled", async () => {
  assertEquals(await createTask(() => 1).settled(), { status: "fulfilled", value: 1 });
  assertEquals(await (await failed("text")).task.settled(), { status: "rejected", reason: "text" });
  const gate = Promise.withResolvers<string>();
  const other = createTask(() => gate.promise);
  const caller = createTask(() => other.settled(), { eager: true });
  caller.cancel();
  gate.resolve("value");
  assertEquals(await caller, { status: "fulfilled", value: "value" });
});

asyncTest("Task.onDone() calls back in order, also after the end, and an error stops no other", async () => {
  const errors: unknown[] = [];
  const listener = (event: ErrorEvent) => {
    event.preventDefault();
    errors.push(event.error);
  };
  addEventListener("error", listener);
  const order: string[] = [];
  const task = createTask(() => 1);
  task.onDone((ended) => order.push(`first: ${ended.state}, ${ended === task}`));
  task.onDone(() => {
    throw "broken callback";
  });
  task.onDone(() => order.push("third"));
  await task;
  await turn();
  task.onDone(() => order.push("afterwards"));
  assertEquals(order.at(-1), "third");
  await turn();
  removeEventListener("error", listener);
  assertEquals(order, ["first: done, true", "third", "afterwards"]);
  assertEquals(errors, ["broken callback"]);
});

Deno.test("Task.onDone() runs a callback as part of the code that added it, also after a cancellation", async () => {
  const seen: (string | undefined)[] = [];
  const task = createTask(never, { name: "cancelled" });
  const reported = Promise.withResolvers<void>();
  const adder = createTask(async () => {
    task.onDone(async () => {
      seen.push(currentTask()?.name);
      await sleep(0);
      reported.resolve();
    });
    await reported.promise;
  }, { name: "adder", eager: true });
  task.onDone(() => seen.push(currentTask()?.name));
  task.cancel();
  await adder;
  assertEquals(seen, ["adder", undefined]);
});

asyncTest("Task[Symbol.asyncDispose] cancels and joins", async () => {
  const log: string[] = [];
  {
    await using task = createTask(() => never().finally(() => log.push("cleaned up")), { eager: true });
    log.push(task.state);
  }
  assertEquals(log, ["running", "cleaned up"]);
});

asyncTest("Task[Symbol.asyncDispose] throws a failure of the cleanup, and no earlier one", async () => {
  const failing = createTask(() => never().catch(() => Promise.reject(new Error("cleanup"))), { eager: true });
  await assertRejects(
    async () => {
      await using _task = failing;
    },
    Error,
    "cleanup",
  );
  const { task: before } = await failed();
  await before[Symbol.asyncDispose]();
});

asyncTest("Task: awaiting itself fails at once, whichever way it is done", async () => {
  const ways: ((task: Task<unknown>) => unknown)[] = [
    async (task) => await task,
    (task) => task,
    (task) => Promise.all([task]),
    (task) => Promise.race([task, never()]),
    (task) => createTask(async () => await task),
    (task) => createTask(task),
    async (task) => await task[Symbol.asyncDispose](),
  ];
  for (const way of ways) {
    const task = createTask(() => way(currentTask()!));
    await assertRejects(() => task, InvalidStateError, "from inside it");
  }
});

asyncTest("Task: subscribing from inside, without waiting, is no deadlock", async () => {
  const log: string[] = [];
  const task = createTask(() => {
    const self = currentTask()!;
    self.then(() => log.push("then"));
    self.finally(() => log.push("finally"));
    self.settled().then(() => log.push("settled"));
    self.onDone(() => log.push("onDone"));
    return 1;
  });
  await task;
  await turn();
  assertEquals(log.sort(), ["finally", "onDone", "settled", "then"]);
});

asyncTest("Task: awaiting a finished ancestor, or a sibling, is fine", async () => {
  const sibling = createTask(() => sleep(0, "sibling"));
  const other = createTask(async () => await sibling);
  assertEquals(await other, "sibling");
  const parent = createTask(() => {
    const self: Task<unknown> = currentTask()!;
    return { self, ask: async () => (await self) !== undefined };
  });
  assertEquals(await (await parent).ask(), true);
});

asyncTest("Task.exception() counts as seeing the error", async () => {
  const task = createTask(() => Promise.reject(new Error("seen")));
  let seen: unknown;
  task.onDone((task) => seen = task.exception());
  await sleep(0);
  assertEquals(String(seen), "Error: seen");
});

asyncTest(
  "Task is cancelled when Node's APIs wrap the reason of its signal in an AbortError of their own",
  async () => {
    const { setTimeout } = await import("node:timers/promises");
    const task = createTask(({ signal }) => setTimeout(60_000, undefined, { signal }), { eager: true });
    task.cancel();
    await task.settled();
    assertEquals(task.state, "cancelled");
  },
);

asyncTest("Task.onDone() gives the function that takes it back, before the end and after", async () => {
  const called: string[] = [];
  const task = createTask(() => sleep(1));
  task.onDone(() => called.push("first"));
  const takeBack = task.onDone(() => called.push("taken back"));
  task.onDone(() => called.push("last"));
  takeBack();
  takeBack();
  await task;
  task.onDone(() => called.push("taken back"))();
  await sleep(1);
  assertEquals(called, ["first", "last"]);
});
