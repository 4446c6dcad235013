import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { turn } from "../core/manual_clock.ts";
import {
  CancelledError,
  createTask,
  InvalidStateError,
  shield,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
  TaskGroupError,
} from "../../mod.ts";
import { cleanUp, leavesNothing, running, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("taskGroup() gives what its body returns", async () => {
  assertEquals(await taskGroup(() => "value"), "value");
  assertEquals(await taskGroup(() => Promise.resolve("value")), "value");
});

asyncTest("taskGroup() waits for the tasks that its body has started", async () => {
  const done: string[] = [];
  await taskGroup((group) => {
    group.createTask(() => turn().then(() => done.push("child")));
    done.push("body");
  });
  assertEquals(done, ["body", "child"]);
});

asyncTest("taskGroup() waits for tasks that its tasks start in it", async () => {
  const done: string[] = [];
  await taskGroup((group) => {
    group.createTask(async () => {
      await turn();
      group.createTask(async () => {
        await turn();
        group.createTask(() => turn().then(() => done.push("great-grandchild")));
        done.push("grandchild");
      });
      done.push("child");
    });
  });
  assertEquals(done, ["child", "grandchild", "great-grandchild"]);
});

asyncTest("taskGroup() ends tasks that its tasks started for themselves with the one that started them", async () => {
  const log: string[] = [];
  await taskGroup((group) => {
    group.createTask(async () => {
      createTask(() => sleep(Infinity).finally(() => log.push("grandchild")), { eager: true });
      await turn();
    }).onDone(() => log.push("child"));
  });
  assertEquals(log, ["grandchild", "child"]);
});

asyncTest("taskGroup() waits for a task that is added while the last one ends", async () => {
  const done: string[] = [];
  await taskGroup((group) => {
    group.createTask(turn).onDone(() => group.createTask(() => turn().then(() => done.push("added"))));
  });
  assertEquals(done, ["added"]);
});

asyncTest("taskGroup() runs its body at once", async () => {
  let ran = false;
  const group = taskGroup(() => void (ran = true));
  assert(ran);
  await group;
});

Deno.test("taskGroup() runs its body in the task that called it", async () => {
  const { task } = await started(() =>
    taskGroup((group) => {
      group.createTask(turn, { name: "child" });
      return running();
    })
  );
  const names = await task;
  assertEquals(names, [task.name, "child"]);
});

asyncTest("taskGroup() rejects when it is given no function", async () => {
  await assertRejects(() => taskGroup(undefined as unknown as () => void), TypeError, "current value is undefined");
});

asyncTest("taskGroup() in a cancelled task does not run its body", async () => {
  let ran = false;
  const task = createTask(async () => {
    await sleep(Infinity).catch(() => {});
    await taskGroup(() => void (ran = true));
  }, { eager: true });
  task.cancel();
  await task.settled();
  assertEquals([ran, task.state], [false, "cancelled"]);
});

asyncTest("taskGroup() leaves a child that was cancelled by itself to itself", async () => {
  const done: string[] = [];
  await taskGroup(async (group) => {
    const victim = group.createTask(() => sleep(Infinity));
    group.createTask(() => turn().then(() => done.push("sibling")));
    await turn();
    victim.cancel();
  });
  assertEquals(done, ["sibling"]);
});

asyncTest("taskGroup() throws the cancellation of a task that its body waited for, and ends the others", async () => {
  let sibling: Task<unknown>;
  const { status, reason } = await leavesNothing(() =>
    taskGroup(async (group) => {
      const victim = group.createTask(() => sleep(Infinity));
      sibling = group.createTask(() => sleep(Infinity));
      queueMicrotask(() => victim.cancel("in particular"));
      await victim;
    })
  ) as PromiseRejectedResult;
  assertEquals([status, reason.reason, sibling!.state], ["rejected", "in particular", "cancelled"]);
  await sleep(0); // the caller is not cancelled
});

asyncTest("taskGroup() throws the caller's cancellation when its tasks have ended", async () => {
  const log: string[] = [];
  const { task } = await started(() =>
    taskGroup((group) => {
      group.createTask(() => sleep(Infinity).finally(() => cleanUp()).finally(() => log.push("cleaned up")), {
        eager: true,
      });
    })
  );
  task.cancel("enough");
  const error = await assertRejects(() => task, CancelledError);
  assertEquals([error.reason, log], ["enough", ["cleaned up"]]);
});

asyncTest("taskGroup() throws the reason of the signal it was given", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const group = taskGroup((group) => void group.createTask(() => sleep(Infinity)), { signal: controller.signal });
  await turn();
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => group), reason);
  assertStrictEquals(await assertRejects(() => taskGroup(() => {}, { signal: controller.signal })), reason);
});

