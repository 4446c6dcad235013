import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  flattenErrors,
  isTimeout,
  Lock,
  shield,
  sleep,
  supervise,
  type SuperviseOptions,
  timeout,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** Waits of 10, 20, 40, … ms. */
const BACKOFF = { minDelay: 10, jitter: 0 };

/** A function that fails with "1", "2", … */
function failing(ms = 0): { fn: () => Promise<never>; count: () => number } {
  let runs = 0;
  return {
    count: () => runs,
    async fn() {
      const run = ++runs;
      if (ms > 0) await sleep(ms);
      throw new Error(String(run));
    },
  };
}

function messages(error: unknown): string[] {
  return flattenErrors(error).map((error) => (error as Error).message);
}

asyncTest("supervise() gives what the function returns, and starts it once", async () => {
  let runs = 0;
  assertEquals(await supervise(() => ++runs), 1);
  assertEquals(await supervise(() => Promise.resolve("value")), "value");
});

asyncTest("supervise() starts the function again when it has failed, after waits that grow", async (clock) => {
  const starts: number[] = [];
  const value = await supervise(() => {
    starts.push(clock.now());
    if (starts.length < 4) throw new Error("down");
    return "up";
  }, { backoff: BACKOFF });
  assertEquals(value, "up");
  assertEquals(starts, [0, 10, 30, 70]);
});

asyncTest("supervise() waits no longer than the longest wait, and less by chance", async (clock) => {
  const starts: number[] = [];
  await assertRejects(() =>
    supervise(() => {
      starts.push(clock.now());
      throw new Error("down");
    }, { backoff: { minDelay: 10, maxDelay: 25, jitter: 0.5 }, maxRestarts: 20 })
  );
  const waits = starts.slice(1).map((start, index) => start - starts[index]!);
  for (const [index, wait] of waits.entries()) {
    const most = [10, 20][index] ?? 25;
    assert(wait > most / 2 - 1e-6 && wait <= most + 1e-6, `wait ${index + 1} was ${wait} ms`);
  }
});

asyncTest("supervise() gives up with the last error after more than maxRestarts, and keeps those before", async () => {
  const { fn, count } = failing();
  const error = await assertRejects(() => supervise(fn, { maxRestarts: 3, backoff: BACKOFF }), Error, "4");
  assertEquals(count(), 4);
  assertEquals(messages(error), ["4", "1", "2", "3"]);
});

asyncTest("supervise() without options restarts five times within a minute", async (clock) => {
  const { fn, count } = failing();
  await assertRejects(() => supervise(fn), Error, "6");
  assertEquals(count(), 6);
  assert(clock.now() <= 31_000);
});

asyncTest("supervise() with no restarts allowed throws the first error as it is", async () => {
  const failure = new Error("once");
  let runs = 0;
  const error = await supervise(() => {
    runs++;
    throw failure;
  }, { maxRestarts: 0 }).catch((error) => error);
  assertStrictEquals(error, failure);
  assertEquals(runs, 1);
});

asyncTest("supervise() counts the restarts of the last moments only", async (clock) => {
  // A failure each 40 ms: two in any 80 ms.
  const { fn, count } = failing(40);
  const task = createTask(() => supervise(fn, { maxRestarts: 2, within: 80, backoff: { minDelay: 0 } }));
  await sleep(10_010);
  assertEquals(count(), 251);
  task.cancel();
  await task.settled();
  assertEquals(clock.now(), 10_010);
});

asyncTest("supervise() gives up when failures come closer together than that", async (clock) => {
  let runs = 0;
  const fn = async () => {
    await sleep(++runs < 10 ? 40 : 20);
    throw new Error(String(runs));
  };
  await assertRejects(() => supervise(fn, { maxRestarts: 2, within: 80, backoff: { minDelay: 0 } }), Error, "10");
  assertEquals(clock.now(), 9 * 40 + 20);
});

asyncTest("supervise() begins anew with its waits after a run that was long enough", async (clock) => {
  const starts: number[] = [];
  const lengths = [0, 0, 1_000, 0];
  await supervise(async () => {
    starts.push(clock.now());
    const ms = lengths.shift();
    if (ms === undefined) return;
    await sleep(ms);
    throw new Error("down");
  }, { backoff: BACKOFF, within: 1_000 });
  assertEquals(starts, [0, 10, 30, 1_040, 1_060]);
});

