// A loop that has a look at a promise now and then, which is pending for as long as the program runs, must not leak: a
// promise keeps every reaction that was ever attached to it.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { turn } from "../core/manual_clock.ts";
import { asCompleted, cancellable, createTask, moveOnAfter, race, timeout, TimeoutError, wait } from "../../mod.ts";
import { cleanUp, reported, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** A promise that never settles, and counts its reactions. */
function counting(): { promise: Promise<void>; reactions(): number } {
  let count = 0;
  const promise = new Promise<void>(() => {});
  promise.then = function (...args) {
    count++;
    return Promise.prototype.then.apply(this, args) as never;
  };
  return { promise, reactions: () => count };
}

const LOOKS: Record<string, (promise: Promise<void>) => Promise<unknown>> = {
  "timeout(0)": (promise) => assertRejects(() => timeout(0, promise), TimeoutError),
  "moveOnAfter()": (promise) => moveOnAfter(0.1, promise),
  "cancellable({ signal })": (promise) => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    return cancellable(promise, { signal: controller.signal }).catch(() => {});
  },
  "cancellable() in a task that is cancelled": async (promise) => {
    const { task } = await started(() => cancellable(promise));
    task.cancel();
    await task.settled();
  },
  "race()": (promise) => race(promise, () => turn()),
  "wait()": (promise) => wait([promise, Promise.resolve()], { until: "first" }),
  "asCompleted()": async (promise) => {
    for await (const _ of asCompleted([promise, () => turn()])) break;
  },
};

for (const [name, look] of Object.entries(LOOKS)) {
  Deno.test(`${name} again and again leaves next to nothing behind at a promise`, async () => {
    const { promise, reactions } = counting();
    for (let i = 0; i < 20; i++) await look(promise);
    assert(reactions() <= 2, `${reactions()} reactions`);
  });
}

asyncTest("a promise that many waits have given up is reported once when it fails", async () => {
  const work = Promise.withResolvers<void>();
  const errors = await reported(async () => {
    for (let i = 0; i < 10; i++) await moveOnAfter(0.1, work.promise);
    await race(work.promise, () => turn());
    work.reject(new Error("late"));
  });
  assertEquals(errors.map((error) => (error as Error).message), ["late"]);
});

asyncTest("a promise that a wait has given up is still waited for by others, and then not reported", async () => {
  const work = Promise.withResolvers<void>();
  const errors = await reported(async () => {
    await moveOnAfter(0.1, work.promise);
    const waiting = createTask(() => cancellable(work.promise));
    await cleanUp();
    work.reject(new Error("seen"));
    await assertRejects(() => waiting, Error, "seen");
  });
  assertEquals(errors, []);
});
