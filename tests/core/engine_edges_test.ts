import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import {
  CancelledError,
  createTask,
  currentTask,
  gather,
  InvalidStateError,
  moveOnAfter,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "@asyncio/toolkit";
import { asyncTest } from "@asyncio/toolkit/testing";

function depthOf(error: unknown): number {
  let depth = 0;
  for (let each = error; each instanceof Error; each = each.cause) depth++;
  return depth;
}

asyncTest("an error object that is thrown again and again does not collect causes", async () => {
  const shared = new Error("shared");
  for (let i = 0; i < 20; i++) {
    const task = createTask(() => sleep(60_000).catch(() => Promise.reject(shared)), { eager: true });
    task.cancel();
    await task.settled();
    await timeout(1, () => sleep(60_000).catch(() => Promise.reject(shared))).catch(() => {});
  }
  assert(depthOf(shared) <= 3);
});

asyncTest("an error whose cause cannot be read, or not be set, is the outcome all the same", async () => {
  class Unreadable extends Error {
    override get cause(): unknown {
      throw new Error("not available");
    }
  }
  const sealed = Object.defineProperty(new Error("sealed"), "cause", { value: undefined, configurable: false });
  for (const error of [new Unreadable("disk full"), sealed, Object.freeze(new Error("frozen"))]) {
    const task = createTask(() => sleep(60_000).catch(() => Promise.reject(error)), { eager: true });
    task.cancel();
    await task.settled();
    assertEquals(task.exception(), error);
  }
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

asyncTest("gather() with a signal throws its reason, also where the abort ends it at once", async () => {
  const reason = new Error("enough");
  const never = createTask(() => sleep(60_000));
  const controller = new AbortController();
  const gathered = gather([never, "value"], { signal: controller.signal });
  controller.abort(reason);
  assertEquals(await gathered.catch((error) => error), reason);

  const inGroup = new AbortController();
  const failed = taskGroup((group) => {
    group.createTask(() => gather([never, "value"], { signal: inGroup.signal }));
  });
  await sleep(1);
  inGroup.abort(reason);
  assertEquals((await failed.catch((error) => error)).errors, [reason]);
  never.cancel();
});

asyncTest("timeout() has expired by the time that its abort listeners are told", async () => {
  const seen: unknown[] = [];
  const error = await timeout(1, async (scope) => {
    scope.signal.addEventListener("abort", () => {
      seen.push(scope.expired);
      try {
        scope.reschedule(60_000);
      } catch (error) {
        seen.push(error instanceof InvalidStateError);
      }
    });
    await sleep(60_000);
  }).catch((error) => error);
  assertEquals(seen, [true, true]);
  assertInstanceOf(error, TimeoutError);
});

asyncTest("what an abort listener starts in a task that lives on is not cancelled with the scope", async () => {
  const log: string[] = [];
  await createTask(async () => {
    await moveOnAfter(5, async ({ signal }) => {
      signal.addEventListener("abort", () => {
        log.push(currentTask()!.name);
        createTask(async () => {
          await sleep(5);
          log.push("saved");
        });
      });
      await sleep(60_000);
    });
    await sleep(20);
  }, { name: "request" });
  assertEquals(log, ["request", "saved"]);
});

asyncTest("an abort listener runs as part of the code that asked for the signal, whoever cancels", async () => {
  const request = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const handle = request.run("B", () =>
    createTask(async ({ signal }) => {
      signal.addEventListener("abort", () => seen.push(currentTask()?.name, request.getStore()));
      await sleep(60_000);
    }, { name: "B", eager: true }));
  await request.run("A", () => createTask(() => handle.cancel(), { name: "A" }));
  assertInstanceOf((await handle.settled() as PromiseRejectedResult).reason, CancelledError);
  assertEquals(seen, ["B", "B"]);
});

asyncTest("gather() rejects with what a value throws that is asked for its `then`", async () => {
  const hostile = new Proxy({}, {
    get() {
      throw new Error("no such thing");
    },
  });
  assertEquals((await gather(() => hostile).catch((error) => error)).message, "no such thing");
});