asyncTest("supervise() tells onRestart of the error, the number of the restart, and the wait", async () => {
  const { fn } = failing();
  const told: unknown[] = [];
  await assertRejects(() =>
    supervise(fn, {
      backoff: BACKOFF,
      maxRestarts: 2,
      onRestart: (error, restarts, delay) => told.push([(error as Error).message, restarts, delay]),
    })
  );
  assertEquals(told, [["1", 1, 10], ["2", 2, 20]]);
});

for (const how of ["throws", "rejects"] as const) {
  asyncTest(`supervise() ends when its onRestart ${how}, and keeps the error that it was told of`, async () => {
    const { fn, count } = failing();
    const error = await assertRejects(
      () =>
        supervise(fn, {
          onRestart() {
            if (how === "throws") throw new Error("the log is full");
            return sleep(1).then(() => Promise.reject(new Error("the log is full")));
          },
        }),
      Error,
      "the log is full",
    );
    assertEquals(count(), 1);
    assertEquals(messages(error), ["the log is full", "1"]);
  });
}

asyncTest("supervise() ends with an error that its onRestart throws on", async () => {
  const failure = new TypeError("a mistake");
  const error = await supervise(() => Promise.reject(failure), {
    onRestart(error) {
      if (error instanceof TypeError) throw error;
    },
  }).catch((error) => error);
  assertStrictEquals(error, failure);
});

asyncTest('supervise() with restart: "always" starts again what has returned', async (clock) => {
  const starts: number[] = [];
  const told: unknown[] = [];
  const task = createTask(() =>
    supervise(() => sleep(5).then(() => starts.push(clock.now())), {
      restart: "always",
      backoff: BACKOFF,
      onRestart: (error) => told.push(error),
    })
  );
  await sleep(50);
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(starts, [5, 20, 45]);
  assertEquals(told, [undefined, undefined, undefined]);
});

asyncTest('supervise() with restart: "always" gives up what returns too often, with the errors before', async () => {
  let runs = 0;
  const error = await assertRejects(
    () =>
      supervise(function flaky() {
        if (++runs === 2) throw new Error("down");
      }, { restart: "always", maxRestarts: 2, within: 5_000, backoff: BACKOFF }),
    Error,
    "Cannot keep function flaky running as it has returned too often: " +
      "current value is more than 2 restarts within 5000 ms",
  );
  assertEquals(messages(error).slice(1), ["down"]);
});

asyncTest("supervise() does not start again what is cancelled, and waits for its end", async (clock) => {
  const log: string[] = [];
  const task = createTask(() =>
    supervise(async () => {
      log.push("started");
      await sleep(60_000).finally(() => shield(() => sleep(5)));
    }, { restart: "always" })
  );
  await sleep(10);
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(log, ["started"]);
  assertEquals(clock.now(), 15);
});

asyncTest("supervise() does not start again what fails on its way out of a cancellation", async () => {
  let runs = 0;
  const task = createTask(() =>
    supervise(() => {
      runs++;
      return sleep(60_000).finally(() => Promise.reject(new Error("cleanup")));
    })
  );
  await sleep(10);
  task.cancel();
  await assertRejects(() => task, Error, "cleanup");
  assertEquals(runs, 1);
});

asyncTest("supervise() does not start again what swallows its cancellation", async () => {
  for (const restart of ["failure", "always"] as const) {
    let runs = 0;
    const task = createTask(() => supervise(() => (runs++, sleep(60_000).catch(() => "swallowed")), { restart }));
    await sleep(10);
    task.cancel();
    assertEquals((await task.settled()).status, restart === "failure" ? "fulfilled" : "rejected");
    assertEquals(runs, 1);
  }
});

asyncTest("supervise() cancelled while it waits ends at once, and keeps the errors before", async (clock) => {
  const { fn, count } = failing();
  const task = createTask(() => supervise(fn, { backoff: { minDelay: 60_000, jitter: 0 } }));
  await sleep(10);
  task.cancel();
  const error = await assertRejects(() => task, CancelledError);
  assertEquals(clock.now(), 10);
  assertEquals(count(), 1);
  assertEquals(messages(error).slice(1), ["1"]);
});

asyncTest("supervise() passes on the cancellation of something that the function has waited for", async () => {
  const other = createTask(() => sleep(60_000));
  const task = createTask(() => supervise(() => other));
  await sleep(1);
  other.cancel();
  await assertRejects(() => task, CancelledError);
});

