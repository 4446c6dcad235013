import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { CancelledError } from "../../lib/errors.ts";
import { realClock } from "../../lib/core/clock.ts";
import { cancellable } from "../../lib/tasks/cancellable.ts";
import { checkpoint, sleep } from "../../lib/tasks/sleep.ts";
import { createTask } from "../../lib/tasks/create_task.ts";
import { countListeners } from "../core/count_listeners.ts";
import { ManualClock, turn } from "../core/manual_clock.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

Deno.test("sleep() never ends early", async () => {
  await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    const ms = 1 + i / 10;
    const start = performance.now();
    await sleep(ms);
    const slept = performance.now() - start;
    assert(slept >= ms, `${slept} of ${ms} ms`);
  }));
});

asyncTest("sleep() gives its value", async () => {
  assertEquals(await sleep(1, "tea"), "tea");
  assertEquals(await sleep(0, "tea"), "tea");
  assertEquals(await sleep(0), undefined);
});

asyncTest("sleep() wakes by duration, and equal durations in the order of the calls", async () => {
  const clock = new ManualClock();
  const order: string[] = [];
  for (const [name, ms] of [["c", 30], ["a1", 10], ["b", 20], ["a2", 10], ["a3", 10]] as const) {
    clock.run(() => sleep(ms)).then(() => order.push(name));
  }
  await clock.pass(30);
  assertEquals(order, ["a1", "a2", "a3", "b", "c"]);
});

asyncTest("sleep() of a duration over 2^31 ms is as long as it says", async () => {
  const clock = new ManualClock();
  const ms = 2 ** 31 + 5;
  let awake = false;
  clock.run(() => sleep(ms)).then(() => awake = true);
  await clock.pass(ms - 1);
  assert(!awake);
  await clock.pass(1);
  assert(awake);
});

Deno.test("sleep() of a duration over 2^31 ms does not end at once on the real clock", async () => {
  const controller = new AbortController();
  let awake = false;
  const long = sleep(2 ** 31 + 5, undefined, { signal: controller.signal }).then(() => awake = true, () => {});
  await sleep(10);
  assert(!awake);
  controller.abort();
  await long;
});

asyncTest("sleep(Infinity) waits until it is cancelled", async () => {
  const clock = new ManualClock();
  const task = clock.run(() => createTask(() => sleep(Infinity)));
  await clock.pass(1e12);
  assertEquals(task.state, "running");
  task.cancel();
  assertEquals((await task.settled()).status, "rejected");
});

asyncTest("sleep(0) lets microtasks, and what was ready before it, run first", async () => {
  const order: string[] = [];
  const before = turn().then(() => order.push("immediate"));
  queueMicrotask(() => order.push("microtask"));
  await sleep(0);
  order.push("awake");
  await before;
  assertEquals(order, ["microtask", "immediate", "awake"]);
});

asyncTest("sleep() rejects what is no duration, and names it", async () => {
  for (const ms of [NaN, -1, -Infinity]) {
    await assertRejects(() => sleep(ms), RangeError, `current value is ${ms}`);
  }
  for (const [ms, shown] of [["5", '"5"'], [null, "null"], [undefined, "undefined"], [5n, "5n"]] as const) {
    await assertRejects(() => sleep(ms as unknown as number), TypeError, `current value is ${shown}`);
  }
});

asyncTest("sleep() throws the signal's own reason, at once if it has fired", async () => {
  const reason = new Error("my reason");
  const controller = new AbortController();
  const sleeping = sleep(1e6, undefined, { signal: controller.signal });
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => sleeping), reason);
  assertStrictEquals(await assertRejects(() => sleep(1e6, 0, { signal: controller.signal })), reason);
  assertStrictEquals(await assertRejects(() => checkpoint({ signal: controller.signal })), reason);
});

asyncTest("sleep() rejects with a clear error when the signal is none", async () => {
  const signal = null as unknown as AbortSignal;
  await assertRejects(() => sleep(1, 0, { signal }), TypeError, "current value is null");
  await assertRejects(() => cancellable(1, { signal }), TypeError, "current value is null");
});

asyncTest("sleep() takes its timer back when it is given up", async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const sleeping = clock.run(() => sleep(50, undefined, { signal: controller.signal }));
  assertEquals(clock.size, 1);
  controller.abort();
  assertEquals(clock.size, 0);
  await assertRejects(() => sleeping);
});

Deno.test("sleep(): 40 000 on one signal share one listener, and all wake from it", async () => {
  // Some 300 ms: with a listener each it would be half a minute.
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  const settled = Promise.allSettled(
    Array.from({ length: 40_000 }, () => sleep(1e6, 0, { signal: controller.signal })),
  );
  assertEquals(listeners, { now: 1, added: 1 });
  controller.abort("enough");
  const outcomes = await settled;
  assert(outcomes.every((outcome) => outcome.status === "rejected" && outcome.reason === "enough"));
  assertEquals(listeners.now, 0);
});

asyncTest("sleep(): one after the other on one signal leaves no listener behind", async () => {
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  for (let i = 0; i < 100; i++) await sleep(0, undefined, { signal });
  assertEquals(listeners.now, 0);
});

asyncTest("sleep() in a cancelled task rejects at once, again and again", async () => {
  const errors: unknown[] = [];
  const task = createTask(async () => {
    for (let i = 0; i < 3; i++) await sleep(1e6).catch((error) => errors.push(error));
  }, { eager: true });
  task.cancel();
  await task;
  assertEquals(errors.length, 3);
  assertInstanceOf(errors[0], CancelledError);
  assert(errors.every((error) => error === errors[0]));
});

Deno.test("sleep() whose time came just before a cancellation in the same tick keeps its value", async () => {
  const task = createTask(() => sleep(1, "in time"), { eager: true });
  realClock.at({ due: realClock.now() + 2, order: 0, index: -1, fire: () => task.cancel() });
  // Both are due when the loop goes on, so they fire in one batch.
  const start = performance.now();
  while (performance.now() < start + 5);
  assertEquals(await task, "in time");
});

asyncTest("checkpoint() in a tight loop notices a cancellation and lets timers run", async () => {
  let timers = 0;
  const interval = setInterval(() => timers++, 1);
  let steps = 0;
  const task = createTask(async () => {
    for (;;) {
      steps++;
      await checkpoint();
    }
  });
  // Three ticks of a timer: a starved loop would never see one.
  while (timers < 3) await checkpoint();
  clearInterval(interval);
  task.cancel();
  assertEquals((await task.settled()).status, "rejected");
  assert(steps > 3);
});

asyncTest("checkpoint() throws in a cancelled task", async () => {
  const task = createTask(async () => {
    try {
      await sleep(1e6);
    } catch {
      await checkpoint();
    }
    throw new Error("must not be reached");
  }, { eager: true });
  task.cancel();
  assertInstanceOf(await assertRejects(() => task), CancelledError);
});