asyncTest("group.cancel() ends the group normally, with what is done", async () => {
  const done: string[] = [];
  const { status } = await leavesNothing(() =>
    taskGroup(async (group) => {
      group.createTask(() => done.push("quick"));
      group.createTask(() => sleep(Infinity).then(() => done.push("slow")));
      await turn();
      assert(group.cancel());
      assert(!group.cancel());
    })
  );
  assertEquals([status, done], ["fulfilled", ["quick"]]);
});

asyncTest("group.cancel() wakes the body, and there is no value then", async () => {
  const value = await taskGroup(async (group) => {
    group.createTask(() => group.cancel());
    await sleep(Infinity);
    return "value";
  });
  assertEquals(value, undefined);
});

asyncTest("group.cancel() does not take away what the body returns all the same", async () => {
  assertEquals(await taskGroup((group) => (group.cancel(), "value")), "value");
});

asyncTest("group.cancel() gives its reason to the tasks, and to those who use the signal of the group", async () => {
  const reasons: unknown[] = [];
  await taskGroup((group) => {
    group.createTask(() => sleep(Infinity).catch((error) => reasons.push(error.reason)), { eager: true });
    group.signal.addEventListener("abort", () => reasons.push(group.signal.reason.reason));
    group.cancel("why");
  });
  assertEquals(reasons, ["why", "why"]);
});

asyncTest("group.cancel() after the end returns false", async () => {
  let group: TaskGroup;
  await taskGroup((it) => void (group = it));
  assert(!group!.cancel());
});

asyncTest("group.cancel() waits for cleanup in a shield", async () => {
  const log: string[] = [];
  await taskGroup(async (group) => {
    group.createTask(() => sleep(Infinity).finally(() => shield(() => sleep(1))).finally(() => log.push("saved")), {
      eager: true,
    });
    await turn();
    group.cancel();
  });
  assertEquals(log, ["saved"]);
});

asyncTest("group.createTask() in a cancelled group gives a task that never runs", async () => {
  let ran = false;
  await taskGroup(async (group) => {
    group.cancel();
    for (const eager of [false, true]) {
      const task = group.createTask(() => void (ran = true), { eager });
      assertEquals((await task.settled()).status, "rejected");
      assertEquals(task.state, "cancelled");
    }
  });
  assert(!ran);
});

asyncTest("group.createTask() after the end throws", async () => {
  let group: TaskGroup;
  await taskGroup((it) => void (group = it), { name: "closed" });
  assertThrows(
    () => group.createTask(() => {}),
    InvalidStateError,
    'Cannot create a task in task group "closed" as it has ended',
  );
});

asyncTest("group.createTask() after the end makes no unhandled rejection of a promise it was given", async () => {
  let group: TaskGroup;
  await taskGroup((it) => void (group = it));
  assertThrows(() => group.createTask(turn().then(() => Promise.reject(new Error("late")))), InvalidStateError);
  await cleanUp();
});

asyncTest("group.createTask() waits for a promise, and fails with it", async () => {
  const error = await assertRejects(
    () => taskGroup((group) => void group.createTask(turn().then(() => Promise.reject(new Error("observed"))))),
    TaskGroupError,
  );
  assertInstanceOf(error.errors[0], Error);
  assertEquals(error.errors[0].message, "observed");
});

asyncTest("group.createTask() can be called from outside of the group", async () => {
  const done: string[] = [];
  const ready = Promise.withResolvers<TaskGroup>();
  const owner = createTask(() =>
    taskGroup(async (group) => {
      ready.resolve(group);
      await sleep(0);
    }), { eager: true });
  const group = await ready.promise;
  const stranger = createTask(() => void group.createTask(() => turn().then(() => done.push("child"))));
  await stranger; // ends before its creation does: the group owns that
  await owner;
  assertEquals(done, ["child"]);
});

asyncTest("taskGroup() fails with a task that somebody else's cancellation has stopped", async () => {
  const connection = createTask(() => sleep(60_000), { eager: true });
  let saved = false;
  const ended = taskGroup((group) => {
    group.createTask(async () => {
      await connection;
      saved = true;
    });
  });
  await sleep(1);
  connection.cancel("pool closed");
  const error = await assertRejects(() => ended, TaskGroupError);
  assertEquals([error.errors, saved], [[connection.exception()], false]);
});

asyncTest("taskGroup() is not failed by a task that was cancelled, whatever cancellation it throws", async () => {
  const connection = createTask(() => sleep(60_000), { eager: true });
  const done = await taskGroup(async (group) => {
    const task = group.createTask(() => sleep(60_000).catch(() => Promise.reject(connection.exception())));
    await sleep(1);
    connection.cancel();
    await connection.settled();
    task.cancel();
    await sleep(1);
    return "done";
  });
  assertEquals(done, "done");
});
