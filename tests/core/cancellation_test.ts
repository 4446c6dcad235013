import { assertEquals, assertInstanceOf } from "@std/assert";
import { createTask, isCancelled, moveOnAfter, sleep, timeout, TimeoutError } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { turn } from "./manual_clock.ts";

/** What a listener is told that is there before the first cancellation. */
const toldEarly: unknown[] = [];
addEventListener("unhandledrejection", ({ reason }) => void toldEarly.push(reason));

Deno.test("a promise that a cancellation leaves behind ends nothing, and is told to those alone who listened before", async () => {
  const load = async () => await sleep(60_000);
  const loading = async () => {
    const [first, second] = [load(), load()];
    await first;
    await second;
  };
  toldEarly.length = 0;
  const toldLate: unknown[] = [];
  const late = ({ reason }: PromiseRejectionEvent) => void toldLate.push(reason);
  for (const _ of ["the first cancellation", "a later one"]) {
    const task = createTask(loading, { eager: true });
    task.cancel();
    await task.settled();
    await turn();
    addEventListener("unhandledrejection", late);
  }
  removeEventListener("unhandledrejection", late);
  assertEquals([toldEarly.map(isCancelled), toldLate], [[true, true], []]);
});

Deno.test("another failure than a cancellation is told to everybody", async () => {
  const told: unknown[] = [];
  const late = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    told.push(event.reason);
  };
  addEventListener("unhandledrejection", late);
  const task = createTask(async () => {
    await sleep(60_000).catch(() => void Promise.reject("lost"));
  }, { eager: true });
  task.cancel();
  await task.settled();
  await turn();
  removeEventListener("unhandledrejection", late);
  assertEquals([toldEarly.at(-1), told], ["lost", ["lost"]]);
});

asyncTest("cancellations that `await using` and Promise.any() wrap are still cancellations", async () => {
  async function disposing(): Promise<void> {
    await using _ = { [Symbol.asyncDispose]: () => sleep(1) };
    await sleep(60_000);
  }
  const any = () => Promise.any([sleep(60_000), sleep(60_000)]);
  for (const fn of [disposing, any]) {
    const task = createTask(fn, { eager: true });
    task.cancel();
    await task.settled();
    assertEquals(task.state, "cancelled");
    assertInstanceOf(await timeout(1, fn).catch((error) => error), TimeoutError);
    assertEquals(await moveOnAfter(1, fn), undefined);
  }
});

asyncTest("a real error beside a cancellation is not taken for one", async () => {
  const task = createTask(async () => {
    await using _ = { [Symbol.asyncDispose]: () => Promise.reject(new Error("disk full")) };
    await sleep(60_000);
  }, { eager: true });
  task.cancel();
  await task.settled();
  assertEquals(task.state, "failed");
});
