import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { ManualClock, turn } from "../core/manual_clock.ts";
import {
  CancelledError,
  createTask,
  effectiveDeadline,
  gather,
  isCancelled,
  shield,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
  type TimeoutScope,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("timeout() in a longer one: only the inner one throws, and what is around goes on", async () => {
  const clock = new ManualClock();
  const result = clock.run(() =>
    timeout(100, async (outer) => {
      await assertRejects(() => timeout(10, () => sleep(Infinity)), TimeoutError, "10 ms");
      await sleep(1);
      return outer.expired;
    })
  );
  await clock.pass(50);
  assertEquals(await result, false);
});

asyncTest("timeout() in a shorter one: the inner one throws the cancellation, and has not expired", async () => {
  const clock = new ManualClock();
  let inner: TimeoutScope;
  let thrownInside: unknown;
  const result = clock.run(() =>
    timeout(10, () =>
      timeout(100, (it) => {
        inner = it;
        return sleep(Infinity);
      }).catch((error) => {
        thrownInside = error;
        throw error;
      }))
  );
  const failed = assertRejects(() => result, TimeoutError, "10 ms");
  await clock.pass(10);
  await failed;
  assertEquals(inner!.expired, false);
  assertInstanceOf(thrownInside, CancelledError);
});

asyncTest("timeout() in one that expires in the same moment: the outer one is what is thrown", async () => {
  // The outer is set first, so it expires first; then it is moved behind the inner one, at the same time.
  for (const innerFirst of [false, true]) {
    const clock = new ManualClock();
    const seen: unknown[] = [];
    const result = clock.run(() =>
      timeout(10, async (outer) => {
        await timeout(10, async () => {
          if (innerFirst) outer.reschedule(10);
          await sleep(Infinity);
        }).catch((error) => seen.push(error));
        await sleep(0).catch((error) => seen.push(error));
        throw seen.at(-1);
      })
    );
    const failed = assertRejects(() => result, TimeoutError);
    await clock.pass(10);
    await failed;
    assert(isCancelled(seen.at(-1)), "the next checkpoint of the outer function throws");
  }
});

asyncTest("timeout() that expires while an inner one is in its cleanup wins over that", async () => {
  const clock = new ManualClock();
  let inner: TimeoutScope;
  const result = clock.run(() =>
    timeout(20, () =>
      timeout(10, (it) => {
        inner = it;
        return sleep(Infinity).finally(() => shield(() => sleep(30)));
      }))
  );
  const failed = assertRejects(() => result, TimeoutError, "20 ms");
  await clock.pass(100);
  await failed;
  assertEquals(inner!.expired, true);
});

asyncTest(
  "timeout() and cancel() in one turn: cancelled first or last, the caller's cancellation is thrown",
  async () => {
    for (const cancelFirst of [true, false]) {
      const clock = new ManualClock();
      const task = clock.run(() => createTask(() => timeout(10, () => sleep(Infinity))));
      await turn();
      const passing = cancelFirst ? undefined : clock.pass(10);
      if (!cancelFirst) await Promise.resolve();
      task.cancel("enough");
      await (passing ?? clock.pass(10));
      const error = await assertRejects(() => task, CancelledError);
      assertEquals(error.reason, "enough");
    }
  },
);

asyncTest(
  "timeout() that has expired, then a cancellation during its cleanup: the cancellation is thrown",
  async () => {
    const clock = new ManualClock();
    const task = clock.run(() =>
      createTask(() => timeout(10, () => sleep(Infinity).finally(() => shield(() => sleep(50)))))
    );
    await clock.pass(20);
    task.cancel("enough");
    await clock.pass(50);
    const error = await assertRejects(() => task, CancelledError);
    assertEquals([error.reason, clock.size], ["enough", 0]);
  },
);

asyncTest(
  "timeout() around gather, group and timeout: the one that expired converts, through all of them",
  async () => {
    const clock = new ManualClock();
    const result = clock.run(() =>
      timeout(10, () =>
        gather(() =>
          taskGroup(async (group) => {
            group.createTask(() => timeout(500, () => sleep(Infinity)));
            await sleep(Infinity);
          })
        ))
    );
    const failed = assertRejects(() => result, TimeoutError, "10 ms");
    await clock.pass(10);
    await failed;
  },
);

asyncTest("effectiveDeadline() is the earliest around", async () => {
  const clock = new ManualClock();
  await clock.run(() =>
    timeout(100, async () => {
      assertEquals(effectiveDeadline(), 100);
      await timeout(50, () => assertEquals(effectiveDeadline(), 50));
      await timeout(500, () => assertEquals(effectiveDeadline(), 100));
      await createTask(() => assertEquals(effectiveDeadline(), 100));
      await taskGroup(() => assertEquals(effectiveDeadline(), 100));
    })
  );
});

asyncTest("effectiveDeadline() is Infinity without any, and in a task that is cut off", async () => {
  assertEquals(effectiveDeadline(), Infinity);
  await timeout(60_000, () => createTask(() => assertEquals(effectiveDeadline(), Infinity), { detached: true }));
});

asyncTest("effectiveDeadline() leaves out what is outside of a shield", async () => {
  const clock = new ManualClock();
  await clock.run(() =>
    timeout(100, () =>
      shield(async () => {
        assertEquals(effectiveDeadline(), Infinity);
        await timeout(500, () => assertEquals(effectiveDeadline(), 500));
      }))
  );
});

asyncTest("effectiveDeadline() is -Infinity for what is cancelled", async () => {
  await timeout(0, () => assertEquals(effectiveDeadline(), -Infinity));
});

asyncTest("effectiveDeadline() follows reschedule()", async () => {
  const clock = new ManualClock();
  await clock.run(() =>
    timeout(100, (scope) => {
      scope.reschedule(20);
      assertEquals(effectiveDeadline(), 20);
      scope.reschedule(null);
      assertEquals(effectiveDeadline(), Infinity);
    })
  );
});
