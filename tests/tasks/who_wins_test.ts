import { assertEquals } from "@std/assert";
import { turn } from "../core/manual_clock.ts";
import { createTask, flattenErrors, gather, isCancelled, shield, sleep, type Task } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("gather() that has failed throws the caller's own cancellation, if that comes before its end", async () => {
  const failure = new Error("first");
  const task: Task<unknown> = createTask(() =>
    gather(
      () => Promise.reject(failure),
      () => sleep(Infinity).finally(() => shield(() => sleep(10))),
    ), { eager: true });
  await sleep(5);
  task.cancel("in particular");
  await task.settled();
  const error = task.exception();
  assertEquals([task.state, isCancelled(error)], ["cancelled", true]);
  assertEquals((error as { reason: unknown }).reason, "in particular");
  assertEquals(flattenErrors(error).includes(failure), true);
});

asyncTest("a task that is created while the leftovers of its owner end is cancelled before it runs", async () => {
  const log: string[] = [];
  let late: Task<void> | undefined;
  await createTask(async () => {
    const resume = Promise.withResolvers<void>();
    // Plain code of the owner, which goes on while what is left is being waited for.
    resume.promise.then(() => late = createTask(() => void log.push("ran"), { eager: true }));
    createTask(() => sleep(Infinity).finally(() => shield(() => sleep(5)).then(() => resume.resolve())), {
      eager: true,
    });
    await sleep(1);
  });
  assertEquals([late!.state, log], ["cancelled", []]);
});

Deno.test("a task outside of all tasks whose cleanup fails after its own cancel() is an unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const listener = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  addEventListener("unhandledrejection", listener);
  const failure = new Error("cleanup");
  const task = createTask(() => sleep(Infinity).catch(() => Promise.reject(failure)), { eager: true });
  task.cancel();
  for (let i = 0; i < 5; i++) await turn();
  removeEventListener("unhandledrejection", listener);
  assertEquals([task.state, unhandled], ["failed", [failure]]);
});
