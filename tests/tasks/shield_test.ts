import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ManualClock } from "../core/manual_clock.ts";
import {
  CancelledError,
  createTask,
  isCancelled,
  moveOnAfter,
  shield,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { cleanUp, leavesNothing, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("shield() gives what its function returns, and throws what it throws", async () => {
  assertEquals(await shield(() => "at once"), "at once");
  assertEquals(await shield(() => sleep(1, "later")), "later");
  const thrown = new Error("mine");
  assertStrictEquals(await assertRejects(() => shield(() => Promise.reject(thrown))), thrown);
  await assertRejects(() => shield(7 as never), TypeError, "a function is needed");
});

asyncTest("shield() keeps a cancellation from its function, waits for it, and gives its value", async () => {
  const log: unknown[] = [];
  const { task } = await started(async () => {
    log.push(await shield(() => sleep(1, "whole")));
    await sleep(0).catch((error) => log.push(isCancelled(error)));
    await sleep(0).catch((error) => log.push(isCancelled(error)));
  });
  task.cancel();
  await task;
  // The cancellation is there at the next checkpoint, and the one after.
  assertEquals(log, ["whole", true, true]);
});

asyncTest("shield() runs in a task that has been cancelled", async () => {
  const log: string[] = [];
  const { task } = await started(async () => {
    try {
      await sleep(Infinity);
    } finally {
      log.push(await shield(() => sleep(1, "saved")));
    }
  });
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(log, ["saved"]);
});

asyncTest("shield() protects the tasks that its function starts", async () => {
  let done = false;
  const { task } = await started(() =>
    shield(() => taskGroup((group) => void group.createTask(() => sleep(1).then(() => done = true))))
  );
  task.cancel();
  await task;
  assert(done);
});

asyncTest("shield() is still ended by a timeout of its own", async () => {
  const clock = new ManualClock();
  const task = clock.run(() =>
    createTask(async () => {
      try {
        await sleep(Infinity);
      } finally {
        await shield(() => moveOnAfter(100, () => sleep(Infinity)));
      }
    }, { eager: true })
  );
  task.cancel();
  await clock.pass(99);
  assertEquals(task.state, "cancelling");
  await clock.pass(1);
  assertEquals(task.state, "cancelled");
});

asyncTest("shield() lets its function be cancelled from within", async () => {
  await assertRejects(() =>
    shield(async () => {
      const task = createTask(() => sleep(Infinity));
      task.cancel();
      await task;
    }), CancelledError);
});

asyncTest("shield() inside a timeout inside a group: each has its say", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const result = clock.run(() =>
    leavesNothing(() =>
      taskGroup((group) => {
        group.createTask(() => sleep(20).then(() => Promise.reject(new Error("sibling"))));
        group.createTask(() =>
          timeout(10, async () => {
            await shield(() => sleep(30).then(() => log.push(`shielded until ${clock.now()}`)));
            await sleep(Infinity);
          })
        );
      })
    )
  );
  await clock.pass(100);
  const { reason } = await result as PromiseRejectedResult;
  // The timeout has expired first, but the cancellation of the group comes from further out.
  assertEquals(log, ["shielded until 30"]);
  assertEquals(reason.errors.map((each: Error) => each.message), ["sibling"]);
});

asyncTest("shield() inside a timeout delays its TimeoutError", async () => {
  const clock = new ManualClock();
  const result = clock.run(() =>
    timeout(10, async () => {
      await shield(() => sleep(30));
      await sleep(0);
    })
  );
  let thrownAt: number | undefined;
  const failed = assertRejects(() => result, TimeoutError).finally(() => thrownAt = clock.now());
  await clock.pass(100);
  await failed;
  assertEquals(thrownAt, 30);
});

asyncTest("shield() that is left behind is waited for, and not cancelled", async () => {
  const log: string[] = [];
  await leavesNothing(() =>
    createTask(() => {
      shield(() => sleep(1).then(() => log.push("saved")));
    })
  );
  assertEquals(log, ["saved"]);
});

asyncTest("shield() ends what its function leaves behind", async () => {
  const log: string[] = [];
  await leavesNothing(() =>
    shield(async () => {
      createTask(() => sleep(Infinity).finally(() => log.push("ended")), { eager: true });
      await cleanUp();
    })
  );
  assertEquals(log, ["ended"]);
});

asyncTest("shield() of a promise only observes: the waiting ends with the task", async () => {
  const work = createTask(() => sleep(5, "finished"));
  const { task } = await started(() => shield(work));
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(await work, "finished");
});
