import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import {
  any,
  createTask,
  flattenErrors,
  InvalidStateError,
  isCancelled,
  sleep,
  type Task,
  timeout,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { leavesNothing, reported } from "./watch_tasks.ts";

function failing(message: string, ms = 0): () => Promise<never> {
  return async () => {
    if (ms > 0) await sleep(ms);
    throw new Error(message);
  };
}

function messages(error: unknown): unknown[] {
  return flattenErrors(error).map((each) => (each as Error).message);
}

asyncTest("any() gives the first success, whatever fails before it", async (clock) => {
  assertEquals(await any([failing("a"), () => sleep(20, "b"), () => sleep(10, "c"), failing("d", 5)]), "c");
  assertEquals(clock.now(), 10);
});

asyncTest("any() has ended the cleanup of the losers when it gives the result", async (clock) => {
  const log: string[] = [];
  const { value } = await leavesNothing(() =>
    any([
      () => sleep(Infinity).finally(() => log.push("cleaned up")),
      () => sleep(1, "first"),
    ])
  ) as PromiseFulfilledResult<string>;
  assertEquals([value, log, clock.now()], ["first", ["cleaned up"], 1]);
});

asyncTest("any() throws an AggregateError in the order of the list when all have failed", async () => {
  const { reason } = await leavesNothing(() =>
    any([failing("a", 3), failing("b", 1), Promise.reject(new Error("c")), failing("d", 2)])
  ) as PromiseRejectedResult;
  assertInstanceOf(reason, AggregateError);
  assertEquals(reason.errors.map((error) => error.message), ["a", "b", "c", "d"]);
  assertEquals(reason.message, "All of 4 have failed");
});

asyncTest("any() throws an AggregateError for a single function, too", async () => {
  const error = await assertRejects(() => any([failing("a")]), AggregateError, "The only function has failed");
  assertEquals(messages(error), ["a"]);
});

asyncTest("any() counts what is thrown for a failure, also undefined", async () => {
  const error = await assertRejects(() => any([() => Promise.reject(), () => Promise.reject(null)]), AggregateError);
  assertEquals(error.errors, [undefined, null]);
});

asyncTest("any() starts all at once, and none after one that has succeeded at once", async () => {
  const log: string[] = [];
  assertEquals(
    await any([
      () => sleep(1).finally(() => log.push("a")),
      () => "b",
      () => log.push("c"),
    ]),
    "b",
  );
  assertEquals(log, ["a"]);
  assertEquals(await any(["plain", () => log.push("d")]), "plain");
  assertEquals(log, ["a"]);
});

asyncTest("any() takes any iterable, with the types of its values", async () => {
  const value: number = await any(new Set([() => sleep(2, 2), () => sleep(1, 1)]));
  assertEquals(value, 1);
  const either: string | number = await any([() => "a", () => sleep(1, 1)]);
  assertEquals(either, "a");
});

asyncTest("any() leaves promises alone, and waits for none of them", async () => {
  const slow = createTask(() => sleep(50, "slow"));
  assertEquals(await any([slow, () => sleep(1, "fast")]), "fast");
  assertEquals(slow.state, "running");
  assertEquals(await any([slow, failing("fast")]), "slow");
  assertEquals(await any([slow, slow]), "slow");
});

asyncTest("any() takes a task that somebody has cancelled for a failure", async () => {
  const task = createTask(() => sleep(Infinity));
  const waiting = any([task, () => sleep(5, "other")]);
  task.cancel();
  assertEquals(await waiting, "other");
});

asyncTest("any() with stagger starts the next only then", async (clock) => {
  const started: number[] = [];
  const ask = (ms: number) => () => {
    started.push(clock.now());
    return sleep(ms, ms);
  };
  assertEquals(await any([ask(100), ask(60), ask(30), ask(10), ask(1)], { stagger: 20 }), 30);
  // The third is there at 70, the fourth would have begun at 60 and ended at 70, after it.
  assertEquals([started, clock.now()], [[0, 20, 40, 60], 70]);
});

asyncTest(
  "any() with stagger starts the next at once when one fails, and the one after that has its full time",
  async (clock) => {
    const log: string[] = [];
    const at = (name: string, fn: () => unknown) => () => {
      log.push(`${name} at ${clock.now()}`);
      return fn();
    };
    const value = await any([
      at("a", failing("a", 5)),
      at("b", failing("b")),
      at("c", () => sleep(30, "c")),
      at("d", () => sleep(30, "d")),
    ], { stagger: 20 });
    assertEquals([value, log, clock.now()], ["c", ["a at 0", "b at 5", "c at 5", "d at 25"], 35]);
  },
);

asyncTest("any() with stagger: Infinity starts the next only when one has failed", async (clock) => {
  const value = await any([failing("a", 1_000), failing("b", 1_000), () => sleep(1, "c"), () => "never"], {
    stagger: Infinity,
  });
  assertEquals([value, clock.now()], ["c", 2_001]);
});

asyncTest("any() with stagger sees ten thousand failures at once", async () => {
  const all = Array.from({ length: 10_000 }, (_, i) => () => {
    throw i;
  });
  const error = await any(all, { stagger: 1_000 }).catch((error) => error);
  assertEquals([error.errors.length, error.errors[9_999]], [10_000, 9_999]);
});

asyncTest("any() with stagger gives a promise its turn, too", async (clock) => {
  const hedged = (fn: () => Promise<string>) => any([createTask(fn), () => sleep(1, "second")], { stagger: 20 });
  assertEquals([await hedged(() => sleep(10, "first")), clock.now()], ["first", 10]);
  assertEquals([await hedged(() => sleep(30, "first")), clock.now()], ["second", 31]);
  assertEquals([await hedged(failing("first", 5)), clock.now()], ["second", 37]);
});

asyncTest("any() with stagger is not hurried by a promise that fails before its turn", async (clock) => {
  const inputs = [() => sleep(Infinity), createTask(failing("promise", 5)), failing("b"), () => sleep(1, "c")];
  assertEquals([await any(inputs, { stagger: 20 }), clock.now()], ["c", 21]);
});

asyncTest("any() sets no timer when nothing is left to be started, or when it is over", async (clock) => {
  assertEquals(await any([() => "at once", () => "never"], { stagger: 60_000 }), "at once");
  await assertRejects(() => any([failing("a"), failing("b")], { stagger: 60_000 }), AggregateError);
  assertEquals(clock.now(), 0);
});

asyncTest("any() is cancelled with its task, in every phase, and joins its functions", async (clock) => {
  for (const ms of [0, 5, 25]) {
    const log: string[] = [];
    const work = (name: string) => () => sleep(Infinity).finally(() => log.push(name));
    const task: Task<unknown> = createTask(
      () => any([failing("early", 1), work("a"), work("b"), work("c")], { stagger: 20 }),
      { eager: true },
    );
    if (ms > 0) await sleep(ms);
    task.cancel();
    const error = await task.catch((error) => error);
    assert(isCancelled(error));
    assertEquals(log, [[], ["a"], ["a", "b"]][[0, 5, 25].indexOf(ms)]);
    if (ms > 0) assert(messages(error).includes("early"));
  }
  assertEquals(clock.now(), 30);
});

asyncTest("any() that is cancelled in the turn of a success throws the cancellation if that came first", async () => {
  for (const order of ["cancel, succeed", "succeed, cancel"]) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const task = createTask(() => any([() => promise]), { eager: true });
    for (const step of order.split(", ")) step === "cancel" ? task.cancel() : resolve("value");
    await task.settled();
    assertEquals(task.state, "cancelled", order);
  }
});

