import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { turn } from "../core/manual_clock.ts";
import {
  type CancellableScope,
  CancelledError,
  cancelScope,
  createTask,
  currentTask,
  gather,
  shield,
  sleep,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { cleanUp, reported, started } from "./watch_tasks.ts";

asyncTest("cancelScope() gives what the function returns", async () => {
  assertEquals(await cancelScope(() => "at once"), "at once");
  assertEquals(await cancelScope(() => sleep(1, "later")), "later");
});

asyncTest("cancelScope() goes on with undefined when it was cancelled, once all in it has ended", async () => {
  const log: string[] = [];
  const result = await cancelScope(async (scope) => {
    createTask(() => sleep(Infinity).finally(() => cleanUp(3)).finally(() => log.push("task")));
    createTask(() => sleep(5).then(() => scope.cancel()));
    await sleep(Infinity).finally(() => shield(() => sleep(5))).finally(() => log.push("body"));
  });
  assertEquals([result, log], [undefined, ["task", "body"]]);
  assertEquals(currentTask()?.state, "running");
  await sleep(1);
});

asyncTest("cancelScope() is cancelled for good, and by its first reason", async () => {
  const seen: unknown[] = [];
  await cancelScope(async ({ cancel, signal }) => {
    seen.push(cancel("first"), cancel("second"), signal.aborted);
    for (let i = 0; i < 2; i++) await sleep(1).catch((error) => seen.push(error.reason));
  });
  assertEquals(seen, [true, false, true, "first", "first"]);
});

asyncTest("cancelScope() gives the value of a function that returns although it was cancelled", async () => {
  assertEquals(await cancelScope((scope) => (scope.cancel(), "value")), "value");
});

asyncTest("cancelScope() throws what its function throws, with the cancellation behind it", async () => {
  const failed = new Error("failed");
  const thrown = await cancelScope(async (scope) => {
    scope.cancel("enough");
    await sleep(1).catch(() => {
      throw failed;
    });
  }).catch((error) => error);
  assertStrictEquals(thrown, failed);
  assertInstanceOf(failed.cause, CancelledError);
  await assertRejects(() => cancelScope(() => Promise.reject(failed)), Error, "failed");
});

asyncTest("cancelScope() within another: only the one that was cancelled ends the cancellation", async () => {
  const log: string[] = [];
  let outer!: CancellableScope;
  const result = await cancelScope(async (scope) => {
    outer = scope;
    await cancelScope(async (inner) => {
      createTask(() => sleep(1).then(() => outer.cancel()));
      await sleep(Infinity).finally(() => inner.cancel());
    });
    log.push("not reached");
  });
  assertEquals([result, log], [undefined, []]);
  assertEquals(outer.cancel(), false);
});

asyncTest("cancelScope() leaves a cancellation from outside what it is", async () => {
  const { task } = await started(() => cancelScope(() => sleep(Infinity)));
  task.cancel("stop");
  const error = await task.catch((error) => error);
  assertEquals([task.state, error.reason], ["cancelled", "stop"]);
  await assertRejects(() => timeout(1, () => cancelScope(() => sleep(Infinity))), TimeoutError);
  const both = await started(() =>
    cancelScope(async (scope) => {
      await sleep(Infinity).finally(() => scope.cancel());
    })
  );
  both.task.cancel();
  await assertRejects(() => both.task, CancelledError);
});

asyncTest("cancelScope() lets a cancellation pass that somebody else's task ended with", async () => {
  const other = createTask(() => sleep(Infinity));
  const waiting = cancelScope(async () => {
    await other;
  });
  other.cancel();
  assertStrictEquals(await waiting.catch((error) => error), other.exception());
});

asyncTest("cancelScope({ signal }) throws its reason, and starts nothing when it has fired", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const waiting = cancelScope(() => sleep(Infinity), { signal: controller.signal });
  await turn();
  controller.abort(reason);
  assertStrictEquals(await waiting.catch((error) => error), reason);
  let ran = false;
  const refused = cancelScope(() => void (ran = true), { signal: controller.signal });
  assertStrictEquals(await refused.catch((error) => error), reason);
  assert(!ran);
});

asyncTest("cancelScope() can be cancelled by what it has started, and has errors on the way out reported", async () => {
  const failed = new Error("on the way out");
  const errors = await reported(() =>
    cancelScope((scope) =>
      gather(() => sleep(Infinity), async () => {
        await sleep(1);
        scope.cancel();
        throw failed;
      })
    )
  );
  assertEquals(errors, [failed]);
});

asyncTest("cancelScope() refuses what is no function", async () => {
  // deno-lint-ignore no-explicit-any -- what the types refuse is refused at run time, too
  await assertRejects(() => cancelScope(Promise.resolve(1) as any), TypeError, "a function is needed");
});
