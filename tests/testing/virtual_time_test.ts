import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  cancellable,
  checkpoint,
  createTask,
  gather,
  InvalidStateError,
  isCancelled,
  Lock,
  mapConcurrent,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { virtualTime } from "../../lib/testing/mod.ts";

const DAY = 86_400_000;

Deno.test("virtualTime() sleeps a thousand days in no time", async () => {
  const begin = performance.now();
  const end = await virtualTime(async (clock) => {
    for (let day = 0; day < 1_000; day++) await sleep(DAY);
    return clock.now();
  });
  assertEquals(end, 1_000 * DAY);
  assert(performance.now() - begin < DAY);
});

Deno.test("virtualTime() wakes what is due at the same time in order of asking", async () => {
  const order: number[] = [];
  await virtualTime(() => gather([3, 1, 2].map((n) => () => sleep(10).then(() => order.push(n)))));
  assertEquals(order, [3, 1, 2]);
});

Deno.test("virtualTime() wakes in order of deadlines", async () => {
  const order: string[] = [];
  await virtualTime(async (clock) => {
    await gather([30, 10, 20].map((ms) => () => sleep(ms).then(() => order.push(`${ms} at ${clock.now()}`))));
  });
  assertEquals(order, ["10 at 10", "20 at 20", "30 at 30"]);
});

Deno.test("virtualTime() fires nested timeouts in order of their deadlines", async () => {
  const order: string[] = [];
  await virtualTime(async (clock) => {
    const outer = timeout(20, async () => {
      const inner = timeout(10, () => sleep(DAY));
      await inner.catch(() => order.push(`inner at ${clock.now()}`));
      await sleep(DAY);
    });
    const error = await outer.catch((error) => error);
    order.push(`outer at ${clock.now()}`);
    assert(error instanceof TimeoutError);
  });
  assertEquals(order, ["inner at 10", "outer at 20"]);
});

Deno.test("virtualTime() lets no time pass for sleep(0)", async () => {
  await virtualTime(async (clock) => {
    const nap = createTask(() => sleep(10));
    for (let turn = 0; turn < 100; turn++) await sleep(0);
    assertEquals(clock.now(), 0);
    await nap;
  });
});

Deno.test("virtualTime() lets time pass in a loop that waits by checkpoints alone", async () => {
  await virtualTime(async () => {
    const nap = createTask(() => sleep(10));
    while (nap.state !== "done") await checkpoint();
  });
});

Deno.test("virtualTime() does not jump while code runs that awaits plain promises", async () => {
  await virtualTime(async (clock) => {
    const nap = createTask(() => sleep(10));
    for (let n = 0; n < 1_000; n++) await null;
    assertEquals(clock.now(), 0);
    await nap;
  });
});

Deno.test("virtualTime() returns the value, and throws the error, of its function", async () => {
  assertEquals(await virtualTime(() => sleep(5, "value")), "value");
  const error = new Error("mine");
  assertEquals(await virtualTime(() => Promise.reject(error)).catch((error) => error), error);
});

Deno.test("virtualTime() cancels and waits for what is left, in virtual time", async () => {
  const log: string[] = [];
  await virtualTime((clock) => {
    createTask(async () => {
      try {
        await sleep(DAY);
      } finally {
        log.push(`cancelled at ${clock.now()}`);
      }
    }, { detached: true, eager: true });
    return sleep(5);
  });
  assertEquals(log, ["cancelled at 5"]);
});

Deno.test("virtualTime() is cancelled with the task around it", async () => {
  const task = createTask(() => virtualTime(() => cancellable(new Promise(() => {}))));
  await sleep(1);
  task.cancel();
  assert(isCancelled(await task.catch((error) => error)));
});

Deno.test("virtualTime() twice at the same time: two clocks", async () => {
  const times = await gather([10, 20].map((ms) => () =>
    virtualTime(async (clock) => {
      await sleep(ms);
      return clock.now();
    })
  ));
  assertEquals(times, [10, 20]);
});

Deno.test("virtualTime() leaves the real clock to code outside of it", async () => {
  const begin = performance.now();
  const real = sleep(5).then(() => performance.now() - begin);
  await virtualTime(() => sleep(DAY));
  assert(await real >= 5);
});

Deno.test("virtualTime() waits for a real promise that it is told of", async () => {
  const work = Promise.withResolvers<string>();
  const timer = setTimeout(() => work.resolve("done"), 5);
  const result = await virtualTime(() => timeout(100, () => cancellable(work.promise)));
  clearTimeout(timer);
  assertEquals(result, "done");
});

