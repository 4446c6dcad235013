import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ManualClock } from "../core/manual_clock.ts";
import {
  InvalidStateError,
  moveOnAfter,
  sleep,
  timeout,
  timeoutAt,
  TimeoutError,
  type TimeoutScope,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("timeout(0) runs its function up to the first checkpoint", async () => {
  const log: string[] = [];
  await assertRejects(() =>
    timeout(0, async () => {
      log.push("called");
      await Promise.resolve();
      log.push("after a promise");
      await sleep(0);
      log.push("after a checkpoint");
    }), TimeoutError);
  assertEquals(log, ["called", "after a promise"]);
});

asyncTest("timeout() takes budgets without limit", async () => {
  for (const ms of [2 ** 31 - 1, 2 ** 31, 2 ** 53, Infinity]) {
    assertEquals(await timeout(ms, () => sleep(1, ms)), ms);
  }
});

asyncTest("timeout() rejects budgets that are none", async () => {
  await assertRejects(() => timeout(NaN, () => {}), RangeError, "current value is NaN");
  await assertRejects(() => timeout(-1, () => {}), RangeError, "current value is -1");
  await assertRejects(() => timeout("5" as unknown as number, () => {}), TypeError, 'current value is "5"');
  await assertRejects(() => timeout(5, 7 as never), TypeError, "a function is needed");
  await assertRejects(() => timeoutAt(undefined as unknown as number, () => {}), TypeError, "must be a number");
});

asyncTest("timeoutAt() takes a moment in the past", async (clock) => {
  for (const when of [clock.now() - 1_000, -Infinity]) {
    await assertRejects(() => timeoutAt(when, () => sleep(1)), TimeoutError, "Timed out after 0 ms");
  }
});

asyncTest("timeoutAt() takes a moment to come, and never", async () => {
  await assertRejects(() => timeoutAt(performance.now() + 1, () => sleep(Infinity)), TimeoutError);
  assertEquals(await timeoutAt(Infinity, () => sleep(1, "value")), "value");
});

asyncTest("reschedule() moves the deadline, both ways, and takes it away", async () => {
  const clock = new ManualClock();
  const run = async (moves: (number | null)[]) => {
    let scope: TimeoutScope;
    const ended: string[] = [];
    const start = clock.now();
    const result = clock.run(() =>
      moveOnAfter(100, (it) => {
        scope = it;
        moves.forEach((ms) => it.reschedule(ms));
        return sleep(1_000, "body");
      })
    ).then((value) => ended.push(`${value ?? "moved on"} at ${clock.now() - start}`));
    await clock.pass(2_000);
    await result;
    assertEquals(scope!.expired, ended[0]!.startsWith("moved"));
    return ended[0];
  };
  assertEquals(await run([]), "moved on at 100");
  assertEquals(await run([500]), "moved on at 500");
  assertEquals(await run([10]), "moved on at 10");
  assertEquals(await run([0]), "moved on at 0");
  assertEquals(await run([null]), "body at 1000");
  assertEquals(await run([null, 50]), "moved on at 50");
  assertEquals(clock.size, 0);
});

asyncTest("reschedule() throws when the time is over, and for what is no duration", async () => {
  let scope: TimeoutScope;
  await timeout(1_000, (it) => {
    scope = it;
    assertThrows(() => it.reschedule(-1), RangeError);
  });
  assertThrows(() => scope.reschedule(5), InvalidStateError, "current state is ended");
  await timeout(0, (it) => void assertThrows(() => it.reschedule(5), InvalidStateError, "current state is expired"));
});

asyncTest("deadline tells when the time runs out, and follows reschedule()", async () => {
  const clock = new ManualClock();
  await clock.run(() =>
    timeout(100, (scope) => {
      assertEquals(scope.deadline, 100);
      scope.reschedule(null);
      assertEquals(scope.deadline, Infinity);
    })
  );
});

asyncTest("timeout() releases its timer as soon as its function has ended", async () => {
  const clock = new ManualClock();
  await clock.run(() => timeout(60_000, () => {}));
  await clock.run(() => timeout(60_000, () => Promise.reject(new Error())).catch(() => {}));
  await clock.run(() => timeout(60_000, Promise.resolve()));
  assertEquals(clock.size, 0);
});