asyncTest("supervise() starts again what a timeout within it has ended", async () => {
  let runs = 0;
  const error = await assertRejects(() =>
    supervise(() => (runs++, timeout(10, () => sleep(60_000))), { maxRestarts: 2, backoff: BACKOFF })
  );
  assert(isTimeout(error));
  assertEquals(runs, 3);
});

asyncTest("supervise() ends with the timeout around it, also while it waits", async (clock) => {
  const { fn } = failing();
  const error = await assertRejects(() => timeout(25, () => supervise(fn, { backoff: BACKOFF })));
  assert(isTimeout(error));
  assertEquals(clock.now(), 25);
});

asyncTest("supervise() ends with the reason of its signal", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const { fn, count } = failing();
  const supervised = supervise(fn, { backoff: BACKOFF, signal: controller.signal }).catch((error) => error);
  await sleep(15);
  controller.abort(reason);
  assertStrictEquals(await supervised, reason);
  assertEquals(count(), 2);
  const before = await supervise(fn, { signal: controller.signal }).catch((error) => error);
  assertStrictEquals(before, reason);
  assertEquals(count(), 2);
});

asyncTest("supervise() runs each time in a task of its own, whose locks and children end with it", async () => {
  const lock = new Lock();
  const seen: string[] = [];
  const left: string[] = [];
  await assertRejects(() =>
    supervise(async function serve() {
      seen.push(currentTask()!.name.replace(/\d+/, "n"));
      createTask(() => sleep(60_000).finally(() => left.push("child")), { eager: true });
      using _ = await lock.acquire();
      await sleep(1);
      throw new Error("down");
    }, { maxRestarts: 1, backoff: BACKOFF })
  );
  assertEquals(seen, ["serve-n", "serve-n"]);
  assertEquals(left, ["child", "child"]);
  assert(!lock.locked);
});

asyncTest("supervise() that supervises another starts that again when it has given up", async () => {
  const { fn, count } = failing();
  await assertRejects(
    () => supervise(() => supervise(fn, { maxRestarts: 2, backoff: BACKOFF }), { maxRestarts: 1, backoff: BACKOFF }),
    Error,
    "6",
  );
  assertEquals(count(), 6);
});

asyncTest("supervise() keeps no more than a hundred errors of a function that fails for ever", async () => {
  const { fn, count } = failing();
  const task = createTask(() =>
    supervise(fn, { maxRestarts: Infinity, within: Infinity, backoff: { minDelay: 1, maxDelay: 1, jitter: 0 } })
  );
  await sleep(250.5);
  task.cancel();
  const error = await assertRejects(() => task, CancelledError);
  assertEquals(count(), 251);
  assertEquals(messages(error).length, 101);
  assertEquals(messages(error).at(-1), "251");
});

Deno.test("supervise() lets timers have their turn while a function fails at once, without a wait", async () => {
  let runs = 0;
  const task = createTask(() =>
    supervise(() => {
      runs++;
      throw new Error("down");
    }, { maxRestarts: Infinity, backoff: { minDelay: 0 } })
  );
  await sleep(0);
  task.cancel();
  await task.settled();
  assert(runs > 0);
});

asyncTest("supervise() refuses what makes no sense", async () => {
  const wrong: [SuperviseOptions, string][] = [
    // @ts-expect-error -- there is no such way
    [{ restart: "sometimes" }, 'restart must be "failure" or "always": current value is "sometimes"'],
    [{ maxRestarts: -1 }, "maxRestarts must be a whole number from 0"],
    [{ within: 0 }, "within must be more than 0 ms"],
    [{ within: NaN }, "must be 0 or more milliseconds"],
    [{ backoff: { minDelay: -1 } }, "Cannot supervise as minDelay must be a number from 0"],
    [{ backoff: { minDelay: 2, maxDelay: 1 } }, "minDelay must be at most maxDelay"],
    // @ts-expect-error -- a function is needed
    [{ onRestart: "log" }, "a function is needed"],
  ];
  for (const [options, message] of wrong) await assertRejects(() => supervise(() => {}, options), Error, message);
  // @ts-expect-error -- a promise cannot be started again
  await assertRejects(() => supervise(Promise.resolve()), TypeError, "a function is needed");
});
