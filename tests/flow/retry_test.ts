import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import {
  createTask,
  currentTask,
  flattenErrors,
  isCancelled,
  retry,
  type RetryOptions,
  shield,
  sleep,
  timeout,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** Waits without chance. */
const PLAIN = { jitter: 0, minDelay: 100 } as const;

/** A function that fails with each error in turn, and then gives how often it was called. */
function failing(...errors: unknown[]): () => Promise<number> {
  let calls = 0;
  return () => calls < errors.length ? Promise.reject(errors[calls++]) : Promise.resolve(calls + 1);
}

function errors(count: number): Error[] {
  return Array.from({ length: count }, (_, i) => new Error(`failure ${i + 1}`));
}

function unreadable(): never {
  throw new Error("unreadable");
}

/** An error with something that says how long to wait. */
function asking(properties: object): Error {
  return Object.assign(new Error("busy"), properties);
}

asyncTest("retry() calls a function until it succeeds, and waits twice as long each time", async (clock) => {
  const calls: number[] = [];
  const value = await retry(() => {
    calls.push(clock.now());
    if (calls.length < 5) throw new Error("busy");
    return "done";
  }, PLAIN);
  assertEquals([value, calls], ["done", [0, 100, 300, 700, 1500]]);
});

asyncTest("retry() waits no longer than maxDelay, also after a thousand failures", async (clock) => {
  const calls: number[] = [];
  await retry(() => {
    calls.push(clock.now());
    if (calls.length < 2_000) throw new Error("busy");
  }, { jitter: 0, minDelay: 1, maxDelay: 4, factor: 3, attempts: Infinity });
  assertEquals(calls.slice(0, 5), [0, 1, 4, 8, 12]);
  assertEquals(calls.at(-1), 1 + 3 + 4 * 1_997);
});

asyncTest("retry() with minDelay 0 never waits", async (clock) => {
  await retry(failing(...errors(2_000)), { minDelay: 0, attempts: Infinity });
  assertEquals(clock.now(), 0);
});

asyncTest("retry() waits by chance, between none and the whole", async (clock) => {
  for (const [jitter, least] of [[undefined, 0], [1, 0], [0.25, 75]] as const) {
    const delays: number[] = [];
    for (let i = 0; i < 50; i++) {
      const start = clock.now();
      await retry(failing(new Error("busy")), { minDelay: 100, jitter });
      delays.push(clock.now() - start);
    }
    assert(delays.every((delay) => delay >= least && delay <= 100), `with jitter ${jitter}: ${delays}`);
    assert(new Set(delays).size > 10);
  }
});

asyncTest("retry() throws the last error as it is, with those before it reachable", async () => {
  const [first, second, third] = errors(3);
  const error = await retry(failing(first, second, third), { ...PLAIN, attempts: 3 }).catch((error) => error);
  assertStrictEquals(error, third);
  assertEquals(flattenErrors(error), [third, first, second]);
});

asyncTest("retry() keeps a hundred of the errors before the last", async () => {
  const all = errors(1_000);
  const error = await retry(failing(...all), { minDelay: 0, attempts: 1_000 }).catch((error) => error);
  assertEquals(flattenErrors(error), [all[999], ...all.slice(-101, -1)]);
});

asyncTest("retry() throws what is no error, too", async () => {
  assertEquals(await retry(failing("a", "b"), { ...PLAIN, attempts: 2 }).catch((error) => error), "b");
});

asyncTest("retry() with attempts: 1 calls once", async (clock) => {
  await assertRejects(() => retry(failing(...errors(1)), { attempts: 1 }), Error, "failure 1");
  assertEquals(clock.now(), 0);
});

asyncTest("retry() lets go when the function is cancelled: a retry of sleep() is no failure", async (clock) => {
  let calls = 0;
  const task = createTask(() => retry(() => (calls++, sleep(60_000))), { name: "fetcher" });
  await sleep(10);
  task.cancel();
  await task.settled();
  assertEquals([task.state, calls, clock.now()], ["cancelled", 1, 10]);
});

asyncTest("retry() lets go when it is cancelled while it waits", async (clock) => {
  const failure = new Error("busy");
  const task = createTask(() => retry(failing(failure, failure), PLAIN));
  await sleep(10);
  task.cancel();
  const error = await task.catch((error) => error);
  assert(isCancelled(error));
  assertEquals([clock.now(), flattenErrors(error).includes(failure)], [10, true]);
});

asyncTest("retry() counts no cancellation of somebody else's task", async (clock) => {
  let calls = 0;
  const other = createTask(() => sleep(Infinity));
  const waiting = retry(() => (calls++, other), PLAIN);
  other.cancel();
  assert(isCancelled(await waiting.catch((error) => error)));
  assertEquals([calls, clock.now()], [1, 0]);
});

asyncTest("retry() that is cancelled after a failure, in the same turn, does not call again", async () => {
  let calls = 0;
  const task = createTask(() =>
    retry(() => {
      calls++;
      currentTask()!.cancel();
      throw new Error("busy");
    }, PLAIN)
  );
  await task.settled();
  assertEquals(calls, 1);
  assertEquals(String(task.exception()), "Error: busy");
});

asyncTest("retry() in a cancelled task calls nothing", async () => {
  let calls = 0;
  const task = createTask(() => {
    task.cancel();
    return retry(() => void calls++);
  });
  await task.settled();
  assertEquals([task.state, calls], ["cancelled", 0]);
});

asyncTest("retry() tries again after a timeout of its function", async (clock) => {
  const value = await retry(() => timeout(50, () => sleep(clock.now() < 100 ? 60 : 40, "in time")), PLAIN);
  assertEquals([value, clock.now()], ["in time", 190]);
});

asyncTest("retry() begins no wait that would outlast the deadline around it", async (clock) => {
  const error = await timeout(250, () => retry(failing(...errors(5)), PLAIN)).catch((error) => error);
  assertEquals([String(error), clock.now()], ["Error: failure 2", 100]);
  assertEquals(flattenErrors(error).length, 2);
});

asyncTest(
  "retry() waits as long as the deadline around it allows, and no deadline reaches into shield()",
  async (clock) => {
    const work = () => retry(failing(...errors(2)), PLAIN);
    assertEquals(await timeout(301, work), 3);
    assertEquals(String(await timeout(300, work).catch((error) => error)), "Error: failure 2");
    const start = clock.now();
    await assertRejects(() => timeout(50, () => shield(work).then(() => sleep(1))), DOMException, "50 ms");
    assertEquals(clock.now() - start, 300);
  },
);

asyncTest("retry() ends with its signal, in the function and in the wait", async (clock) => {
  const reason = new Error("enough");
  for (const fn of [() => sleep(Infinity, 0), failing(...errors(5))]) {
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = retry(fn, { ...PLAIN, signal }).catch((error) => error);
    await sleep(50);
    controller.abort(reason);
    assertStrictEquals(await waiting, reason);
    assertStrictEquals(await retry(fn, { signal }).catch((error) => error), reason);
  }
  assertEquals(clock.now(), 100);
});

asyncTest("retry() asks `when` after each failure but the last, and may be told to stop", async () => {
  const asked: [string, number][] = [];
  const all = errors(5);
  const error = await retry(failing(...all), {
    ...PLAIN,
    when: async (error, attempt) => {
      await sleep(1);
      asked.push([(error as Error).message, attempt]);
      return attempt < 3;
    },
  }).catch((error) => error);
  assertStrictEquals(error, all[2]);
  assertEquals(asked, [["failure 1", 1], ["failure 2", 2], ["failure 3", 3]]);
  asked.length = 0;
  await retry(failing(...all), { ...PLAIN, attempts: 2, when: (_, attempt) => !!asked.push(["", attempt]) })
    .catch(() => {});
  assertEquals(asked.length, 1);
});

asyncTest("retry() throws what `when` or `onRetry` throws, with the failure reachable", async () => {
  const [failure, thrown] = errors(2);
  const fail = () => {
    throw thrown;
  };
  for (const options of [{ when: fail }, { onRetry: fail }] satisfies RetryOptions[]) {
    const error = await retry(failing(failure), options).catch((error) => error);
    assertEquals(flattenErrors(error), [thrown, failure]);
  }
});

asyncTest("retry() passes on an AbortError, unless `when` says otherwise", async () => {
  const aborted = new DOMException("stopped by hand", "AbortError");
  assertStrictEquals(await retry(failing(aborted), PLAIN).catch((error) => error), aborted);
  assertEquals(await retry(failing(aborted), { ...PLAIN, when: () => true }), 2);
});

asyncTest("retry() tells onRetry of the failure, the attempt, and the wait to come", async (clock) => {
  const told: unknown[] = [];
  await retry(failing(...errors(2)), {
    ...PLAIN,
    onRetry: (error, attempt, delay) => told.push([String(error), attempt, delay, clock.now()]),
  });
  assertEquals(told, [["Error: failure 1", 1, 100, 0], ["Error: failure 2", 2, 200, 100]]);
});

asyncTest("retry() waits as long as an error asks for", async (clock) => {
  const headers = new Headers({ "retry-after": "7" });
  const answer = new Response(null, { status: 503, headers });
  const cases: [unknown, number][] = [
    [asking({ retryAfter: 250 }), 250],
    [asking({ retryAfter: 0 }), 0],
    [asking({ headers }), 7_000],
    [asking({ response: answer }), 7_000],
    [new Error("busy", { cause: answer }), 7_000],
    [answer, 7_000],
    [asking({ retryAfter: 250, headers }), 250],
    // What makes no sense asks for nothing.
    [asking({ retryAfter: -1 }), 100],
    [asking({ retryAfter: NaN }), 100],
    [asking({ retryAfter: "250" }), 100],
    [asking({ headers: { "retry-after": "7" } }), 100],
    [new Proxy(new Error("busy"), { get: unreadable }), 100],
    [null, 100],
  ];
  for (const [error, delay] of cases) {
    const start = clock.now();
    await retry(failing(error), PLAIN);
    assertEquals(clock.now() - start, delay);
  }
});

asyncTest(
  "retry() gives up at once when an error asks for longer than maxDelay, or than the deadline",
  async (clock) => {
    const error = asking({ retryAfter: 3_600_000 });
    assertStrictEquals(await retry(failing(error), PLAIN).catch((error) => error), error);
    assertEquals(await retry(failing(error), { ...PLAIN, maxDelay: 3_600_000 }), 2);
    const start = clock.now();
    const short = asking({ retryAfter: 500 });
    assertStrictEquals(await timeout(400, () => retry(failing(short), PLAIN)).catch((error) => error), short);
    assertEquals(clock.now(), start);
  },
);

asyncTest("retry() owns each call: what it has started has ended before the next", async () => {
  const log: string[] = [];
  let calls = 0;
  await retry(async () => {
    const call = ++calls;
    createTask(() => sleep(Infinity).finally(() => log.push(`left over ${call} ended`)), { eager: true });
    log.push(`call ${call}`);
    if (await sleep(1, call < 2)) throw new Error("busy");
  }, PLAIN);
  assertEquals(log, ["call 1", "left over 1 ended", "call 2", "left over 2 ended"]);
});

asyncTest("retry() gives its function the scope that owns it", async () => {
  const signals = new Set<AbortSignal>();
  await retry(({ signal }) => {
    signals.add(signal);
    if (signals.size < 3) throw new Error("busy");
  }, PLAIN);
  assertEquals(signals.size, 3);
});

asyncTest("retry() refuses arguments that make no sense", async () => {
  const bad: [RetryOptions, string][] = [
    [{ attempts: 0 }, "Cannot retry as attempts must be a whole number from 1: current value is 0"],
    [{ minDelay: -1 }, "Cannot retry as minDelay must be a number from 0: current value is -1"],
    [{ maxDelay: NaN }, "Cannot retry as maxDelay must be a number from 0: current value is NaN"],
    [{ minDelay: 2, maxDelay: 1 }, "Cannot retry as minDelay must be at most maxDelay, 1 ms: current value is 2"],
    [{ factor: 0.5 }, "Cannot retry as factor must be a number from 1: current value is 0.5"],
    [{ jitter: 2 }, "Cannot retry as jitter must be a number from 0 to 1: current value is 2"],
  ];
  for (const [options, message] of bad) await assertRejects(() => retry(() => {}, options), RangeError, message);
  // deno-lint-ignore no-explicit-any
  const wrong: any = Promise.reject(new Error("of nobody"));
  const error = await retry(wrong).catch((error) => error);
  assertInstanceOf(error, TypeError);
  assertEquals(error.message, "Cannot retry as a function is needed: current value is an instance of Promise");
});
