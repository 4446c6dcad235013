// gather() of a promise that is pending for as long as the program runs, again and again, must not leak.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { turn } from "../core/manual_clock.ts";
import { createTask, gather, type GatherOptions } from "../../mod.ts";
import { reported, started } from "./watch_tasks.ts";
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

const failing = () => Promise.reject(new Error("failed"));

const LOOKS: Record<string, (promise: Promise<void>) => Promise<unknown>> = {
  "gather() of promises, one of which fails": (promise) =>
    assertRejects(() => gather(promise, failing()), Error, "failed"),
  "gather() of functions and promises, one of which fails": (promise) =>
    assertRejects(() => gather(promise, failing), Error, "failed"),
  "gather({ concurrency }), one of which fails": (promise) =>
    assertRejects(() => gather([failing, promise], { concurrency: 1 }), Error, "failed"),
};

const CANCELLED: Record<string, GatherOptions> = {
  "gather() that is cancelled": {},
  "gather({ returnExceptions }) that is cancelled": { returnExceptions: true },
  "gather({ concurrency }) that is cancelled": { concurrency: 2 },
};
for (const [name, options] of Object.entries(CANCELLED)) {
  LOOKS[name] = async (promise) => {
    const { task } = await started(() => gather([promise], options));
    task.cancel();
    await task.settled();
  };
}

for (const [name, look] of Object.entries(LOOKS)) {
  Deno.test(`${name}, again and again, leaves next to nothing behind at a promise`, async () => {
    const { promise, reactions } = counting();
    for (let i = 0; i < 20; i++) await look(promise);
    assert(reactions() <= 3, `${reactions()} reactions`);
  });
}

asyncTest("gather() waits for a promise that an earlier one has let go, and keeps the order", async () => {
  const work = Promise.withResolvers<string>();
  await assertRejects(() => gather(work.promise, failing()), Error, "failed");
  const results = gather(work.promise, Promise.resolve("other"), () => "third");
  work.resolve("first");
  assertEquals(await results, ["first", "other", "third"]);
  assertEquals(await gather(work.promise), ["first"]);
});

asyncTest("a promise that gather() has let go several times is reported once when it fails", async () => {
  const errors = await reported(async () => {
    const work = Promise.withResolvers<void>();
    for (let i = 0; i < 3; i++) await assertRejects(() => gather(work.promise, failing), Error, "failed");
    work.reject(new Error("late"));
    await turn();
  });
  assertEquals(errors.map((error) => (error as Error).message), ["late"]);
});

asyncTest("a promise that gather() has let go is not reported when another one waits for it by then", async () => {
  const errors = await reported(async () => {
    const work = Promise.withResolvers<void>();
    await assertRejects(() => gather(work.promise, failing), Error, "failed");
    const again = createTask(() => gather(work.promise, () => turn()), { eager: true });
    work.reject(new Error("seen"));
    await assertRejects(() => again, Error, "seen");
  });
  assertEquals(errors, []);
});
