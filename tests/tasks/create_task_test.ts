import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import { CancelledError } from "../../lib/errors.ts";
import { runInScope } from "../../lib/core/ambient.ts";
import { RootScope } from "../../lib/core/scope.ts";
import { createTask } from "../../lib/tasks/create_task.ts";
import { allTasks, currentTask } from "../../lib/tasks/current.ts";
import { sleep } from "../../lib/tasks/sleep.ts";
import { countListeners } from "../core/count_listeners.ts";
import { turn } from "../core/manual_clock.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

const never = () => sleep(1e6);

asyncTest("createTask() calls the function one microtask later, so that it can be named first", async () => {
  let name: string | undefined;
  const task = createTask(() => name = currentTask()?.name);
  assertEquals(task.state, "pending");
  task.name = "named in time";
  await null;
  assertEquals(name, "named in time");
  await task;
});

asyncTest("createTask(): cancelled before its first step, the function never runs, nor any finally of it", async () => {
  let ran = false;
  const task = createTask(() => {
    ran = true;
  });
  assert(task.cancel("too early"));
  const error = await assertRejects(() => task, CancelledError);
  assertEquals([ran, task.state, error.reason], [false, "cancelled", "too early"]);
});

asyncTest("createTask({ eager }) calls the function at once, up to its first await", async () => {
  const log: string[] = [];
  const task = createTask(async () => {
    log.push("first step");
    await null;
    log.push("second step");
  }, { eager: true });
  assertEquals([log, task.state], [["first step"], "running"]);
  await task;
  assertEquals(log, ["first step", "second step"]);
});

asyncTest("createTask({ eager }): a function that never waits is done on return, also when it throws", async () => {
  const done = createTask(() => 5, { eager: true });
  assertEquals([done.state, done.result()], ["done", 5]);
  const failed = createTask(() => {
    throw new Error("at once");
  }, { eager: true });
  assertEquals(failed.state, "failed");
  await assertRejects(() => failed, Error, "at once");
});

Deno.test("createTask({ eager }) restores the current task afterwards", async () => {
  assertEquals(currentTask(), undefined);
  const outer = createTask(() => {
    const inner = createTask(() => currentTask(), { eager: true }).settled();
    return [currentTask()!.name, inner];
  }, { eager: true, name: "outer" });
  assertEquals(currentTask(), undefined);
  assertEquals((await outer)[0], "outer");
});

asyncTest("createTask({ eager }): the task that the function sees is the one that is returned", async () => {
  let seen: unknown;
  let listed: unknown;
  const task = createTask(() => {
    seen = currentTask();
    listed = allTasks().at(-1);
    return sleep(0, "value");
  }, { eager: true });
  // Compared one by one: a failing comparison of tasks would print more than helps.
  assert(seen === task && listed === task);
  assertEquals(await task, "value");
});

asyncTest("createTask({ eager }) in a cancelled task never calls the function", async () => {
  let called = false;
  const task = createTask(async () => {
    await never().catch(() => {});
    const inner = createTask(() => called = true, { eager: true });
    return inner.state;
  }, { eager: true });
  task.cancel();
  assertEquals([await task, called], ["cancelled", false]);
});

asyncTest("createTask() names a task after its function, uniquely, or as told", async () => {
  async function fetchData(): Promise<void> {}
  const tasks = [
    createTask(fetchData),
    createTask(fetchData),
    createTask(() => {}),
    createTask(fetchData, { name: "mine" }),
  ];
  const [a, b, anonymous, mine] = tasks.map(({ name }) => name);
  assertEquals(a, `fetchData-${tasks[0]!.id}`);
  assertEquals(b, `fetchData-${tasks[1]!.id}`);
  assertEquals(anonymous, `task-${tasks[2]!.id}`);
  assertEquals(mine, "mine");
  await Promise.all(tasks);
});

Deno.test("createTask() refuses what is neither a function nor a promise, and names it", () => {
  for (const [bad, shown] of [[1, "1"], [null, "null"], ["fn", '"fn"'], [{}, "an object"]] as const) {
    assertThrows(() => createTask(bad as unknown as () => void), TypeError, `current value is ${shown}`);
  }
});

Deno.test("createTask({ signal }) refuses a signal that is none, and leaves no task behind", () => {
  const before = allTasks().length;
  assertThrows(() => createTask(never, { signal: "x" as unknown as AbortSignal }), TypeError, 'current value is "x"');
  assertEquals(allTasks().length, before);
});

