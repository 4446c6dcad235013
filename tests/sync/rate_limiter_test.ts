import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  createTask,
  deadlockReport,
  gather,
  RateLimiter,
  type RateLimiterOptions,
  sleep,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { asyncTest, virtualTime } from "../../lib/testing/mod.ts";
import { withSeed } from "./random.ts";

/** When each of so many calls goes on that come at once. */
async function times(options: RateLimiterOptions, count: number): Promise<number[]> {
  const times: number[] = [];
  await virtualTime(async (clock) => {
    const limiter = new RateLimiter(options);
    await gather(Array.from({ length: count }, () => () => limiter.acquire().then(() => times.push(clock.now()))));
  });
  return times;
}

Deno.test("RateLimiter.acquire() lets as many go on as the limit allows, and the rest as soon as it does", async () => {
  assertEquals(await times({ limit: 2, per: 100 }, 5), [0, 0, 100, 100, 200]);
  assertEquals(await times({ limit: 2, per: 100, burst: 1 }, 5), [0, 50, 100, 150, 200]);
  assertEquals(await times({ limit: 10, per: 1_000, burst: 4 }, 13), [
    ...[0, 0, 0, 0, 400, 400, 400, 400, 800, 800],
    ...[1_000, 1_000, 1_200],
  ]);
  assertEquals(await times({ limit: 1 }, 3), [0, 1_000, 2_000]);
  assertEquals(await times({ limit: Infinity }, 1_000), Array(1_000).fill(0));
});

Deno.test("RateLimiter with burst 1 spaces evenly for hours, without drift", async () => {
  const all = await times({ limit: 3, per: 1_000, burst: 1 }, 30_001);
  assert(Math.abs(all.at(-1)! - 10_000_000) < 0.01, `${all.at(-1)}`);
});

/** One call: when it has gone on, and for how many it counts. */
interface Grant {
  time: number;
  weight: number;
}

/** The most that went on in any stretch of `length`, which begins with one of them: others can only hold fewer. */
function most(grants: readonly Grant[], length: number): number {
  let [most, sum, oldest] = [0, 0, 0];
  for (const { time, weight } of grants) {
    sum += weight;
    while (grants[oldest]!.time + length <= time) sum -= grants[oldest++]!.weight;
    most = Math.max(most, sum);
  }
  return most;
}

/** The earliest that calls may go on which come in this order, by trying each moment at which something has left. */
function earliest(arrivals: readonly Grant[], { limit, per = 1_000, burst = limit }: RateLimiterOptions): number[] {
  const grants: Grant[] = [];
  for (const { time: arrival, weight } of arrivals) {
    const from = Math.max(arrival, grants.at(-1)?.time ?? 0);
    const lengths = [[limit, per], [burst, per * (burst / limit)]] as const;
    const moments = [from, ...grants.flatMap(({ time }) => lengths.map(([, length]) => time + length))];
    const fits = (now: number) =>
      lengths.every(([most, length]) =>
        grants.reduce((sum, { time, weight }) => time + length <= now ? sum : sum + weight, weight) <= most
      );
    grants.push({ time: Math.min(...moments.filter((moment) => moment >= from && fits(moment))), weight });
  }
  return grants.map(({ time }) => time);
}

Deno.test("RateLimiter is never above its limit in any stretch, and never slower than that, whatever comes when", async () => {
  await withSeed(async (random) => {
    for (let round = 0; round < 40; round++) {
      const limit = 1 + random.below(12);
      const options = { limit, per: 1 + random.below(500), burst: 1 + random.below(limit) };
      const arrivals: Grant[] = [];
      for (let time = 0; arrivals.length < 60;) {
        if (random.chance(0.6)) time += random.below(options.per) / 2;
        arrivals.push({ time, weight: 1 + random.below(random.chance(0.5) ? 1 : options.burst) });
      }
      const grants: Grant[] = [];
      await virtualTime(async (clock) => {
        const limiter = new RateLimiter(options);
        await gather(arrivals.map(({ time, weight }) => async () => {
          await sleep(time);
          await limiter.acquire({ weight });
          grants.push({ time: clock.now(), weight });
        }));
      });
      assert(most(grants, options.per) <= limit);
      assert(most(grants, options.per * (options.burst / limit)) <= options.burst);
      assertEquals(grants.map(({ time }) => time), earliest(arrivals, options));
      assertEquals(grants.map(({ weight }) => weight), arrivals.map(({ weight }) => weight));
    }
  });
});

