import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { turn } from "../core/manual_clock.ts";
import {
  cancellable,
  CancelledError,
  createTask,
  flattenErrors,
  gather,
  isCancelled,
  sleep,
  type Task,
  taskGroup,
  TaskGroupError,
} from "../../mod.ts";
import { cleanUp, leavesNothing, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

function failing(message: string, turns = 0): () => Promise<never> {
  return async () => {
    await cleanUp(turns);
    throw new Error(message);
  };
}

function failingInCleanup(message: string, turns = 0): () => Promise<never> {
  return () => sleep(Infinity).then(() => Promise.reject(), failing(message, turns));
}

function messages(error: unknown): unknown[] {
  return flattenErrors(error).map((each) => (each as Error).message);
}

asyncTest("taskGroup() throws a TaskGroupError also for a single error", async () => {
  const error = await assertRejects(
    () => taskGroup((group) => void group.createTask(failing("only")), { name: "g" }),
    TaskGroupError,
    '1 error in task group "g"',
  );
  assertInstanceOf(error, AggregateError);
  assertEquals(messages(error), ["only"]);
});

asyncTest("taskGroup() throws when all its tasks have ended, and leaves none", async () => {
  const log: string[] = [];
  await leavesNothing(() =>
    taskGroup((group) => {
      group.createTask(failing("first"));
      group.createTask(() => sleep(Infinity).finally(() => cleanUp()).finally(() => log.push("cleaned up")), {
        eager: true,
      });
    })
  );
  assertEquals(log, ["cleaned up"]);
});

asyncTest("taskGroup() puts the first failure first, and those of the cleanup in their order", async () => {
  const error = await assertRejects(
    () =>
      taskGroup((group) => {
        group.createTask(failingInCleanup("third", 3));
        group.createTask(failingInCleanup("second", 1));
        group.createTask(failing("first", 1));
      }),
    TaskGroupError,
  );
  assertEquals(messages(error), ["first", "second", "third"]);
});

asyncTest("taskGroup() keeps all of n errors", async () => {
  const n = 1_000;
  const error = await assertRejects(
    () =>
      taskGroup((group) => {
        for (let i = 0; i < n; i++) {
          group.createTask(i % 2 === 0 ? failing(`${i}`) : failingInCleanup(`${i}`, i % 5));
        }
      }),
    TaskGroupError,
    `${n} errors`,
  );
  assertEquals(messages(error).map(Number).sort((a, b) => a - b), Array.from({ length: n }, (_, i) => i));
});

asyncTest("taskGroup() keeps equal values that were thrown apart", async () => {
  const error = await assertRejects(
    () =>
      taskGroup((group) => {
        group.createTask(() => Promise.reject("oops"));
        group.createTask(() => Promise.reject("oops"));
      }),
    TaskGroupError,
  );
  assertEquals(error.errors, ["oops", "oops"]);
});

asyncTest("taskGroup() lists an error once, though the body and a sibling wait for the task that failed", async () => {
  const error = await assertRejects(
    () =>
      taskGroup(async (group) => {
        const task = group.createTask(failing("shared", 1));
        group.createTask(() => task);
        await task;
      }),
    TaskGroupError,
  );
  assertEquals(error.errors.map((each) => each.message), ["shared"]);
});

asyncTest("taskGroup() makes no circle of causes when two tasks fail with the same error", async () => {
  const shared = Promise.reject(new Error("shared"));
  shared.catch(() => {});
  const error = await assertRejects(
    () =>
      taskGroup((group) => {
        group.createTask(async () => await shared);
        group.createTask(async () => await shared.finally());
      }),
    TaskGroupError,
  );
  const seen = new Set<unknown>();
  for (let each: unknown = error.errors[0]; each instanceof Error; each = each.cause) {
    assertEquals(seen.has(each), false);
    seen.add(each);
  }
});

asyncTest("taskGroup() leaves out the cancellations that it has caused", async () => {
  const error = await assertRejects(
    () =>
      taskGroup(async (group) => {
        group.createTask(() => sleep(Infinity));
        group.createTask(() => gather(() => sleep(Infinity)));
        group.createTask(failing("only", 1));
        await sleep(Infinity);
      }),
    TaskGroupError,
  );
  assertEquals(messages(error), ["only"]);
});

asyncTest("taskGroup() wakes a body that waits in the toolkit when a task fails", async () => {
  let woken: unknown;
  await leavesNothing(() =>
    taskGroup(async (group) => {
      group.createTask(failing("child"));
      await sleep(Infinity).catch((error) => woken = error);
    })
  );
  assertInstanceOf(woken, CancelledError);
  assertEquals((woken.cause as Error).message, "child");
});

asyncTest("taskGroup() wakes a body that waits for something that heeds its signal when a task fails", async () => {
  const { reason } = await leavesNothing(() =>
    taskGroup(async (group) => {
      group.createTask(failing("child"));
      await new Promise((_, reject) => group.signal.addEventListener("abort", () => reject(group.signal.reason)));
    })
  ) as PromiseRejectedResult;
  assertInstanceOf(reason, TaskGroupError);
  assertEquals(messages(reason), ["child"]);
});

asyncTest("taskGroup() cancels its tasks when the body fails, and its error is among those of the group", async () => {
  let child: Task<unknown>;
  const error = await assertRejects(
    () =>
      taskGroup((group) => {
        child = group.createTask(() => sleep(Infinity));
        throw new Error("body");
      }),
    TaskGroupError,
  );
  assertEquals([messages(error), child!.state], [["body"], "cancelled"]);
});

asyncTest("taskGroup() puts the error of the body before those of the cleanup that it causes", async () => {
  const error = await assertRejects(
    () =>
      taskGroup(async (group) => {
        group.createTask(failingInCleanup("child"));
        await turn();
        throw new Error("body");
      }),
    TaskGroupError,
  );
  assertEquals(messages(error), ["body", "child"]);
});

asyncTest("taskGroup() puts the error that the body throws for a failed task behind that", async () => {
  const error = await assertRejects(
    () =>
      taskGroup(async (group) => {
        group.createTask(failing("child", 1));
        await failingInCleanup("body")();
      }),
    TaskGroupError,
  );
  assertEquals(messages(error), ["child", "body"]);
});

asyncTest("taskGroup() cancelled from outside, with a task that fails for it, throws the group error", async () => {
  const seen: unknown[] = [];
  const { task } = await started(async () => {
    await taskGroup((group) => void group.createTask(failingInCleanup("cleanup"), { eager: true }))
      .catch((error) => seen.push(error));
    await sleep(0).catch((error) => seen.push(error));
    await sleep(0).catch((error) => seen.push(error));
  });
  task.cancel();
  await task;
  assertEquals(messages(seen[0]), ["cleanup"]);
  assertEquals(seen.slice(1).map(isCancelled), [true, true]); // and the caller stays cancelled
});

asyncTest("taskGroup() that failed, and is then cancelled from outside, throws the group error", async () => {
  let next: unknown;
  const { task } = await started(async () => {
    try {
      await taskGroup((group) => {
        group.createTask(failing("child"));
        group.createTask(() => sleep(Infinity).finally(() => cleanUp(5)), { eager: true });
      });
    } finally {
      await sleep(0).catch((error) => next = error);
    }
  });
  await turn();
  task.cancel();
  assertEquals(messages(await assertRejects(() => task, TaskGroupError)), ["child"]);
  assertInstanceOf(next, CancelledError);
});

asyncTest("taskGroup() inside another: an error that is dealt with inside does not reach outside", async () => {
  const done: string[] = [];
  await taskGroup(async (outer) => {
    outer.createTask(() => turn().then(() => done.push("outer child")));
    await taskGroup((inner) => void inner.createTask(failing("inner"))).catch(() => done.push("caught"));
  });
  assertEquals(done.sort(), ["caught", "outer child"]);
});

asyncTest("taskGroup() inside another that fails is cancelled, and only the outer error is seen", async () => {
  const seen: unknown[] = [];
  const error = await assertRejects(
    () =>
      taskGroup(async (outer) => {
        outer.createTask(failing("outer", 1));
        await taskGroup((inner) => void inner.createTask(() => sleep(Infinity))).catch((error) => {
          seen.push(error);
          throw error;
        });
      }),
    TaskGroupError,
  );
  assertEquals([messages(error), seen.map(isCancelled)], [["outer"], [true]]);
});

asyncTest("taskGroup() inside another: both fail in one turn, and both errors are seen", async () => {
  for (const order of [["outer", "inner"], ["inner", "outer"]]) {
    const gate = Promise.withResolvers<void>();
    const wait = (message: string) => () => gate.promise.then(() => Promise.reject(new Error(message)));
    const error = await assertRejects(() => {
      const group = taskGroup(async (outer) => {
        const startOuter = () => outer.createTask(wait("outer"), { eager: true });
        if (order[0] === "outer") startOuter();
        const inner = taskGroup((group) => void group.createTask(wait("inner"), { eager: true }));
        if (order[0] === "inner") startOuter();
        await inner;
      });
      gate.resolve();
      return group;
    }, TaskGroupError);
    assertEquals(messages(error).sort(), ["inner", "outer"]);
  }
});

asyncTest("taskGroup() keeps the error objects, with their stacks", async () => {
  const thrown = new Error("with a stack");
  const { stack } = thrown;
  const error = await assertRejects(
    () => taskGroup((group) => void group.createTask(() => Promise.reject(thrown))),
    TaskGroupError,
  );
  assertStrictEquals(error.errors[0], thrown);
  assertEquals(thrown.stack, stack);
});

asyncTest("taskGroup() is not an unhandled rejection for a task that nobody awaits", async () => {
  await leavesNothing(() => taskGroup((group) => void group.createTask(failing("child"))));
  const observed = createTask(() => sleep(0));
  await taskGroup((group) => void group.createTask(() => cancellable(observed)));
  await cleanUp();
});
