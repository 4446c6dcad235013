import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { Settlement, subscribesOnly } from "../../lib/core/observe.ts";
import { ManualClock, turn } from "../core/manual_clock.ts";
import { CancelledError, createTask, InvalidStateError, sleep, type Task, wait } from "../../mod.ts";
import { cleanUp, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("wait() waits for all, and gives them in the order of the arguments", async () => {
  const slow = createTask(() => cleanUp(3));
  const fast = createTask(() => cleanUp(1));
  const { done, pending } = await wait([slow, fast]);
  assertEquals([done, pending], [[slow, fast], []]);
});

asyncTest("wait() throws no error of a task, and none of those is an unhandled rejection", async () => {
  const failed = createTask(() => Promise.reject(new Error("failed")));
  const cancelled = createTask(() => sleep(Infinity));
  cancelled.cancel();
  const { done } = await wait([failed, cancelled]);
  assertEquals(done.map((task) => task.state), ["failed", "cancelled"]);
});

asyncTest("wait() takes any promise", async () => {
  const thenable: PromiseLike<number> = { then: (resolve) => Promise.resolve(1).then(resolve) };
  const promises = [Promise.resolve(1), Promise.reject(new Error()), thenable];
  assertEquals((await wait(promises)).done, promises);
});

asyncTest("wait() until the first: gives all that are done in that turn", async () => {
  const gate = Promise.withResolvers<void>();
  const first = createTask(async () => void await gate.promise);
  const second = createTask(async () => {
    await gate.promise;
    throw new Error();
  });
  const third = createTask(() => sleep(Infinity));
  queueMicrotask(gate.resolve);
  const { done, pending } = await wait([first, second, third], { until: "first" });
  third.cancel();
  assertEquals([done, pending], [[first, second], [third]]);
});

asyncTest("wait() until the first error: goes on at that, and leaves the others running", async () => {
  const fine = createTask(() => turn());
  const failing = createTask(() => cleanUp(2).then(() => Promise.reject(new Error())));
  const slow = createTask(() => sleep(Infinity));
  const { done, pending } = await wait([slow, failing, fine], { until: "firstError" });
  assertEquals([done, pending, slow.state], [[failing, fine], [slow], "running"]);
  slow.cancel();
});

asyncTest("wait() until the first error: a cancelled task is none", async () => {
  const cancelled = createTask(() => sleep(Infinity));
  const fine = createTask(() => cleanUp(2));
  cancelled.cancel();
  assertEquals((await wait([cancelled, fine], { until: "firstError" })).pending, []);
});

asyncTest("wait() with a timeout cancels nothing and throws nothing", async () => {
  const clock = new ManualClock();
  const tasks: Task<void>[] = [];
  const result = clock.run(() => {
    tasks.push(createTask(() => sleep(10)), createTask(() => sleep(1_000)));
    return wait(tasks, { timeout: 100 });
  });
  await clock.pass(100);
  const { done, pending } = await result;
  assertEquals([done, pending], [[tasks[0]], [tasks[1]]]);
  assertEquals(tasks[1]!.state, "running");
  await clock.pass(1_000);
  assertEquals([tasks[1]!.state, clock.size], ["done", 0]);
});

asyncTest("wait() with a timeout of 0 looks at what is done", async () => {
  const done = Promise.resolve();
  const never = new Promise<void>(() => {});
  assertEquals(await wait([done, never], { timeout: 0 }), { done: [done], pending: [never] });
});

asyncTest("wait() releases its timer when it is not needed", async () => {
  const clock = new ManualClock();
  await clock.run(() => wait([Promise.resolve()], { timeout: 60_000 }));
  assertEquals(clock.size, 0);
});

asyncTest("wait() that is cancelled leaves the tasks running", async () => {
  const slow = createTask(() => cleanUp(4));
  const { task } = await started(() => wait([slow]));
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(slow.state, "running");
  await slow;
});

asyncTest("wait() throws the reason of its signal", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const never = new Promise(() => {});
  const result = wait([never], { signal: controller.signal });
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => result), reason);
  assertStrictEquals(await assertRejects(() => wait([never], { signal: controller.signal })), reason);
});

Deno.test("wait() again and again leaves nothing behind at the promise", async () => {
  const never = new Promise(() => {});
  let reactions = 0;
  never.then = function (...args) {
    reactions++;
    return Promise.prototype.then.apply(this, args) as never;
  };
  subscribesOnly(never.then);
  const settlement = Settlement.of(never);
  let listeners = 0;
  const { add, remove } = settlement;
  settlement.add = (listener) => (listeners++, add.call(settlement, listener));
  settlement.remove = (listener) => (listeners--, remove.call(settlement, listener));
  const waits = [
    () => wait([never, Promise.resolve()], { until: "first" }),
    () => wait([never], { timeout: 0 }),
    () => assertRejects(() => wait([never], { signal: AbortSignal.abort() })),
  ];
  for (let i = 0; i < 100; i++) await waits[i % waits.length]!();
  assertEquals({ reactions, listeners }, { reactions: 1, listeners: 0 });
});

asyncTest("wait() counts duplicates once", async () => {
  const task = createTask(() => turn());
  assertEquals((await wait([task, task])).done, [task]);
});

asyncTest("wait() rejects what cannot be waited for", async () => {
  await assertRejects(() => wait([]), TypeError, "Cannot wait as there is nothing to wait for");
  await assertRejects(() => wait([1 as never]), TypeError, "tasks or promises are needed: current value is 1");
  await assertRejects(() => wait([Promise.resolve()], { timeout: -1 }), RangeError, "current value is -1");
  await assertRejects(
    () => wait([Promise.resolve()], { until: "last" as "all" }),
    TypeError,
    'current value is "last"',
  );
});

asyncTest("wait() from inside of a task rejects that task", async () => {
  const task: Task<void> = createTask(async () => {
    await assertRejects(() => wait([task]), InvalidStateError, "from inside it");
  });
  await task;
});

asyncTest("wait() that is refused makes no unhandled rejection of a promise it was given", async () => {
  const failLater = () => cleanUp(2).then(() => Promise.reject(new CancelledError()));
  await assertRejects(() => wait([failLater()], { timeout: NaN }), RangeError);
  await assertRejects(() => wait([failLater(), 1 as never]), TypeError);
  const { task } = await started(() => sleep(Infinity).catch(() => wait([failLater()])));
  task.cancel();
  await task.settled();
  await cleanUp(4);
});