Deno.test("virtualTime() passes for promises behind which there are virtual waits", async () => {
  await virtualTime(async (clock) => {
    const nap = async (ms: number) => await sleep(ms);
    await gather(nap(DAY), nap(2 * DAY));
    assertEquals(clock.now(), 2 * DAY);
  });
});

Deno.test("virtualTime() passes for a promise that never settles", async () => {
  await virtualTime(() => assertRejects(() => timeout(DAY, () => cancellable(new Promise(() => {}))), TimeoutError));
});

Deno.test("virtualTime() says who waits for what when every task waits for another", async () => {
  // Takes the second that is left for something to come from outside.
  const body = () =>
    taskGroup((group) => {
      group.createTask(() => sleep(Infinity), { name: "sleeping beauty" });
    });
  await assertRejects(
    () => virtualTime(body),
    InvalidStateError,
    "sleeping beauty [running], waits for sleep Infinity ms",
  );
});

Deno.test("virtualTime() names the circle when tasks wait for one another", async () => {
  // Takes the second that is left for something to come from outside.
  const [fork, knife] = [new Lock({ name: "fork" }), new Lock({ name: "knife" })];
  const eat = async (first: Lock, second: Lock) => {
    using _first = await first.acquire();
    await sleep(10);
    using _second = await second.acquire();
  };
  const body = () => gather(() => eat(fork, knife), () => eat(knife, fork));
  await assertRejects(() => virtualTime(body), InvalidStateError, "Deadlock: 2 tasks wait for one another");
});

Deno.test("virtualTime() runs a whole pipeline", async () => {
  const seen: string[] = [];
  await virtualTime(async (clock) => {
    async function* ticks() {
      for (let n = 1; n <= 4; n++) {
        await sleep(1_000);
        yield n;
      }
    }
    for await (const n of mapConcurrent(ticks(), (n) => sleep(5_000, n), { concurrency: 2 })) {
      seen.push(`${n} at ${clock.now()}`);
    }
  });
  assertEquals(seen, ["1 at 6000", "2 at 7000", "3 at 12000", "4 at 13000"]);
});

Deno.test("clock.advance() has dealt with all that is due", async () => {
  await virtualTime(async (clock) => {
    const log: number[] = [];
    const task = createTask(async () => {
      for (;;) {
        await sleep(10);
        log.push(clock.now());
      }
    });
    await clock.advance(30);
    assertEquals(log, [10, 20, 30]);
    assertEquals(clock.now(), 30);
    task.cancel();
  }, { manual: true });
});

Deno.test("clock.advance(0) lets everything run that needs no time", async () => {
  await virtualTime(async (clock) => {
    const log: string[] = [];
    createTask(async () => {
      await sleep(0);
      log.push("turn");
      await sleep(1);
      log.push("time");
    });
    await clock.advance(0);
    assertEquals(log, ["turn"]);
  }, { manual: true });
});

Deno.test("clock.advance() serves two callers, each in its time", async () => {
  const log: string[] = [];
  await virtualTime(
    (clock) => gather([20, 10].map((ms) => () => clock.advance(ms).then(() => log.push(`${ms} at ${clock.now()}`)))),
    {
      manual: true,
    },
  );
  assertEquals(log, ["10 at 10", "20 at 20"]);
});

Deno.test("clock.advance() is a checkpoint", async () => {
  await virtualTime(async (clock) => {
    const task = createTask(() => clock.advance(10));
    await sleep(0);
    task.cancel();
    assert(isCancelled(await task.catch((error) => error)));
    await clock.advance(5);
    assertEquals(clock.now(), 5);
  }, { manual: true });
});

Deno.test("clock.advance() refuses a duration that has no end", async () => {
  await virtualTime(async (clock) => {
    for (const ms of [-1, NaN, Infinity]) await assertRejects(() => clock.advance(ms), RangeError);
  });
});

Deno.test("clock.hold() stops time for a promise that the toolkit does not know", async () => {
  await virtualTime(async (clock) => {
    const nap = createTask(() => sleep(10));
    // Longer than what is waited for a promise of which nothing is said.
    await clock.hold(new Promise<void>((resolve) => setTimeout(resolve, 40)));
    assertEquals(clock.now(), 0);
    await nap;
  });
});
