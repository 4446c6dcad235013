import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import {
  CancelledError,
  checkpoint,
  createTask,
  currentTask,
  every,
  flattenErrors,
  moveOnAfter,
  type Overlap,
  shield,
  sleep,
  timeout,
} from "../../mod.ts";
import { ManualClock } from "../core/manual_clock.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

const OVERLAPS: readonly Overlap[] = ["skip", "queue", "concurrent"];

for (const overlap of OVERLAPS) {
  asyncTest(`every() with "${overlap}" calls at each time of the grid, first after a period`, async (clock) => {
    const calls: number[] = [];
    await moveOnAfter(35, () => every(10, () => calls.push(clock.now()), { overlap }));
    assertEquals(calls, [10, 20, 30]);
  });

  asyncTest(`every() with "${overlap}" calls at once when it is told to, before it returns`, async (clock) => {
    const calls: number[] = [];
    const task = createTask(() => {
      const looping = every(10, () => calls.push(clock.now()), { overlap, immediately: true });
      assertEquals(calls, [0]);
      return looping;
    });
    await sleep(15);
    task.cancel();
    await task.settled();
    assertEquals(calls, [0, 10]);
  });

  asyncTest(`every() with "${overlap}" ends with the error of a call that fails`, async (clock) => {
    const failure = new Error("out of paper");
    let calls = 0;
    const error = await assertRejects(() =>
      every(10, async () => {
        await sleep(1);
        if (++calls === 3) throw failure;
      }, { overlap })
    );
    assertStrictEquals(error, failure);
    assertEquals([calls, clock.now()], [3, 31]);
  });

  asyncTest(`every() with "${overlap}" ends with the error of a call that fails before its first wait`, async () => {
    const failure = new Error("out of paper");
    const error = await assertRejects(() =>
      every(10, () => {
        throw failure;
      }, { overlap, immediately: true })
    );
    assertStrictEquals(error, failure);
  });

  asyncTest(`every() with "${overlap}" cancels the call that runs, and waits for its end`, async (clock) => {
    const log: string[] = [];
    await moveOnAfter(15, () =>
      every(10, async ({ signal }) => {
        log.push("called");
        try {
          await sleep(60_000);
        } finally {
          log.push(`cancelled: ${signal.aborted}`);
          await shield(() => sleep(5));
          log.push(`cleaned up at ${clock.now()}`);
        }
      }, { overlap }));
    assertEquals(log, ["called", "cancelled: true", "cleaned up at 20"]);
  });

  asyncTest(`every() with "${overlap}" ends though its calls swallow the cancellation`, async () => {
    let calls = 0;
    const task = createTask(() =>
      every(10, async () => {
        calls++;
        await sleep(60_000).catch(() => {});
      }, { overlap })
    );
    await sleep(15);
    task.cancel();
    await assertRejects(() => task, CancelledError);
    assertEquals(calls, 1);
  });

  asyncTest(`every() with "${overlap}" ends with the reason of its signal`, async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const calls: string[] = [];
    const looping = createTask(() => every(10, () => calls.push("call"), { overlap, signal: controller.signal }));
    await sleep(25);
    controller.abort(reason);
    assertStrictEquals(await looping.catch((error) => error), reason);
    assertEquals(calls.length, 2);
  });

  asyncTest(`every() with "${overlap}" keeps what a call throws while it is cancelled`, async () => {
    const error = await assertRejects(
      () =>
        timeout(
          15,
          () => every(10, () => sleep(60_000).finally(() => Promise.reject(new Error("stuck"))), { overlap }),
        ),
    );
    assertEquals(flattenErrors((error as Error).cause).map(String).at(-1), "Error: stuck");
  });
}

asyncTest('every() with "skip" leaves out the times that a slow call has covered', async (clock) => {
  const calls: number[] = [];
  await moveOnAfter(100, () =>
    every(10, () => {
      calls.push(clock.now());
      return sleep(25);
    }));
  assertEquals(calls, [10, 40, 70]);
});

asyncTest('every() with "skip" calls again at once when a call has ended at a time of the grid', async (clock) => {
  const calls: number[] = [];
  await moveOnAfter(65, () =>
    every(10, () => {
      calls.push(clock.now());
      return sleep(20);
    }));
  assertEquals(calls, [10, 30, 50]);
});

asyncTest('every() with "queue" makes up for each time that a slow call has covered', async (clock) => {
  const calls: number[] = [];
  await moveOnAfter(65, () =>
    every(10, async () => {
      calls.push(clock.now());
      await sleep(calls.length === 1 ? 35 : 1);
    }, { overlap: "queue" }));
  assertEquals(calls, [10, 45, 46, 47, 50, 60]);
});

asyncTest('every() with "queue" never has two calls at a time', async () => {
  let running = 0;
  let most = 0;
  await moveOnAfter(1_000, () =>
    every(10, async () => {
      most = Math.max(most, ++running);
      await sleep(15);
      running--;
    }, { overlap: "queue" }));
  assertEquals(most, 1);
});

asyncTest('every() with "concurrent" calls beside those that still run', async (clock) => {
  const calls: number[] = [];
  let running = 0;
  let most = 0;
  await moveOnAfter(65, () =>
    every(10, async () => {
      calls.push(clock.now());
      most = Math.max(most, ++running);
      await sleep(25);
      running--;
    }, { overlap: "concurrent" }));
  assertEquals(calls, [10, 20, 30, 40, 50, 60]);
  assertEquals(most, 3);
});

