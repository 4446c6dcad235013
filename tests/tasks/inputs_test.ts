import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  asCompleted,
  cancellable,
  Condition,
  createTask,
  gather,
  PriorityQueue,
  race,
  shield,
  sleep,
  taskGroup,
  timeout,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

// deno-lint-ignore no-explicit-any -- what the types refuse is refused at run time, too
type Any = any;

asyncTest("race() takes a list, as gather() does", async () => {
  const mirrors = [() => sleep(5, "far"), () => sleep(1, "near")];
  assertEquals(await race(mirrors), "near");
  assertEquals(await race(new Set(mirrors)), "near");
  assertEquals(await race([Promise.resolve("observed"), () => sleep(1)], {}), "observed");
  await assertRejects(() => race([]), TypeError, "nothing to wait for");
});

asyncTest("race({ signal }) cancels the functions when it fires, and throws its reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  let cleaned = false;
  const racing = race([() => sleep(60_000).finally(() => cleaned = true)], { signal: controller.signal });
  controller.abort(reason);
  assertEquals(await racing.catch((error) => error), reason);
  assertEquals(cleaned, true);
  let started = false;
  const refused = race([() => started = true], { signal: controller.signal });
  assertEquals(await refused.catch((error) => error), reason);
  assertEquals(started, false);
});

asyncTest("sleep(ms, { signal }) ends when the signal fires", async (clock) => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const nap = sleep(60_000, { signal: controller.signal });
  controller.abort(reason);
  assertEquals(await nap.catch((error) => error), reason);
  assertEquals(await sleep(1, { signal: new AbortController().signal }), undefined);
  assertEquals(await sleep(1, { signal: undefined }), undefined);
  assertEquals(await sleep(1, { signal: "text" }), { signal: "text" } as unknown);
  assertEquals(clock.now() < 60_000, true);
});

const noLists: Record<string, () => Promise<unknown>> = {
  "options after separate arguments": () => race(() => 1, { signal: new AbortController().signal } as Any),
  "options after a function": () => gather(() => 1, { returnExceptions: true } as Any),
  "lists within a list": () => gather([[() => 1], [() => 2]]),
  "a list of promises beside a function": () => gather(() => 1, [Promise.resolve()]),
  "an async generator": () => gather((async function* () {})() as Any),
  "an async generator with options": () => gather((async function* () {})() as Any, { concurrency: 1 }),
  "an async generator to race": () => race((async function* () {})() as Any),
  "options that are none": () => gather({ user: () => 1 }, { concurency: 1 } as Any),
  "an object of functions beside a function": () => gather({ user: () => 1 } as Any, () => 1),
  "an object of promises within a list": () => gather([{ user: Promise.resolve(1) }]),
  "a signal beside a function": () => gather(() => 1, new AbortController().signal as Any),
  "a signal beside a function to race": () => race(() => sleep(1), new AbortController().signal as Any),
  "a signal in a list": () => race([() => sleep(1), new AbortController().signal]),
  "an object of functions to race": () => race({ user: () => 1 } as Any),
};

for (const [what, call] of Object.entries(noLists)) {
  asyncTest(`gather() and race() refuse ${what}, which would silently do nothing`, async () => {
    await assertRejects(call, TypeError, "Cannot ");
  });
}

const ignored: Record<string, () => unknown> = {
  "sleep() refuses a signal in the place of its value": () => sleep(1, new AbortController().signal),
  "cancellable() refuses a function, which nobody would call": () => cancellable(() => sleep(1)),
  "cancellable() refuses a list of promises, which nobody would wait for": () =>
    cancellable([Promise.resolve(1), Promise.reject(new Error("seen to"))]),
  "PriorityQueue refuses a priority that is no function": () => new PriorityQueue(1, { priority: "rank" as Any }),
  "Condition refuses a lock that is none": () => new Condition({ name: "options" } as Any),
  "task.onDone() refuses what is no function": () => createTask(() => 1).onDone(5 as Any),
};

for (const [name, call] of Object.entries(ignored)) {
  asyncTest(name, async () => {
    await assertRejects(async () => await call(), TypeError, "Cannot ");
  });
}

asyncTest("cancellable() takes plain values for what they are", async () => {
  for (const value of [[1, 2], { a: 1 }, null, "text"]) assertEquals<unknown>(await cancellable(value), value);
});

asyncTest("gather() takes plain values for what they are", async () => {
  const options = { name: "a value" };
  assertEquals(await gather(() => 1, options, [1, 2], null), [1, options, [1, 2], null]);
  assertEquals(await gather({ rows: 1 }), { rows: 1 });
  assertEquals(await gather([{ rows: 1 }]), [{ rows: 1 }]);
  assertEquals(await gather([options, { go: () => 1, name: "an object with a method" }]).then(([a]) => a), options);
  assertEquals(await gather([[1, 2], [3]]), [[1, 2], [3]]);
});

function* generator(): Generator<number> {
  yield 1;
}

async function* asyncGenerator(): AsyncGenerator<number> {
  yield await Promise.resolve(1);
}

for (const fn of [generator, asyncGenerator]) {
  asyncTest(`functions that are run refuse ${fn.name}, of which nothing would run`, async () => {
    assertThrows(() => createTask(fn as Any), TypeError, fn.name);
    await assertRejects(() => gather(fn as Any), TypeError, fn.name);
    await assertRejects(() => gather([fn], { concurrency: 1 }), TypeError, fn.name);
    await assertRejects(() => race(fn as Any), TypeError, fn.name);
    await assertRejects(() => timeout(1, fn as Any), TypeError, fn.name);
    await assertRejects(() => shield(fn as Any), TypeError, fn.name);
    await assertRejects(() => taskGroup(fn as Any), TypeError, fn.name);
    assertThrows(() => asCompleted([fn]), TypeError, fn.name);
  });
}

asyncTest("taskGroup() gives methods that work taken apart", async () => {
  const seen: unknown[] = [];
  const result = await taskGroup(async ({ createTask, start, cancel, signal, name }) => {
    seen.push(await createTask(() => sleep(1, "task")));
    seen.push(
      await start(async (ready) => {
        ready("ready");
        await sleep(60_000);
      }),
    );
    seen.push(typeof name, cancel("enough"), signal.aborted);
    return "ended";
  });
  assertEquals(seen, ["task", "ready", "string", true, true]);
  assertEquals(result, "ended");
});

asyncTest("timeout() gives methods that work taken apart", async () => {
  const value = await timeout(1, async ({ reschedule, signal }) => {
    reschedule(60_000);
    await sleep(10);
    return signal.aborted;
  });
  assertEquals(value, false);
});