Deno.test("RateLimiter is never above its limit while calls are cancelled, and those left go on", async () => {
  await withSeed(async (random) => {
    for (let round = 0; round < 40; round++) {
      const limit = 1 + random.below(8);
      const options = { limit, per: 100, burst: 1 + random.below(limit) };
      const grants: Grant[] = [];
      let cancelled = 0;
      await virtualTime(async (clock) => {
        const limiter = new RateLimiter(options);
        const tasks = Array.from({ length: 60 }, () => {
          const [arrival, weight] = [random.below(1_000), 1 + random.below(options.burst)];
          return createTask(async () => {
            await sleep(arrival);
            await limiter.acquire({ weight });
            grants.push({ time: clock.now(), weight });
          });
        });
        for (let i = 0; i < 40; i++) {
          await sleep(random.below(60));
          random.pick(tasks).cancel();
          if (random.chance(0.3) && limiter.tryAcquire()) grants.push({ time: clock.now(), weight: 1 });
        }
        for (const task of tasks) if ((await task.settled()).status === "rejected") cancelled++;
        assertEquals(limiter.stats().waiting, 0);
      });
      assert(cancelled > 0 && grants.length >= 60 - cancelled);
      assert(most(grants, options.per) <= limit);
      assert(most(grants, options.per * (options.burst / limit)) <= options.burst);
    }
  });
});

Deno.test("RateLimiter of many keeps to its limit, although it does not remember each", async () => {
  const grants = (await times({ limit: 5_000, per: 1_000 }, 17_000)).map((time) => ({ time, weight: 1 }));
  assertEquals(most(grants, 1_000), 5_000);
  assertEquals(grants.at(-1)!.time, 3_000);
  await virtualTime(async (clock) => {
    const limiter = new RateLimiter({ limit: 5_000, per: 1_000 });
    const grants: Grant[] = [];
    for (let i = 0; i < 12_000; i++) {
      await limiter.acquire();
      grants.push({ time: clock.now(), weight: 1 });
      if (i % 4 === 0) await sleep(0.25);
    }
    assert(most(grants, 1_000) <= 5_000);
  });
});

asyncTest("RateLimiter.acquire() serves in order, whatever the weights", async () => {
  const limiter = new RateLimiter({ limit: 4, per: 100 });
  const order: string[] = [];
  const use = (name: string, weight: number) => limiter.acquire({ weight }).then(() => order.push(name));
  await gather([() => use("a", 3), () => use("big", 4), () => use("b", 1), () => use("c", 1)]);
  assertEquals(order, ["a", "big", "b", "c"]);
});

asyncTest("RateLimiter.tryAcquire() says no while others wait", async (clock) => {
  const limiter = new RateLimiter({ limit: 2, per: 100 });
  assert(limiter.tryAcquire());
  const waiting = limiter.acquire({ weight: 2 });
  assert(!limiter.tryAcquire());
  assertEquals(limiter.stats(), { available: 0, waiting: 1, peak: 1 });
  await waiting;
  assertEquals(clock.now(), 100);
  assert(!limiter.tryAcquire({ weight: 2 }));
  await sleep(100);
  assertEquals(limiter.stats(), { available: 2, waiting: 0, peak: 1 });
  assert(limiter.tryAcquire({ weight: 2 }));
});

asyncTest("RateLimiter.acquire() that is cancelled takes nothing, and lets those behind it go on", async (clock) => {
  const limiter = new RateLimiter({ limit: 3, per: 100 });
  await limiter.acquire();
  const big = createTask(() => limiter.acquire({ weight: 3 }), { eager: true });
  const small = [1, 2].map(() => limiter.acquire());
  await sleep(10);
  big.cancel();
  await Promise.all(small);
  assertEquals(clock.now(), 10);
  await limiter.acquire();
  assertEquals(clock.now(), 100);
});