asyncTest('every() with "concurrent" cancels the other calls when one fails, and keeps their errors', async (clock) => {
  const log: string[] = [];
  let calls = 0;
  const error = await assertRejects(() =>
    every(10, async () => {
      const call = ++calls;
      if (call === 3) throw new Error("third");
      await sleep(60_000).finally(async () => {
        await shield(() => sleep(1));
        log.push(`${call} ended`);
        if (call === 2) throw new Error("second, on its way out");
      });
    }, { overlap: "concurrent" })
  );
  assertEquals(clock.now(), 31);
  assertEquals(log, ["1 ended", "2 ended"]);
  assertEquals(flattenErrors(error).map(String), ["Error: third", "Error: second, on its way out"]);
});

const AFTER_A_STALL = { skip: [10, 47, 50], queue: [10, 47, 47, 47, 50], concurrent: [10, 47, 50] };

for (const overlap of OVERLAPS) {
  const what = overlap === "queue" ? "makes up for" : "leaves out";
  Deno.test(`every() with "${overlap}" ${what} the times at which the event loop was blocked`, async () => {
    const clock = new ManualClock();
    const calls: number[] = [];
    const looping = clock.run(() => createTask(() => every(10, () => calls.push(clock.now()), { overlap })));
    await clock.pass(12);
    clock.stall(35);
    // Whatever is made up for takes a turn each.
    for (let turns = 0; turns < 5; turns++) await clock.pass(0);
    await clock.pass(5);
    looping.cancel();
    await looping.settled();
    assertEquals(calls, AFTER_A_STALL[overlap]);
  });
}

// 10,000 periods take a second: each is a jump of the clock, when nothing is left to run.
for (
  const [overlap, ms, periods] of [["skip", 1000 / 60, 10_000], ["queue", 1 / 3, 500], ["concurrent", 7, 500]] as const
) {
  asyncTest(`every() with "${overlap}" does not drift in ${periods} periods of ${ms} ms`, async (clock) => {
    let calls = 0;
    let furthest = 0;
    await moveOnAfter(ms * (periods + 0.5), () =>
      every(ms, async () => {
        calls++;
        furthest = Math.max(furthest, Math.abs(clock.now() - calls * ms));
        if (calls % 5 === 0) await sleep(ms * (calls % 10 + 1) / 11);
      }, { overlap }));
    assertEquals(calls, periods);
    assert(furthest < 1e-6, `${furthest} ms off`);
  });
}

asyncTest("every() of two loops keeps the order in which they were begun", async () => {
  const log: string[] = [];
  const first = createTask(() => every(10, () => log.push("first")), { eager: true });
  const second = createTask(() => every(10, () => log.push("second")), { eager: true });
  await sleep(35);
  first.cancel();
  second.cancel();
  await first.settled();
  await second.settled();
  assertEquals(log, ["first", "second", "first", "second", "first", "second"]);
});

asyncTest("every() runs each call as a task of its own, in the context of the code that loops", async () => {
  const store = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  await store.run("mine", () =>
    moveOnAfter(25, () =>
      every(10, function tick() {
        seen.push(currentTask()?.name.replace(/\d+/, "n"), store.getStore());
      })));
  assertEquals(seen, ["tick-n", "mine", "tick-n", "mine"]);
});

asyncTest("every() ends what a call has started with the call", async () => {
  const log: string[] = [];
  await moveOnAfter(15, () =>
    every(10, async () => {
      createTask(() => sleep(60_000).finally(() => log.push("left over")));
      await checkpoint();
      log.push("call over");
    }));
  assertEquals(log, ["call over", "left over"]);
});

asyncTest("every() refuses to start in a cancelled task, and with a signal that has fired", async () => {
  const calls: string[] = [];
  const task = createTask(async () => {
    currentTask()!.cancel();
    await every(10, () => calls.push("cancelled"), { immediately: true });
  });
  await assertRejects(() => task, CancelledError);
  const reason = new Error("before");
  const error = await every(10, () => calls.push("fired"), { immediately: true, signal: AbortSignal.abort(reason) })
    .catch((error) => error);
  assertStrictEquals(error, reason);
  assertEquals(calls, []);
});

asyncTest("every() with an endless period calls once, or never", async () => {
  const calls: boolean[] = [];
  for (const immediately of [true, false]) {
    await moveOnAfter(1_000, () => every(Infinity, () => calls.push(immediately), { immediately }));
  }
  assertEquals(calls, [true]);
});

Deno.test('every() with "queue" lets timers have their turn while it makes up for what is late', async () => {
  let calls = 0;
  const looping = createTask(() => every(1e-9, () => void calls++, { overlap: "queue" }));
  await new Promise((resolve) => setImmediate(resolve));
  await sleep(0);
  looping.cancel();
  await looping.settled();
  assert(calls > 0);
});

asyncTest("every() refuses what is no period, no function and no way to overlap", async () => {
  for (const ms of [0, -1, NaN]) await assertRejects(() => every(ms, () => {}), RangeError, "current value is");
  // @ts-expect-error -- a period is a number
  await assertRejects(() => every("10", () => {}), TypeError, "must be a number of milliseconds");
  // @ts-expect-error -- a promise has been started already
  await assertRejects(() => every(10, Promise.resolve()), TypeError, "a function is needed");
  await assertRejects(
    // @ts-expect-error -- there is no such way
    () => every(10, () => {}, { overlap: "drop" }),
    TypeError,
    'must be "skip", "queue" or "concurrent": current value is "drop"',
  );
  await assertRejects(() => every(0, () => {}), RangeError, "the period must be more than 0 ms: current value is 0");
});