asyncTest("any() throws the reason of its signal, once its functions have ended", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const log: string[] = [];
  const waiting = any([() => sleep(Infinity).finally(() => log.push("ended"))], { signal: controller.signal });
  controller.abort(reason);
  assertStrictEquals(await waiting.catch((error) => error), reason);
  assertEquals(log, ["ended"]);
  const late = Promise.reject(new Error("seen to"));
  assertStrictEquals(await any([late], { signal: controller.signal }).catch((error) => error), reason);
});

asyncTest("any() inside a timeout ends with its TimeoutError", async () => {
  await assertRejects(() => timeout(10, () => any([() => sleep(Infinity), failing("a")])), DOMException, "10 ms");
});

asyncTest("any() does not lose what a loser throws in its cleanup", async () => {
  const errors = await reported(() =>
    any([() => sleep(Infinity).finally(() => Promise.reject(new Error("in cleanup"))), () => sleep(1)])
  );
  assertEquals(errors.map((error) => (error as Error).message), ["in cleanup"]);
});

asyncTest("any() that waits for the task it is in throws", async () => {
  const task: Task<unknown> = createTask(() => any([task, () => sleep(Infinity)]));
  await assertRejects(() => task, InvalidStateError);
});

asyncTest("any() refuses what is no list of something to wait for, before it starts any of it", async () => {
  let calls = 0;
  const count = () => void calls++;
  const bad: [unknown, string][] = [
    [[], "Cannot wait for a success as there is nothing to wait for: current value is empty"],
    [count, "Cannot wait for a success as a list is needed: current value is function count"],
    [null, "Cannot wait for a success as a list is needed: current value is null"],
    ["ab", 'Cannot wait for a success as a list is needed: current value is "ab"'],
    [[count, [count]], "Cannot wait for a success as functions and promises must not be in a list within the list"],
    [[count, function* () {}], "Cannot wait for a success as a generator function does nothing when it is called"],
  ];
  // deno-lint-ignore no-explicit-any
  for (const [list, message] of bad) await assertRejects(() => any(list as any), TypeError, message);
  await assertRejects(() => any([count, Promise.reject(new Error("seen to"))], { stagger: -1 }), RangeError, "stagger");
  assertEquals(calls, 0);
});
