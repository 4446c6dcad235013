import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import {
  CancelledError,
  checkpoint,
  createTask,
  currentTask,
  flattenErrors,
  shield,
  sleep,
  type TaskGroup,
  taskGroup,
  TaskGroupError,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** Run a group whose errors are written down. */
async function reported(body: (group: TaskGroup) => unknown): Promise<string[]> {
  const log: string[] = [];
  await taskGroup(body, { onError: (error, task) => log.push(`${task.name}: ${error}`) });
  return log;
}

const fail = (message: string) => () => Promise.reject(new Error(message));

asyncTest("taskGroup() with onError is told of each task that fails, in their order, and goes on", async () => {
  const done: string[] = [];
  const log = await reported((group) => {
    group.createTask(() => sleep(2).then(fail("b")), { name: "second" });
    group.createTask(() => sleep(1).then(fail("a")), { name: "first" });
    group.createTask(() => sleep(3).then(() => done.push("third")));
    return sleep(4).then(() => done.push("body"));
  });
  assertEquals(log, ["first: Error: a", "second: Error: b"]);
  assertEquals(done, ["third", "body"]);
});

asyncTest("taskGroup() with onError gives what its body returned, whatever its tasks did", async () => {
  const value = await taskGroup((group) => {
    group.createTask(fail("a"));
    return "served";
  }, { onError() {} });
  assertEquals(value, "served");
});

asyncTest("taskGroup() with onError hands over the error itself, and the task that has failed with it", async () => {
  const failure = new RangeError("a");
  const seen: unknown[] = [];
  let failing: unknown;
  await taskGroup((group) => {
    failing = group.createTask(() => Promise.reject(failure));
  }, { onError: (error, task) => seen.push(error, task, task.state, task.exception()) });
  assertEquals(seen.length, 4);
  assertStrictEquals(seen[0], failure);
  assertStrictEquals(seen[1], failing);
  assertEquals(seen[2], "failed");
  assertStrictEquals(seen[3], failure);
});

asyncTest("taskGroup() with onError is told of a task that fails before createTask() returns", async () => {
  const log = await reported((group) => {
    group.createTask(fail("at once"), { eager: true, name: "eager" });
    group.createTask(() => {
      throw new Error("no promise");
    }, { eager: true, name: "sync" });
    group.createTask(Promise.reject(new Error("of others")), { name: "observed" });
  });
  assertEquals(log.sort(), ["eager: Error: at once", "observed: Error: of others", "sync: Error: no promise"]);
});

asyncTest("taskGroup() with onError still fails with its body, and cancels its tasks for that", async () => {
  const log: string[] = [];
  const error = await assertRejects(
    () =>
      taskGroup(async (group) => {
        group.createTask(() => sleep(60_000).finally(() => log.push("cancelled")));
        await checkpoint();
        throw new Error("body");
      }, { onError: (error) => log.push(String(error)) }),
    TaskGroupError,
  );
  assertEquals(error.errors.map(String), ["Error: body"]);
  assertEquals(log, ["cancelled"]);
});

asyncTest("taskGroup() with onError fails with a task whose error the body has asked for", async () => {
  const log: string[] = [];
  const error = await assertRejects(
    () =>
      taskGroup(async (group) => await group.createTask(fail("asked for")), {
        onError: (error) => log.push(String(error)),
      }),
    TaskGroupError,
  );
  assertEquals(error.errors.map(String), ["Error: asked for"]);
  assertEquals(log, ["Error: asked for"]);
});

for (const how of ["throws", "rejects"] as const) {
  asyncTest(`taskGroup() fails when its onError ${how}, and keeps the error that it was told of`, async () => {
    const log: string[] = [];
    const error = await assertRejects(
      () =>
        taskGroup((group) => {
          group.createTask(fail("told"));
          group.createTask(() => sleep(60_000).finally(() => log.push("cancelled")));
          return sleep(60_000).finally(() => log.push("body woken"));
        }, {
          onError() {
            const failure = new Error("the log is full");
            if (how === "throws") throw failure;
            return sleep(1).then(() => Promise.reject(failure));
          },
        }),
      TaskGroupError,
    );
    assertEquals(error.errors.map(String), ["Error: the log is full"]);
    assertEquals(String(error.errors[0].cause), "Error: told");
    assertEquals(log.sort(), ["body woken", "cancelled"]);
  });
}

asyncTest("taskGroup() fails with the error of a task that its onError throws on", async () => {
  const error = await assertRejects(
    () =>
      taskGroup((group) => {
        group.createTask(fail("fatal"));
      }, {
        onError(error) {
          throw error;
        },
      }),
    TaskGroupError,
    '1 error in task group "',
  );
  assertEquals(error.errors.map(String), ["Error: fatal"]);
  assertEquals(error.errors[0].cause, undefined);
});

asyncTest("taskGroup() waits for its onError, and for what that has started", async (clock) => {
  const log: string[] = [];
  await taskGroup((group) => {
    group.createTask(fail("a"));
  }, {
    async onError(error) {
      createTask(() => sleep(60_000).finally(() => log.push("left over")));
      await sleep(10);
      log.push(`reported ${error}`);
    },
  });
  assertEquals(log, ["reported Error: a", "left over"]);
  assertEquals(clock.now(), 10);
});

asyncTest("taskGroup() tells its onError of what fails on its way out of a cancelled group", async () => {
  const log = await reported(async (group) => {
    group.createTask(() => sleep(60_000).finally(fail("cleanup")), { name: "careless" });
    group.createTask(() => sleep(60_000), { name: "tidy" });
    await sleep(1);
    group.cancel();
  });
  assertEquals(log, ["careless: Error: cleanup"]);
});

asyncTest("taskGroup() cancelled from outside tells its onError, and throws the cancellation", async () => {
  const log: string[] = [];
  const outer = createTask(() =>
    taskGroup((group) => {
      group.createTask(() => sleep(60_000).finally(fail("cleanup")));
      return sleep(60_000);
    }, { onError: (error) => log.push(String(error)) })
  );
  await sleep(1);
  outer.cancel();
  await assertRejects(() => outer, CancelledError);
  assertEquals(log, ["Error: cleanup"]);
});

asyncTest(
  "taskGroup() lets a shield in its onError finish, and ends the rest of that, when it is cancelled",
  async (clock) => {
    const log: string[] = [];
    const end = await taskGroup(async (group) => {
      group.createTask(fail("a"));
      await sleep(1);
      group.cancel();
    }, {
      async onError() {
        await shield(() => sleep(10));
        log.push(`written at ${clock.now()}`);
        await sleep(60_000);
        log.push("never");
      },
    });
    assertEquals(end, undefined);
    assertEquals(log, ["written at 10"]);
    assertEquals(clock.now(), 10);
  },
);

asyncTest("taskGroup() does not tell its onError of tasks that were cancelled", async () => {
  const log = await reported(async (group) => {
    const task = group.createTask(() => sleep(60_000));
    await sleep(1);
    task.cancel();
    await task.settled();
  });
  assertEquals(log, []);
});

asyncTest("taskGroup() tells its onError of a task that somebody else's cancellation has stopped", async () => {
  const other = createTask(() => sleep(60_000));
  const seen: unknown[] = [];
  await taskGroup(async (group) => {
    group.createTask(() => other);
    await sleep(1);
    other.cancel();
  }, { onError: (error) => seen.push(error) });
  assertEquals(seen.length, 1);
  assertInstanceOf(seen[0], CancelledError);
});

asyncTest(
  "taskGroup() tells its onError of a task that fails after it was ready, and group.start() of one before",
  async () => {
    const log = await reported(async (group) => {
      await assertRejects(() => group.start(fail("before")), Error, "before");
      await group.start(async (ready) => {
        ready(1);
        await sleep(1);
        throw new Error("after");
      }, { name: "server" });
    });
    assertEquals(log, ["server: Error: after"]);
  },
);

asyncTest("taskGroup() lets its onError start a task in the group, and cancel it", async () => {
  const log: string[] = [];
  const attempt = () => Promise.reject(new Error(`attempt ${log.length + 1}`));
  let group!: TaskGroup;
  await taskGroup((opened) => {
    group = opened;
    group.createTask(() => sleep(60_000).finally(() => log.push("cancelled")));
    group.createTask(attempt);
  }, {
    onError(error) {
      log.push(String(error));
      return log.length < 3 ? group.createTask(attempt) : group.cancel();
    },
  });
  assertEquals(log, ["Error: attempt 1", "Error: attempt 2", "Error: attempt 3", "cancelled"]);
});

asyncTest("taskGroup() runs its onError as part of the task around it, not of the one that has failed", async () => {
  const around = currentTask();
  let within: unknown;
  await taskGroup((group) => {
    group.createTask(fail("a"));
  }, { onError: () => void (within = currentTask()) });
  assertStrictEquals(within, around);
});

asyncTest("taskGroup() without onError fails with its first task, and loses no error", async () => {
  const error = await assertRejects(
    () =>
      taskGroup((group) => {
        group.createTask(fail("a"));
        group.createTask(fail("b"));
      }),
    TaskGroupError,
  );
  assertEquals(flattenErrors(error).map(String), ["Error: a", "Error: b"]);
});

asyncTest("taskGroup() refuses an onError that is no function", async () => {
  let called = false;
  // @ts-expect-error -- a function is needed
  await assertRejects(() => taskGroup(() => called = true, { onError: "log" }), TypeError, "a function is needed");
  assert(!called);
});
