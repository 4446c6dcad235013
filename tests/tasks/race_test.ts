import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { turn } from "../core/manual_clock.ts";
import {
  CancelledError,
  createTask,
  currentTask,
  flattenErrors,
  InvalidStateError,
  isCancelled,
  race,
  shield,
  sleep,
  type Task,
} from "../../mod.ts";
import { cleanUp, leavesNothing, reported, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

function failing(message: string, turns = 0): () => Promise<never> {
  return async () => {
    await cleanUp(turns);
    throw new Error(message);
  };
}

function messages(error: unknown): unknown[] {
  return flattenErrors(error).map((each) => (each as Error).message);
}

asyncTest("race() gives the value of the first, once the cleanup of the others has ended", async () => {
  const log: string[] = [];
  const { value } = await leavesNothing(() =>
    race(
      () => sleep(Infinity, "slow").finally(() => cleanUp()).finally(() => log.push("cleaned up")),
      () => turn().then(() => "fast"),
    )
  ) as PromiseFulfilledResult<string>;
  assertEquals([value, log], ["fast", ["cleaned up"]]);
});

asyncTest("race() throws the error of the first, as it is", async () => {
  const thrown = new Error("first");
  const { reason } = await leavesNothing(() =>
    race(() => sleep(Infinity), () => turn().then(() => Promise.reject(thrown)))
  ) as PromiseRejectedResult;
  assertStrictEquals(reason, thrown);
});

asyncTest("race() has the first of those that settle in one turn win", async () => {
  assertEquals(await race(() => turn().then(() => 1), () => turn().then(() => 2)), 1);
});

asyncTest("race() starts no function after one that has returned at once", async () => {
  let ran = false;
  assertEquals(await race(() => "first", () => void (ran = true)), "first");
  assert(!ran);
  await assertRejects(() =>
    race(() => {
      throw new Error("first");
    }, () => void (ran = true))
  );
  assert(!ran);
});

asyncTest("race() takes plain values", async () => {
  assertEquals(await race(() => sleep(Infinity), 5), 5);
});

asyncTest("race() leaves losing promises and tasks alone", async () => {
  const task = createTask(() => cleanUp(4).then(() => "finished"));
  assertEquals(await race(task, () => "won"), "won");
  assertEquals(task.state, "running");
  assertEquals(await task, "finished");
});

asyncTest("race() throws the cancellation of a function that was cancelled by somebody else", async () => {
  let victim: Task<unknown>;
  const result = race(() => {
    victim = currentTask()!;
    return sleep(Infinity);
  });
  victim!.cancel("in particular");
  assertEquals((await assertRejects(() => result, CancelledError)).reason, "in particular");
  await sleep(0);
});

asyncTest("race() that is cancelled cancels its functions, waits for them, and throws", async () => {
  const log: string[] = [];
  const { task } = await started(() => race(() => sleep(Infinity).finally(() => log.push("cleaned up"))));
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(log, ["cleaned up"]);
});

asyncTest(
  "race() that is cancelled while the losers clean up gives the value, and the next checkpoint throws",
  async () => {
    const log: unknown[] = [];
    const cleaning = Promise.withResolvers<void>();
    const cleaned = Promise.withResolvers<void>();
    const loser = () =>
      sleep(Infinity).finally(() =>
        shield(() => {
          cleaning.resolve();
          return cleaned.promise;
        })
      );
    const task = createTask(async () => {
      log.push(await race(() => "won at once", loser));
      log.push(await race(loser, () => turn().then(() => "won later")));
      await sleep(0).catch((error) => log.push(isCancelled(error)));
    });
    await cleaning.promise;
    task.cancel();
    cleaned.resolve();
    await task;
    assertEquals(log, ["won at once", "won later", true]);
  },
);

asyncTest("race(): an error of the cleanup of a loser can be found in the error that won", async () => {
  const error = await assertRejects(() =>
    race(
      failing("winner", 1),
      () => sleep(Infinity).catch(failing("in cleanup")),
      () => sleep(Infinity).catch(failing("in a long cleanup", 3)),
    )
  );
  assertEquals(messages(error), ["winner", "in cleanup", "in a long cleanup"]);
});

asyncTest("race(): of n that fail in one turn, all n errors can be found", async () => {
  const error = await assertRejects(() =>
    race(failing("1", 1), failing("2", 1), failing("3", 1), turn().then(failing("4")))
  );
  assertEquals(messages(error).toSorted(), ["1", "2", "3", "4"]);
});

asyncTest("race(): errors of losers are reported when a value won", async () => {
  const errors = await reported(async () => {
    await race(
      () => turn(),
      () => sleep(Infinity).catch(failing("owned")),
      cleanUp(4).then(failing("observed")),
    );
    await cleanUp(4);
  });
  assertEquals(errors.map((error) => (error as Error).message), ["owned", "observed"]);
});

asyncTest("race(): what was cancelled is not reported, nor listed", async () => {
  const thrown = new Error("winner");
  const errors = await reported(async () => {
    const observed = createTask(() => sleep(Infinity));
    await assertRejects(() => race(() => sleep(Infinity), observed, () => turn().then(() => Promise.reject(thrown))));
    observed.cancel();
    await observed.settled();
  });
  assertEquals(errors, []);
  assertEquals(flattenErrors(thrown), [thrown]);
});

asyncTest(
  "race() that is cancelled, with a function that fails for it: the error can be found in the cancellation",
  async () => {
    const { task } = await started(() => race(() => sleep(Infinity).catch(failing("in cleanup"))));
    task.cancel();
    const error = await assertRejects(() => task, CancelledError);
    assertEquals(messages(error).slice(1), ["in cleanup"]);
  },
);

Deno.test("race() again and again for one promise leaves nothing behind at it", async () => {
  const stop = new Promise<void>(() => {});
  let reactions = 0;
  stop.then = function (...args) {
    reactions++;
    return Promise.prototype.then.apply(this, args) as never;
  };
  for (let i = 0; i < 100; i++) await race(stop, () => turn());
  assertEquals(reactions, 1);
});

asyncTest(
  "race() makes no unhandled rejection of a promise that comes after the winner, or that it refuses",
  async () => {
    const failLater = () => cleanUp(2).then(() => Promise.reject(new CancelledError()));
    await race(() => 1, failLater());
    await race(1, failLater());
    const { task } = await started(() => sleep(Infinity).catch(() => race(failLater())));
    task.cancel();
    await task.settled();
    await cleanUp(4);
  },
);

asyncTest("race() with nothing rejects", async () => {
  await assertRejects(() => race(), TypeError, "Cannot race as there is nothing to wait for");
});

asyncTest("race() in a cancelled task starts nothing", async () => {
  let ran = false;
  const { task } = await started(() => sleep(Infinity).catch(() => race(() => void (ran = true))));
  task.cancel();
  await task.settled();
  assert(!ran);
});

asyncTest("race() from inside of a task rejects that task, and ends what it has started", async () => {
  let cleanedUp = false;
  const task: Task<void> = createTask(async () => {
    const { reason } = await leavesNothing(() =>
      race(
        () => sleep(Infinity).finally(() => cleanedUp = true),
        task,
        cleanUp(2).then(() => Promise.reject(new CancelledError())),
      )
    ) as PromiseRejectedResult;
    assertInstanceOf(reason, InvalidStateError);
  });
  await task;
  assert(cleanedUp);
  await cleanUp();
});
