import { assertEquals } from "@std/assert";
import { runInScope } from "../../lib/core/ambient.ts";
import { RootScope } from "../../lib/core/scope.ts";
import { createTask, gather, sleep } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** Run `fn` as a task in a root of its own, cancel it from outside of that, and return what was superseded in it. */
async function supersededIn(fn: () => Promise<unknown>): Promise<unknown[]> {
  const errors: unknown[] = [];
  const root = new RootScope(null);
  root.onSuperseded = (error) => void errors.push(error);
  const task = runInScope(root, createTask<unknown>, fn);
  await sleep(0);
  task.cancel();
  await task.settled();
  await sleep(0);
  root.close();
  return errors;
}

// What a cancellation calls runs in the scope of whatever cancelled, which may be a timer, or another program.
asyncTest("gather() of promises, cancelled from elsewhere, lets go of them where it was called", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = new Error("late");
  const errors = await supersededIn(() => gather([promise]).finally(() => reject(late)));
  assertEquals(errors, [late]);
});

asyncTest("gather() cancelled from elsewhere lets go of promises that it has not come to", async () => {
  const early = new Error("early");
  const body = () => gather([() => sleep(60_000), Promise.reject(early)], { concurrency: 1 });
  assertEquals(await supersededIn(body), [early]);
});