asyncTest("createTask(): a task is cancelled with the scope it was created in", async () => {
  let child: { state: string } | undefined;
  const parent = createTask(async () => {
    child = createTask(never);
    await never();
  }, { eager: true });
  await turn();
  parent.cancel("all");
  await parent.settled();
  assertEquals(child?.state, "cancelled");
});

asyncTest("createTask(): a function that ends cancels and awaits the tasks it has left behind", async () => {
  const log: string[] = [];
  const value = await createTask(() => {
    createTask(() => never().finally(() => log.push("child ended")), { eager: true });
    return "value";
  });
  assertEquals([value, log], ["value", ["child ended"]]);
});

asyncTest("createTask({ detached }) cuts the tie: its creator's end and cancellation do not reach it", async () => {
  const gate = Promise.withResolvers<string>();
  const detached = [];
  detached.push(await createTask(() => [createTask(() => gate.promise, { detached: true })]));
  const cancelled = createTask(async () => {
    await never().catch(() => {});
    return [createTask(() => gate.promise, { detached: true })];
  }, { eager: true });
  cancelled.cancel();
  detached.push(await cancelled);
  await turn();
  gate.resolve("on its own");
  for (const [task] of detached) assertEquals(await task, "on its own");
});

asyncTest("createTask(): a failure does not cancel the parent", async () => {
  const parent = createTask(async () => {
    const child = createTask(() => Promise.reject(new Error("child")));
    await assertRejects(() => child, Error, "child");
    await sleep(0);
    return "fine";
  });
  assertEquals(await parent, "fine");
});

asyncTest(
  "createTask(promise) observes: cancelling stops the waiting, and a later failure is not unhandled",
  async () => {
    const superseded: unknown[] = [];
    const root = new RootScope(null);
    root.onSuperseded = (error) => superseded.push(error);
    const work = Promise.withResolvers<string>();
    const task = runInScope(root, () => createTask(work.promise, { name: "observer" }));
    assertEquals(task.state, "running");
    task.cancel();
    await assertRejects(() => task, CancelledError);
    const late = new Error("late");
    work.reject(late);
    await turn();
    assertEquals(superseded, [late]);
  },
);

asyncTest("createTask(promise) that is refused sees to the promise all the same", async () => {
  const superseded: unknown[] = [];
  const root = new RootScope(null);
  root.onSuperseded = (error) => superseded.push(error);
  const error = new Error("nobody's");
  const task = runInScope(root, () => createTask(Promise.reject(error), { signal: AbortSignal.abort() }));
  await assertRejects(() => task, CancelledError);
  await turn();
  assertEquals(superseded, [error]);
});

asyncTest(
  "createTask({ signal }) cancels with the signal's reason as the reason, and lets go of the signal",
  async () => {
    const controller = new AbortController();
    const listeners = countListeners(controller.signal);
    const [cancelled, done] = [
      createTask(never, { signal: controller.signal }),
      createTask(() => 1, { signal: controller.signal }),
    ];
    await done;
    const reason = new Error("why");
    controller.abort(reason);
    const error = await assertRejects(() => cancelled, CancelledError);
    assertStrictEquals(error.reason, reason);
    assertEquals(listeners.now, 0);
  },
);

asyncTest("createTask({ signal }) that has fired never calls the function", async () => {
  for (const eager of [false, true]) {
    let called = false;
    const task = createTask(() => called = true, { signal: AbortSignal.abort("before"), eager });
    const error = await assertRejects(() => task, CancelledError);
    assertEquals([called, error.reason], [false, "before"]);
  }
});

asyncTest("createTask(): a value in an AsyncLocalStorage is that of the creation, and leaks to nobody", async () => {
  const storage = new AsyncLocalStorage<string>();
  const value = () => storage.getStore();
  const parent = storage.run("parent", () =>
    createTask(async () => {
      const children = ["a", "b"].map((own) =>
        createTask(async () => [value(), await storage.run(own, () => sleep(0).then(value)), value()])
      );
      return [...await Promise.all(children), value()];
    }));
  const seen = await storage.run("elsewhere", async () => await parent);
  assertEquals(seen, [["parent", "a", "parent"], ["parent", "b", "parent"], "parent"]);
  assertEquals(storage.getStore(), undefined);
});

asyncTest("createTask(): a thousand levels of tasks are cancelled, and end, as one", async () => {
  const nest = async (depth: number): Promise<void> => {
    await (depth === 0 ? never() : createTask(() => nest(depth - 1)));
  };
  const task = createTask(() => nest(1_000), { eager: true });
  for (let i = 0; i < 10; i++) await turn();
  task.cancel();
  assertInstanceOf(await assertRejects(() => task), CancelledError);
});
