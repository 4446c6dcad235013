import { assertEquals, assertRejects } from "@std/assert";
import { RootScope } from "../../lib/core/scope.ts";
import { runInScope } from "../../lib/core/ambient.ts";
import { createTask, gather, sleep, timeout, TimeoutError } from "../../mod.ts";

/** Run `fn` in a root of its own; returns the errors that were superseded in it. */
async function supersededIn(fn: () => Promise<unknown>): Promise<unknown[]> {
  const errors: unknown[] = [];
  const root = new RootScope(null);
  root.onSuperseded = (error) => void errors.push(error);
  await runInScope(root, createTask<unknown>, fn);
  root.close();
  return errors;
}

// A timer fires in no scope at all: whatever it cancels has to know by itself where it belongs.
Deno.test("gather() cancelled by a timer lets go of its promises where it was called", async () => {
  const late = new Error("late");
  for (const inputs of [[], [() => sleep(60_000)]]) {
    const promise = Promise.withResolvers<never>();
    const errors = await supersededIn(async () => {
      await assertRejects(() => timeout(1, () => gather([...inputs, promise.promise])), TimeoutError);
      promise.reject(late);
      await sleep(0);
    });
    assertEquals(errors, [late]);
  }
});

Deno.test("gather() cancelled by a timer lets go of the promises that it has not come to", async () => {
  const early = new Error("early");
  const errors = await supersededIn(() =>
    assertRejects(
      () => timeout(1, () => gather([() => sleep(60_000), Promise.reject(early)], { concurrency: 1 })),
      TimeoutError,
    )
  );
  assertEquals(errors, [early]);
});
