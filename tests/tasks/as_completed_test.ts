import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { ManualClock, turn } from "../core/manual_clock.ts";
import {
  asCompleted,
  CancelledError,
  createTask,
  currentTask,
  InvalidStateError,
  sleep,
  type Task,
} from "../../mod.ts";
import { cleanUp, leavesNothing, reported, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("asCompleted() yields the very tasks, in the order in which they complete", async () => {
  const slow = createTask(() => cleanUp(4));
  const fast = createTask(() => cleanUp(2));
  const order: unknown[] = [];
  for await (const task of asCompleted([slow, fast])) order.push(task);
  assertEquals(order.length, 2);
  assertStrictEquals(order[0], fast);
  assertStrictEquals(order[1], slow);
});

asyncTest("asCompleted() keeps the order of the inputs for those that complete together", async () => {
  const clock = new ManualClock();
  const order: number[] = [];
  const loop = clock.run(async () => {
    for await (const task of asCompleted([3, 1, 2].map((n) => () => sleep(10, n)))) order.push(await task);
  });
  await clock.pass(10);
  await loop;
  assertEquals(order, [3, 1, 2]);
});

asyncTest("asCompleted() yields failed and cancelled tasks like others", async () => {
  const victim = createTask(() => sleep(Infinity));
  victim.cancel();
  const states: string[] = [];
  const loop = asCompleted([victim, () => Promise.reject(new Error())]);
  for (let step = await loop.next(); !step.done; step = await loop.next()) {
    states.push((await step.value.settled()).status, step.value.state);
  }
  assertEquals(states, ["rejected", "cancelled", "rejected", "failed"]);
});

asyncTest("asCompleted() yields promises as they are", async () => {
  const promise = Promise.resolve("value");
  for await (const each of asCompleted([promise])) assertStrictEquals(each, promise);
});

asyncTest("asCompleted() starts nothing before the first is asked for", async () => {
  let started = 0;
  const loop = asCompleted([() => started++]);
  await turn();
  assertEquals(started, 0);
  await loop.next();
  assertEquals(started, 1);
});

asyncTest("asCompleted() over nothing ends at once", async () => {
  assertEquals(await asCompleted([]).next(), { done: true, value: undefined });
});

asyncTest("asCompleted() yields a task once that is given twice, and runs a function twice", async () => {
  let runs = 0;
  const fn = () => void runs++;
  const task = createTask(() => {});
  let count = 0;
  for await (const _ of asCompleted([task, fn, task, fn])) count++;
  assertEquals([count, runs], [3, 2]);
});

asyncTest("asCompleted(): break leaves tasks and promises alone", async () => {
  const slow = createTask(() => cleanUp(5).then(() => "finished"));
  for await (const _ of asCompleted([slow, Promise.resolve()])) break;
  assertEquals(slow.state, "running");
  assertEquals(await slow, "finished");
});

asyncTest("asCompleted(): break cancels functions, and waits for them", async () => {
  const log: string[] = [];
  await leavesNothing(async () => {
    const slow = () => sleep(Infinity).finally(() => cleanUp()).finally(() => log.push("cleaned up"));
    for await (const _ of asCompleted([slow, () => turn()])) break;
    log.push("after the loop");
  });
  assertEquals(log, ["cleaned up", "after the loop"]);
});

asyncTest("asCompleted(): a throw in the loop cancels functions, and waits for them", async () => {
  const { reason } = await leavesNothing(async () => {
    for await (const _ of asCompleted([() => sleep(Infinity), () => turn()])) throw new Error("in the loop");
  }) as PromiseRejectedResult;
  assertEquals(reason.message, "in the loop");
});

asyncTest("asCompleted(): errors that were not yielded are reported, each once", async () => {
  const failing = (message: string, turns: number) => cleanUp(turns).then(() => Promise.reject(new Error(message)));
  const errors = await reported(async () => {
    const inputs = [
      Promise.resolve(),
      () => failing("owned, before the end of the loop", 1),
      () => sleep(Infinity).catch(() => failing("owned, in its cleanup", 0)),
      failing("observed, before the end of the loop", 1),
      failing("observed, later", 5),
    ];
    for await (const _ of asCompleted(inputs)) {
      await cleanUp(3);
      break;
    }
    await cleanUp(4);
  });
  assertEquals(errors.map((error) => (error as Error).message).sort(), [
    "observed, before the end of the loop",
    "observed, later",
    "owned, before the end of the loop",
    "owned, in its cleanup",
  ]);
});

asyncTest("asCompleted(): errors of those that were yielded are not reported", async () => {
  const errors = await reported(async () => {
    const failing = () => Promise.reject(new Error());
    for await (const task of asCompleted([failing, failing()])) await assertRejects(() => task);
  });
  assertEquals(errors, []);
});

asyncTest("asCompleted() that is cancelled while it waits cancels functions, waits for them, and throws", async () => {
  const log: string[] = [];
  const { task } = await started(async () => {
    for await (const _ of asCompleted([() => sleep(Infinity).finally(() => log.push("cleaned up"))])) log.push("never");
  });
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(log, ["cleaned up"]);
});

asyncTest("asCompleted() in a cancelled task throws, also when there is something to yield", async () => {
  let yielded = 0;
  const { task } = await started(async () => {
    const loop = asCompleted([() => {}, () => {}, () => sleep(Infinity)]);
    await loop.next();
    await turn();
    currentTask()!.cancel();
    while (!(await loop.next()).done) yielded++;
  });
  await assertRejects(() => task, CancelledError);
  assertEquals(yielded, 0);
});

asyncTest("asCompleted() that is forgotten ends with the task that began it", async () => {
  const log: string[] = [];
  const { status } = await leavesNothing(() =>
    createTask(async () => {
      const slow = () => sleep(Infinity).finally(() => log.push("cleaned up"));
      await asCompleted([() => turn(), slow]).next();
    })
  );
  assertEquals([status, log], ["fulfilled", ["cleaned up"]]);
});

asyncTest("asCompleted() that is forgotten throws when it is asked again", async () => {
  const loop = asCompleted([() => turn(), () => sleep(Infinity)]);
  await createTask(async () => void await loop.next());
  await assertRejects(() => loop.next(), CancelledError);
});

asyncTest("asCompleted(): several next() calls may wait at once", async () => {
  const loop = asCompleted([() => cleanUp(2).then(() => "slow"), () => turn().then(() => "fast")]);
  const results = await Promise.all([loop.next(), loop.next(), loop.next()]);
  const values = await Promise.all(results.map(({ value }) => value));
  assertEquals(values, ["fast", "slow", undefined]);
  assert(results[2].done);
});

asyncTest("asCompleted(): return() ends next() calls that wait", async () => {
  const loop = asCompleted([() => sleep(Infinity)]);
  const next = loop.next();
  await turn();
  await loop.return!();
  assertEquals(await next, { done: true, value: undefined });
  assertEquals(await loop.next(), { done: true, value: undefined });
});

asyncTest("asCompleted() refuses at the call what cannot be waited for, and starts nothing", async () => {
  let ran = false;
  const failing = cleanUp(2).then(() => Promise.reject(new CancelledError()));
  assertThrows(
    () => asCompleted([() => void (ran = true), 7 as never, failing]),
    TypeError,
    "current value is 7",
  );
  assertThrows(() => asCompleted(7 as never), TypeError, "a list is needed: current value is 7");
  await cleanUp(4);
  assert(!ran);
});

asyncTest("asCompleted() takes the inputs as they are at the call", async () => {
  const inputs = [() => "first"];
  const loop = asCompleted(inputs);
  inputs.push(() => "second");
  const values: string[] = [];
  for await (const task of loop) values.push(await task);
  assertEquals(values, ["first"]);
});

asyncTest("asCompleted() from inside of a task rejects that task", async () => {
  const task: Task<void> = createTask(async () => {
    await assertRejects(() => asCompleted([task]).next(), InvalidStateError, "Cannot iterate over task");
  });
  await task;
});
