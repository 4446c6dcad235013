// The sentences of the design on cancellation, one by one.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { CancelledError, isStampedBy } from "../../lib/errors.ts";
import { runInScope } from "../../lib/core/ambient.ts";
import { RootScope } from "../../lib/core/scope.ts";
import { cancellable } from "../../lib/tasks/cancellable.ts";
import { checkpoint, sleep } from "../../lib/tasks/sleep.ts";
import { createTask } from "../../lib/tasks/create_task.ts";
import { gather } from "../../lib/tasks/gather.ts";
import { scopeOf } from "../../lib/tasks/task.ts";
import { turn } from "../core/manual_clock.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

const never = () => sleep(Infinity);

asyncTest("cancellation is ambient: a sleep ten calls deep wakes, in code that knows nothing of it", async () => {
  const deep = async (depth: number): Promise<void> => {
    await (depth === 0 ? never() : deep(depth - 1));
  };
  const task = createTask(() => deep(10), { eager: true });
  task.cancel();
  assertInstanceOf(await assertRejects(() => task), CancelledError);
});

asyncTest("cancellation is ambient: it finds waits behind timers, callbacks and Promise.all", async () => {
  let ended = 0;
  const task = createTask(() =>
    Promise.allSettled([
      never(),
      Promise.resolve().then(never),
      new Promise((resolve) => setTimeout(() => resolve(never()), 0)),
    ].map((promise) => promise.finally(() => ended++))), { eager: true });
  await turn();
  await sleep(5);
  task.cancel();
  await task;
  assertEquals(ended, 3);
});

asyncTest("cancellation is level-triggered: every checkpoint throws, again and again, the same error", async () => {
  const errors = new Set<unknown>();
  const note = (error: unknown) => void errors.add(error);
  let checkpoints = 0;
  const task = createTask(async () => {
    const waits = [
      never,
      checkpoint,
      () => sleep(0),
      () => gather(never),
      () => cancellable(1),
      () => createTask(never),
    ];
    for (let round = 0; round < 2; round++) {
      for (const wait of waits) {
        await wait().then(() => errors.add("did not throw"), note);
        checkpoints++;
      }
    }
  }, { eager: true });
  task.cancel();
  await task;
  assertEquals([checkpoints, errors.size], [12, 1]);
  assertInstanceOf([...errors][0], CancelledError);
});

asyncTest("cancellation is stamped with the scope that caused it, for every scope that it reaches", async () => {
  let child;
  const parent = createTask(async () => {
    child = createTask(never, { eager: true });
    await never();
  }, { eager: true });
  parent.cancel();
  const error = await assertRejects(() => parent);
  assertStrictEquals(await assertRejects(() => child!), error);
  assert(isStampedBy(error, scopeOf(parent)));
  assert(!isStampedBy(error, scopeOf(child!)));
});

asyncTest("cancellation is one error, shared by all that it reaches", async () => {
  const errors: unknown[] = [];
  const task = createTask(
    () => gather(Array.from({ length: 100 }, () => () => never().catch((error) => errors.push(error)))),
    { eager: true },
  );
  task.cancel();
  await task.settled();
  assertEquals([errors.length, new Set(errors).size], [100, 1]);
});

asyncTest("cancellation comes out of fetch as the very same object", async () => {
  const listening = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  await using server = Deno.serve({ port: 0, onListen() {} }, () => {
    listening.resolve();
    return answer.promise;
  });
  let caught: unknown;
  const task = createTask(({ signal }) =>
    fetch(`http://127.0.0.1:${server.addr.port}/`, { signal }).catch((error) => {
      caught = error;
      throw error;
    })
  );
  await listening.promise;
  task.cancel("enough");
  const error = await assertRejects(() => task, CancelledError);
  assertStrictEquals(caught, error);
  assertEquals([error.name, error.reason, task.state], ["AbortError", "enough", "cancelled"]);
  answer.resolve(new Response());
});

asyncTest("cancellation of a task whose waits nobody has awaited yet is no unhandled rejection", async () => {
  const task = createTask(async () => {
    const slow = [sleep(1e6), never().then(() => {})];
    await never();
    await Promise.all(slow);
  }, { eager: true });
  task.cancel();
  await assertRejects(() => task, CancelledError);
  await turn();
});

asyncTest("cancellation of a thousand tasks in a row leaves nothing behind", async () => {
  for (let i = 0; i < 1_000; i++) {
    const task = createTask(never, { eager: true });
    task.cancel();
    await task.settled();
  }
  // What is left (a timer, a listener) is for the sanitizers to say.
});

asyncTest("cancellable() stops waiting for a foreign promise; the work behind it goes on", async () => {
  const work = Promise.withResolvers<string>();
  const task = createTask(() => cancellable(work.promise), { eager: true });
  task.cancel();
  await assertRejects(() => task, CancelledError);
  work.resolve("done after all");
  assertEquals(await work.promise, "done after all");
});

asyncTest("cancellable() gives the value, or the error, of what it waits for", async () => {
  const error = new Error("failed");
  assertEquals(await cancellable(Promise.resolve("value")), "value");
  assertEquals(await cancellable("plain"), "plain");
  assertStrictEquals(await assertRejects(() => cancellable(Promise.reject(error))), error);
  assertEquals(await cancellable(createTask(() => 1)), 1);
});

asyncTest("cancellable(): a failure that comes after the waiting was given up is reported, not unhandled", async () => {
  const superseded: unknown[] = [];
  const root = new RootScope(null);
  root.onSuperseded = (error) => superseded.push(error);
  const late = new Error("late");
  const work = Promise.withResolvers<void>();
  const task = runInScope(root, () => createTask(() => cancellable(work.promise), { eager: true }));
  task.cancel();
  await assertRejects(() => task, CancelledError);
  work.reject(late);
  await turn();
  assertEquals(superseded, [late]);
});

asyncTest("cancellable({ signal }) gives up with the signal's reason, and refuses when it has fired", async () => {
  const controller = new AbortController();
  const waiting = cancellable(new Promise(() => {}), { signal: controller.signal });
  controller.abort("enough");
  assertEquals(await waiting.catch((error) => error), "enough");
  const root = new RootScope(null);
  root.onSuperseded = () => {};
  const rejected = Promise.reject(new Error("nobody's"));
  const refused = runInScope(root, () => cancellable(rejected, { signal: controller.signal }));
  assertEquals(await refused.catch((error) => error), "enough");
  await turn();
});

asyncTest("cancellable(): a value that came in the tick of the cancellation, before it, is not lost", async () => {
  const work = Promise.withResolvers<string>();
  const task = createTask(() => cancellable(work.promise), { eager: true });
  work.resolve("in time");
  await null;
  task.cancel();
  assertEquals(await task, "in time");
});