asyncTest(
  "RateLimiter gives each turn once, whatever comes first of a turn and a cancellation in the same moment",
  async (clock) => {
    const limiter = new RateLimiter({ limit: 1, per: 100 });
    const use = () => limiter.acquire().then(() => clock.now());
    await use();
    // The deadline was set before the turn was waited for, and so comes first.
    const expiring = createTask(() => timeout(100, use), { eager: true });
    const next = createTask(use, { eager: true });
    assertEquals(await next, 100);
    assertEquals((await expiring.settled()).status, "rejected");
    // The turn was waited for first.
    const granted = createTask(use, { eager: true });
    const last = createTask(use, { eager: true });
    await sleep(100);
    granted.cancel();
    assertEquals([await granted, await last], [200, 300]);
  },
);

asyncTest("RateLimiter.acquire() ends with its signal and with timeout(), not before", async (clock) => {
  const limiter = new RateLimiter({ limit: 1, per: 1_000 });
  await limiter.acquire();
  const reason = new Error("enough");
  const controller = new AbortController();
  const waiting = limiter.acquire({ signal: controller.signal });
  controller.abort(reason);
  assertStrictEquals(await waiting.catch((error) => error), reason);
  await assertRejects(() => timeout(100, () => limiter.acquire()), TimeoutError);
  assertEquals([clock.now(), limiter.stats().waiting], [100, 0]);
});

asyncTest("RateLimiter.acquire() is a checkpoint, also when nothing is in the way", async () => {
  const limiter = new RateLimiter({ limit: 1 });
  const task = createTask(async () => {
    task.cancel();
    await limiter.acquire();
  });
  await task.settled();
  assertEquals([task.state, limiter.stats().available], ["cancelled", 1]);
});

asyncTest("RateLimiter.run() runs functions as fast as it may, and owns them", async (clock) => {
  const limiter = new RateLimiter({ limit: 1, per: 10 });
  const log: string[] = [];
  const value = await limiter.run(async () => {
    createTask(() => sleep(Infinity).finally(() => log.push("ended")), { eager: true });
    return await sleep(1, "done");
  });
  assertEquals([value, log], ["done", ["ended"]]);
  await limiter.run(() => log.push(`at ${clock.now()}`));
  assertEquals(log, ["ended", "at 10"]);
});

Deno.test("RateLimiter that several tests share keeps time by the clock of each", async () => {
  const limiter = new RateLimiter({ limit: 1, per: 1_000 });
  for (let i = 0; i < 2; i++) {
    await virtualTime(async (clock) => {
      await limiter.acquire();
      assertEquals(clock.now(), 0);
      await limiter.acquire();
      assertEquals(clock.now(), 1_000);
    });
  }
});

asyncTest("RateLimiter: who waits for a turn is not stuck", async () => {
  const limiter = new RateLimiter({ limit: 1, per: 1_000 });
  await limiter.acquire();
  const waiting = limiter.acquire();
  assertEquals(deadlockReport(), undefined);
  await waiting;
});

asyncTest("RateLimiter refuses what makes no sense", async () => {
  const bad: [RateLimiterOptions, string][] = [
    [{ limit: 0 }, "Cannot make a rate limiter as its limit must be a whole number from 1: current value is 0"],
    [
      { limit: 1, per: 0 },
      "Cannot make a rate limiter as per must be a number of milliseconds above 0: current value is 0",
    ],
    [
      { limit: 2, burst: 3 },
      "Cannot make a rate limiter as its burst must be at most its limit of 2: current value is 3",
    ],
    [
      { limit: 2, burst: 0.5 },
      "Cannot make a rate limiter as its burst must be a whole number from 1: current value is 0.5",
    ],
  ];
  for (const [options, message] of bad) assertThrows(() => new RateLimiter(options), RangeError, message);
  const limiter = new RateLimiter({ limit: 9, burst: 2, name: "api" });
  const message = 'Cannot acquire rate limiter "api" as the weight is above its burst of 2: current value is 3';
  await assertRejects(() => limiter.acquire({ weight: 3 }), RangeError, message);
  assertThrows(() => limiter.tryAcquire(3), RangeError, message);
  await assertRejects(() => limiter.acquire({ weight: 0 }), RangeError, "whole number from 1");
});

asyncTest("RateLimiter refuses to acquire by a bare number, and counts nothing", async () => {
  const limiter = new RateLimiter({ limit: 1, per: 1_000, name: "calls" });
  await assertRejects(() => limiter.acquire(1 as never), TypeError, "must be given as { weight: 1 }");
  assertEquals(limiter.tryAcquire(), true);
});
