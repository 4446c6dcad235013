import { assertEquals, assertThrows } from "@std/assert";
import { createTask, gather, limit, RateLimiter, sleep, type Task } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("limit() runs so many calls at a time, in order, and gives what they give", async (clock) => {
  let running = 0;
  let most = 0;
  const double = limit(async (value: number) => {
    most = Math.max(most, ++running);
    await sleep(10);
    running--;
    return value * 2;
  }, { concurrency: 2 });
  const results: number[] = await gather([1, 2, 3, 4].map((value) => () => double(value)));
  assertEquals([results, most, clock.now()], [[2, 4, 6, 8], 2, 20]);
});

asyncTest("limit() begins so many calls in a stretch of time", async (clock) => {
  const begin = limit(() => clock.now(), { rate: { limit: 2, per: 100 } });
  assertEquals(await gather(Array.from({ length: 5 }, () => () => begin())), [0, 0, 100, 100, 200]);
});

asyncTest("limit() uses no turn for a call that has to wait for others to end", async (clock) => {
  const limiter = new RateLimiter({ limit: 2, per: 10 });
  const begin = limit(async () => {
    const start = clock.now();
    await sleep(100);
    return start;
  }, { concurrency: 1, rate: limiter });
  const calls = createTask(() => gather([begin, begin].map((begin) => () => begin())));
  await sleep(50);
  assertEquals(limiter.stats().available, 2);
  assertEquals(await calls, [0, 100]);
});

asyncTest("limit() shares a RateLimiter between functions", async (clock) => {
  const rate = new RateLimiter({ limit: 1, per: 100 });
  const [a, b] = [limit(() => clock.now(), { rate }), limit(() => clock.now(), { rate })];
  assertEquals(await gather([() => a(), () => b(), () => a()]), [0, 100, 200]);
});

asyncTest("limit() gives the turn of a call that is cancelled to the next", async (clock) => {
  const work = limit((ms: number) => sleep(ms, clock.now()), { concurrency: 1 });
  const [first, second] = [1, 2].map(() => createTask(() => work(50), { eager: true })) as [Task<number>, Task<number>];
  const third = createTask(() => work(1), { eager: true });
  await sleep(10);
  second.cancel();
  first.cancel();
  await third;
  assertEquals([first.state, second.state, clock.now()], ["cancelled", "cancelled", 11]);
});

asyncTest("limit() refuses to limit by nothing", () => {
  assertThrows(() => limit(() => {}, {}), TypeError, "concurrency or rate is needed");
  assertThrows(() => limit(() => {}, { concurrency: 0 }), RangeError, "whole number from 1");
});
