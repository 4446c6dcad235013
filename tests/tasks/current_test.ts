import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createTask } from "../../lib/tasks/create_task.ts";
import { allTasks, currentSignal, currentTask } from "../../lib/tasks/current.ts";
import { gather } from "../../lib/tasks/gather.ts";
import { sleep } from "../../lib/tasks/sleep.ts";
import { turn } from "../core/manual_clock.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

const name = () => currentTask()?.name;

asyncTest("currentTask() is right across interleavings", async () => {
  const seen: Record<string, (string | undefined)[]> = {};
  await gather(["a", "b", "c"].map((own) =>
    createTask(async () => {
      seen[own] = [name()];
      for (let i = 0; i < 3; i++) {
        await sleep(0);
        seen[own].push(name());
      }
    }, { name: own })
  ));
  for (const own of ["a", "b", "c"]) assertEquals(seen[own], Array(4).fill(own));
});

asyncTest("currentTask() is right inside timers, immediates, microtasks and promise callbacks", async () => {
  await createTask(async () => {
    const seen = await Promise.all([
      new Promise((resolve) => setTimeout(() => resolve(name()), 0)),
      new Promise((resolve) => setImmediate(() => resolve(name()))),
      new Promise((resolve) => queueMicrotask(() => resolve(name()))),
      Promise.resolve().then(name),
    ]);
    assertEquals(seen, Array(4).fill("task with callbacks"));
  }, { name: "task with callbacks" });
});

asyncTest(
  "currentTask() is right in the callback of a message, from a port or from a worker it has started",
  async () => {
    const seen = await createTask(async () => {
      const worker = new Worker("data:text/javascript,postMessage(null)", { type: "module" });
      const fromWorker = await new Promise((resolve) => worker.onmessage = () => resolve(name()));
      worker.terminate();
      const { port1, port2 } = new MessageChannel();
      const fromPort = await new Promise((resolve) => {
        port1.onmessage = () => resolve(name());
        port2.postMessage(null);
      });
      port1.close();
      port2.close();
      return [fromWorker, fromPort];
    }, { name: "with a worker" });
    assertEquals(seen, ["with a worker", "with a worker"]);
  },
);

Deno.test("currentTask() is the innermost task, also for a function of gather(), and undefined outside", async () => {
  assertEquals(currentTask(), undefined);
  const seen = await createTask(async () => {
    const [inner] = await gather(function child() {
      return name();
    });
    return [inner?.replace(/\d+$/, "N"), name()];
  }, { name: "outer" });
  assertEquals(seen, ["child-N", "outer"]);
  assertEquals(currentTask(), undefined);
});

asyncTest("currentTask() is the same object each time, and the task itself", async () => {
  let seen: unknown[] = [];
  const task = createTask(async () => {
    seen = [currentTask()];
    await turn();
    seen.push(currentTask());
  });
  await task;
  assert(seen.every((each) => each === task));
});

asyncTest("currentTask(): a function of gather() can be cancelled by its task", async () => {
  const results = await gather([
    () => {
      currentTask()!.cancel("self");
      return sleep(1e6);
    },
  ], { returnExceptions: true });
  assertEquals(String(results[0]).includes("cancelled"), true);
});

Deno.test("allTasks() lists what has not ended, functions of gather() too, in order of creation", async () => {
  const a = createTask(() => sleep(0), { name: "a" });
  const gathering = gather(function b() {
    return sleep(0);
  });
  const c = createTask(() => createTask(() => sleep(0), { name: "d" }), { name: "c" });
  await null;
  assertEquals(allTasks().map((task) => task.name.replace(/-\d+$/, "")), ["a", "b", "c", "d"]);
  await Promise.all([a, gathering, c]);
  assertEquals(allTasks(), []);
});

asyncTest("currentSignal() is that of the scope around, and fires with the task's error", async () => {
  let signal: AbortSignal | undefined;
  const task = createTask(() => {
    signal = currentSignal();
    return sleep(1e6);
  }, { eager: true });
  assertStrictEquals(signal, task.signal);
  task.cancel();
  await task.settled();
  assertStrictEquals(signal?.reason, task.exception());
});

Deno.test("currentSignal() outside of all tasks never fires", () => {
  assert(!currentSignal().aborted);
  assertStrictEquals(currentSignal(), currentSignal());
});
