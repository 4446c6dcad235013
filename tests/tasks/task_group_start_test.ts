import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { turn } from "../core/manual_clock.ts";
import {
  CancelledError,
  InvalidStateError,
  isCancelled,
  sleep,
  type TaskGroup,
  taskGroup,
  TaskGroupError,
} from "../../mod.ts";
import { cleanUp, leavesNothing, running, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("group.start() gives what the task is ready with, while the task goes on", async () => {
  const log: unknown[] = [];
  await taskGroup(async (group) => {
    const port = await group.start<number>(async (ready) => {
      await turn();
      ready(8000);
      await turn();
      log.push("served");
    });
    log.push(port);
  });
  assertEquals(log, [8000, "served"]);
});

asyncTest("group.start() hands the task its own scope, and names it after the function", async () => {
  await taskGroup(async (group) => {
    await group.start(async function server(ready, scope) {
      assert(scope.name.startsWith("server"));
      assert(!scope.signal.aborted);
      ready(undefined);
      await turn();
    });
    await group.start((ready) => void ready(1), { name: "other", eager: true });
    assert(running().some((name) => name.startsWith("server")));
  });
});

asyncTest("group.start() throws a failure before ready, and the group goes on", async () => {
  const log: string[] = [];
  await taskGroup(async (group) => {
    group.createTask(() => cleanUp(4).then(() => log.push("sibling")));
    await assertRejects(() => group.start(() => turn().then(() => Promise.reject(new Error("early")))), Error, "early");
    await assertRejects(() => group.start(() => Promise.reject(new Error("eager")), { eager: true }), Error, "eager");
    log.push("body");
  });
  assertEquals(log, ["body", "sibling"]);
});

asyncTest("group.start() leaves a failure after ready to the group", async () => {
  const error = await assertRejects(
    () =>
      taskGroup(async (group) => {
        await group.start<void>(async (ready) => {
          ready();
          await turn();
          throw new Error("late");
        });
        await sleep(Infinity);
      }),
    TaskGroupError,
  );
  assertEquals(error.errors.map((each) => each.message), ["late"]);
});

asyncTest("group.start() leaves a failure in the turn of ready to the group", async () => {
  const error = await assertRejects(
    () =>
      taskGroup(async (group) => {
        await group.start<void>((ready) => {
          ready();
          throw new Error("at once");
        });
      }),
    TaskGroupError,
  );
  assertEquals(error.errors.map((each) => each.message), ["at once"]);
});

asyncTest("group.start() throws when the task ends without being ready", async () => {
  await taskGroup(async (group) => {
    await assertRejects(
      () => group.start(() => {}, { name: "hasty" }),
      InvalidStateError,
      'Cannot start task "hasty" as it ended without calling ready()',
    );
  });
});

asyncTest("group.start() whose caller is cancelled cancels the task, and waits for it", async () => {
  const log: string[] = [];
  await taskGroup(async (group) => {
    const { task: caller } = await started(() =>
      group.start(() => sleep(Infinity).finally(() => cleanUp()).finally(() => log.push("cleaned up")))
    );
    caller.onDone(() => log.push("caller"));
    caller.cancel();
    await caller.settled();
    assertEquals(caller.state, "cancelled");
    assert(!group.signal.aborted);
  });
  assertEquals(log, ["cleaned up", "caller"]);
});

asyncTest("group.start() whose caller is cancelled leaves a failure of the cleanup to the group", async () => {
  const error = await assertRejects(
    () =>
      taskGroup(async (group) => {
        const { task: caller } = await started(() =>
          group.start(() => sleep(Infinity).catch(() => Promise.reject(new Error("cleanup"))))
        );
        caller.cancel();
        await caller.settled();
      }),
    TaskGroupError,
  );
  assertEquals(error.errors.map((each) => each.message), ["cleanup"]);
});

asyncTest("group.start() that nobody awaits is no unhandled rejection when the group is cancelled", async () => {
  const { status } = await leavesNothing(() =>
    taskGroup(async (group) => {
      group.start(() => sleep(Infinity));
      await turn();
      group.cancel();
    })
  );
  assertEquals(status, "fulfilled");
});

asyncTest(
  "group.start() in a group that is cancelled meanwhile throws the cancellation, and both are cleaned up",
  async () => {
    const seen: unknown[] = [];
    await leavesNothing(() =>
      taskGroup(async (group) => {
        group.createTask(() => turn().then(() => group.cancel()));
        await group.start(() => sleep(Infinity)).catch((error) => seen.push(error));
      })
    );
    assertEquals(seen.map(isCancelled), [true]);
  },
);

asyncTest("group.start() in a cancelled task starts nothing", async () => {
  let ran = false;
  await taskGroup(async (group) => {
    group.cancel();
    const error = await assertRejects(() => group.start(() => void (ran = true)));
    assertInstanceOf(error, CancelledError);
  });
  assert(!ran);
});

asyncTest("group.start() rejects after the end of the group, and when it is given no function", async () => {
  let group: TaskGroup;
  await taskGroup(async (it) => {
    group = it;
    await assertRejects(() => it.start(1 as never), TypeError, "Cannot start a task as a function is needed");
  });
  await assertRejects(() => group!.start((ready) => ready(1)), InvalidStateError);
});

asyncTest("ready() called again, or after the end, changes nothing", async () => {
  let late: (value: number) => void;
  await taskGroup(async (group) => {
    const value = await group.start<number>((ready) => {
      late = ready;
      ready(1);
      ready(2);
    });
    assertEquals(value, 1);
  });
  late!(3);
});
