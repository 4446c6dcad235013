import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { CancelledError, InvalidStateError } from "../../lib/errors.ts";
import { flattenErrors } from "../../lib/core/linked_errors.ts";
import { runInScope } from "../../lib/core/ambient.ts";
import { RootScope } from "../../lib/core/scope.ts";
import { cancellable } from "../../lib/tasks/cancellable.ts";
import { createTask } from "../../lib/tasks/create_task.ts";
import { currentTask } from "../../lib/tasks/current.ts";
import { gather } from "../../lib/tasks/gather.ts";
import { sleep } from "../../lib/tasks/sleep.ts";
import { taskGroup } from "../../lib/tasks/task_group.ts";
import { ManualClock, turn } from "../core/manual_clock.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { TestRoot } from "../core/test_root.ts";
import { cleanUp, started } from "./watch_tasks.ts";

const never = () => sleep(1e6);

asyncTest("gather() without arguments gives [] without touching the event loop", async () => {
  let turned = false;
  const immediate = setImmediate(() => turned = true);
  assertEquals(await gather(), []);
  assertEquals(await gather([]), []);
  assert(!turned);
  clearImmediate(immediate);
});

asyncTest("gather() keeps the order of the arguments when completion order is reversed", async () => {
  const clock = new ManualClock();
  const order: number[] = [];
  const gathering = clock.run(() =>
    gather([3, 2, 1].map((n) => async () => {
      await sleep(n);
      order.push(n);
      return n;
    }))
  );
  await clock.pass(3);
  assertEquals(await gathering, [3, 2, 1]);
  assertEquals(order, [1, 2, 3]);
});

asyncTest("gather() takes functions, promises, tasks, thenables and plain values, mixed", async () => {
  const thenable = { then: (resolve: (value: string) => void) => resolve("thenable") };
  assertEquals(
    await gather(() => "function", async () => await "async", Promise.resolve("promise"), createTask(() => "task")),
    ["function", "async", "promise", "task"],
  );
  assertEquals(await gather(thenable, "value", null, undefined, 0), ["thenable", "value", null, undefined, 0]);
});

asyncTest("gather() takes one array, a set or a generator", async () => {
  const fns = [() => 1, () => sleep(1, 2)];
  assertEquals(await gather(fns), [1, 2]);
  assertEquals(await gather(new Set(fns)), [1, 2]);
  assertEquals(
    await gather((function* () {
      yield* fns;
    })()),
    [1, 2],
  );
  assertEquals(await gather(fns, {}), [1, 2]);
  assertEquals(await gather(fns, undefined), [1, 2]);
});

asyncTest("gather() runs the same task once for both slots, and the same function twice", async () => {
  let runs = 0;
  const count = () => ++runs;
  const task = createTask(count);
  assertEquals(await gather(task, task), [1, 1]);
  assertEquals(await gather(count, count), [2, 3]);
});

asyncTest("gather() starts its functions in the call, with the scope that owns them", async () => {
  const started: string[] = [];
  const gathering = gather(({ name, signal }) => started.push(name, String(signal.aborted)), function named({ name }) {
    started.push(name.replace(/\d+/, "N"));
  });
  assertEquals(started.slice(1), ["false", "named-N"]);
  await gathering;
});

asyncTest("gather() throws the first error as it is, after every sibling's cleanup has ended", async () => {
  const first = new Error("first");
  const log: string[] = [];
  const sibling = async (name: string) => {
    try {
      await never();
    } finally {
      // Foreign to the toolkit, so that the cancellation does not cut the cleanup short.
      await turn();
      await turn();
      log.push(`${name} cleaned up`);
    }
  };
  const error = await assertRejects(() => gather(() => sibling("a"), () => Promise.reject(first), () => sibling("b")));
  log.push("rejected");
  assertStrictEquals(error, first);
  assertEquals(log, ["a cleaned up", "b cleaned up", "rejected"]);
});

asyncTest("gather() throws an error that is no object as it is", async () => {
  for (const thrown of ["text", null, undefined, 0]) {
    const outcome = await gather(() => Promise.reject(thrown), never).then(() => "resolved", (error) => [error]);
    assertEquals(outcome, [thrown]);
  }
});

asyncTest(
  "gather() keeps the errors of siblings that fail while being cancelled reachable from the first",
  async () => {
    const [first, second, third] = [new Error("first"), new Error("second"), new Error("third")];
    const failing = (error: Error) => () => never().catch(() => Promise.reject(error));
    const error = await assertRejects(() => gather(failing(second), () => Promise.reject(first), failing(third)));
    assertStrictEquals(error, first);
    assertEquals(flattenErrors(error), [first, second, third]);
    assertInstanceOf(second.cause, CancelledError);
  },
);

asyncTest("gather() of functions that fail with the same error throws it unchanged, once", async () => {
  const superseded: unknown[] = [];
  const root = new RootScope(null);
  root.onSuperseded = (error) => superseded.push(error);
  const error = new Error("shared");
  const shared = Promise.reject(error);
  assertStrictEquals(await assertRejects(() => runInScope(root, () => gather(() => shared, () => shared))), error);
  assertEquals([error.cause, flattenErrors(error), superseded], [undefined, [error], []]);
});

asyncTest("gather() leaves observed promises and tasks running after a failure", async () => {
  const clock = new ManualClock();
  const [task, gathering] = clock.run(() => {
    const task = createTask(() => sleep(10, "still there"));
    return [task, gather(task, () => Promise.reject(new Error("failed")))];
  });
  await assertRejects(() => gathering, Error, "failed");
  assertEquals(task.state, "running");
  await clock.pass(10);
  assertEquals(await task, "still there");
});

asyncTest("gather() does not wait for observed promises once something has failed", async () => {
  const forever = new Promise(() => {});
  await assertRejects(() => gather(forever, () => Promise.reject(new Error("failed"))), Error, "failed");
  await assertRejects(() => gather(forever, Promise.reject(new Error("failed"))), Error, "failed");
});

asyncTest("gather(): an observed promise that fails later is no unhandled rejection, and is reported", async () => {
  const [first, late] = [new Error("first"), new Error("late")];
  for (const failing of [() => () => Promise.reject(first), () => Promise.reject(first)]) {
    const superseded: unknown[] = [];
    const root = new RootScope(null);
    root.onSuperseded = (error) => superseded.push(error);
    const observed = Promise.withResolvers<void>();
    await assertRejects(() => runInScope(root, () => gather(observed.promise, failing())));
    observed.reject(late);
    await turn();
    assertEquals(superseded, [late]);
  }
});

asyncTest("gather(): a rejected promise is never unhandled, wherever it stands beside a failure", async () => {
  // Each unhandled rejection would end this test run.
  const fail = () => {
    throw new Error("thrown");
  };
  const root = new TestRoot();
  root.onSuperseded = () => {};
  const reject = () => Promise.reject(new Error("rejected"));
  await runInScope(root, async () => {
    for (const options of [{}, { concurrency: 1 }, { returnExceptions: false }]) {
      await assertRejects(() => gather([fail, reject()], options));
      await assertRejects(() => gather([reject(), fail], options));
      await assertRejects(() => gather([() => sleep(1), () => sleep(1), reject()], options));
      await assertRejects(() => gather([reject(), reject()], options));
    }
    await assertRejects(() => gather([reject()], { concurrency: 0 }), RangeError);
    await assertRejects(() => gather([reject()], { signal: AbortSignal.abort() }));
  });
  await turn();
});

asyncTest("gather({ returnExceptions }) puts errors in their places and never rejects for them", async () => {
  const error = new RangeError("failed");
  const superseded: unknown[] = [];
  const root = new TestRoot();
  root.onSuperseded = (error) => superseded.push(error);
  const results = await runInScope(root, () =>
    gather([
      () => "fine",
      () => Promise.reject(error),
      () => {
        throw error;
      },
      Promise.reject(error),
      () => sleep(1, "runs on"),
    ], { returnExceptions: true }));
  assertEquals(results, ["fine", error, error, error, "runs on"]);
  assertEquals(superseded, []);
});

asyncTest("gather({ returnExceptions }) wraps what is no Error, with it as the cause", async () => {
  const thrown = ["text", null, { code: 1 }];
  const results = await gather(thrown.map((value) => () => Promise.reject(value)), { returnExceptions: true });
  for (const [i, result] of results.entries()) {
    assertInstanceOf(result, Error);
    assertStrictEquals(result.cause, thrown[i]);
  }
});

asyncTest(
  "gather(): a child cancelled by a third party rejects it, and does not mark the caller cancelled",
  async () => {
    const outcome = await createTask(async () => {
      let child;
      const gathering = gather(() => {
        child = currentTask();
        return never();
      });
      child!.cancel("third party");
      const error = await assertRejects(() => gathering, CancelledError);
      await sleep(1);
      return error.reason;
    });
    assertEquals(outcome, "third party");
  },
);

asyncTest(
  "gather({ returnExceptions }): a child cancelled by a third party is a CancelledError in its place",
  async () => {
    const observed = createTask(never);
    observed.cancel();
    const [a, b, c] = await gather([
      () => {
        currentTask()!.cancel();
        return never();
      },
      observed,
      () => "unaffected",
    ], { returnExceptions: true });
    assertInstanceOf(a, CancelledError);
    assertInstanceOf(b, CancelledError);
    assertEquals(c, "unaffected");
  },
);

for (const returnExceptions of [false, true]) {
  Deno.test(`gather({ returnExceptions: ${returnExceptions} }): the caller's cancellation cancels all and wins`, async () => {
    const log: string[] = [];
    const task = createTask(() =>
      gather([
        () => never().finally(() => log.push("a")),
        () => never().catch(() => log.push("b, swallowed")),
        () => "done before",
      ], { returnExceptions }), { eager: true });
    task.cancel("reason");
    const error = await assertRejects(() => task, CancelledError);
    assertEquals(error.reason, "reason");
    assertEquals(log, ["a", "b, swallowed"]);
  });

  Deno.test(`gather({ returnExceptions: ${returnExceptions} }): no error is lost to the caller's cancellation`, async () => {
    const superseded: unknown[] = [];
    const root = new RootScope(null);
    root.onSuperseded = (error) => superseded.push(error);
    const cleanup = new Error("in cleanup");
    const task = runInScope(
      root,
      () =>
        createTask(() => gather([never, () => never().catch(() => Promise.reject(cleanup))], { returnExceptions }), {
          eager: true,
        }),
    );
    task.cancel();
    const error = await assertRejects(() => task, CancelledError);
    assertEquals(superseded, [cleanup]);
    assert(flattenErrors(error).includes(cleanup));
  });
}

asyncTest("gather({ returnExceptions }): errors that were results are not lost to a later cancellation", async () => {
  const superseded: unknown[] = [];
  const root = new RootScope(null);
  root.onSuperseded = (error) => superseded.push(error);
  const early = new Error("early");
  const task = runInScope(
    root,
    () => createTask(() => gather([() => Promise.reject(early), never], { returnExceptions: true }), { eager: true }),
  );
  await turn();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(superseded, [early]);
});

asyncTest("gather(): a child that swallows one cancellation and waits again is cancelled again", async () => {
  let waits = 0;
  await assertRejects(
    () =>
      gather(async () => {
        while (waits < 5) {
          waits++;
          await never().catch(() => {});
        }
      }, () => Promise.reject(new Error("failed"))),
    Error,
    "failed",
  );
  assertEquals(waits, 5);
});

asyncTest("gather(): a synchronous throw is that child's failure, and later functions are not started", async () => {
  const log: string[] = [];
  await assertRejects(
    () =>
      gather(
        () => never().finally(() => log.push("first cancelled")),
        () => {
          throw new Error("thrown");
        },
        () => log.push("must not start"),
      ),
    Error,
    "thrown",
  );
  assertEquals(log, ["first cancelled"]);
});

asyncTest("gather() waits for what a child has left behind, and cancels it", async () => {
  const log: string[] = [];
  const results = await gather(() => {
    createTask(() => never().finally(() => log.push("left behind, ended")), { eager: true });
    return "child";
  });
  assertEquals(results, ["child"]);
  assertEquals(log, ["left behind, ended"]);
});

Deno.test("gather(): 100 000 functions, sync or async, do not overflow the stack", async () => {
  // Half a second: fewer would not show a stack that overflows, or time that is quadratic.
  for (const options of [{}, { concurrency: 1 }, { concurrency: 1_000 }]) {
    const sync = await gather(Array.from({ length: 100_000 }, (_, i) => () => i), options);
    assertEquals([sync.length, sync[99_999]], [100_000, 99_999]);
  }
  const async = await gather(Array.from({ length: 100_000 }, (_, i) => () => sleep(0, i)));
  assertEquals([async.length, async[99_999]], [100_000, 99_999]);
});

Deno.test(
  "gather(): 100 000 functions that all fail while being cancelled: no error is lost, nothing quadratic",
  async () => {
    // A second: quadratic, it would be minutes.
    const children: (() => Promise<unknown>)[] = Array.from({ length: 100_000 }, (_, i) => async () => {
      try {
        await never();
      } catch {
        throw new Error(`cleanup ${i}`);
      }
    });
    const first = new Error("first");
    children.push(() => Promise.reject(first));
    const root = new RootScope(null);
    root.onSuperseded = () => {};
    const error = await assertRejects(() => runInScope(root, () => gather(children)));
    assertEquals(flattenErrors(error).length, 100_001);
  },
);

asyncTest("gather(): an iterable that throws midway cancels and awaits what was started", async () => {
  const log: string[] = [];
  function* jobs() {
    try {
      yield () => never().finally(() => log.push("cancelled"));
      throw new Error("source");
    } finally {
      log.push("source closed");
    }
  }
  await assertRejects(() => gather(jobs()), Error, "source");
  assertEquals(log, ["source closed", "cancelled"]);
  await assertRejects(() => gather(jobs(), { returnExceptions: true }), Error, "source");
});

asyncTest(
  "gather({ returnExceptions }): an iterable that throws rejects with its error, not with a child's",
  async () => {
    function* jobs() {
      yield () => {
        throw new Error("child");
      };
      throw new Error("source");
    }
    const root = new RootScope(null);
    root.onSuperseded = () => {};
    await assertRejects(() => runInScope(root, () => gather(jobs(), { returnExceptions: true })), Error, "source");
  },
);

asyncTest("gather() closes an iterable that it does not finish", async () => {
  let closed = 0;
  function* jobs() {
    try {
      yield () => Promise.reject(new Error("failed"));
      for (;;) yield never;
    } finally {
      closed++;
    }
  }
  await assertRejects(() => gather(jobs(), { concurrency: 2 }), Error, "failed");
  const task = createTask(() =>
    gather(
      (function* () {
        yield* jobs();
      })(),
      { concurrency: 1 },
    ), { eager: true });
  task.cancel();
  await task.settled();
  assertEquals(closed, 2);
});

asyncTest("gather(): an error of closing the iterable is kept beside the first", async () => {
  const [first, closing] = [new Error("first"), new Error("closing")];
  const jobs: Iterable<() => Promise<never>> = {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: () => Promise.reject(first) }),
      return: () => {
        throw closing;
      },
    }),
  };
  const error = await assertRejects(() => gather(jobs, { concurrency: 1 }));
  assertStrictEquals(error, first);
  assertEquals(flattenErrors(error), [first, closing]);
});

asyncTest(
  "gather({ concurrency }) never runs more than that many, keeps order, and counts only functions",
  async () => {
    let running = 0;
    let most = 0;
    const job = (i: number) => async () => {
      most = Math.max(most, ++running);
      await sleep(0);
      running--;
      return i;
    };
    const inputs = Array.from({ length: 50 }, (_, i) => i % 5 === 0 ? Promise.resolve(i) : job(i));
    assertEquals(await gather(inputs, { concurrency: 3 }), Array.from({ length: 50 }, (_, i) => i));
    assertEquals(most, 3);
  },
);

asyncTest("gather({ concurrency }) starts the next in the turn in which a slot frees", async () => {
  const first = Promise.withResolvers<void>();
  const started: string[] = [];
  const gathering = gather([() => first.promise, () => started.push("second")], { concurrency: 1 });
  await turn();
  assertEquals(started, []);
  setImmediate(() => first.resolve());
  await turn();
  assertEquals(started, ["second"]);
  await gathering;
});

asyncTest("gather({ concurrency }) pulls an iterable only when it can run the item", async () => {
  let pulled = 0;
  const gate = Promise.withResolvers<void>();
  const gathering = gather(
    (function* () {
      for (let i = 0; i < 5; i++) {
        pulled++;
        yield () => gate.promise;
      }
    })(),
    { concurrency: 2 },
  );
  await turn();
  assertEquals(pulled, 2);
  gate.resolve();
  await gathering;
  assertEquals(pulled, 5);
});

asyncTest("gather({ concurrency }) starts nothing more after a cancellation or a failure", async () => {
  let started = 0;
  const job = () => {
    started++;
    return never();
  };
  const task = createTask(() => gather([job, job, job, job], { concurrency: 2 }), { eager: true });
  task.cancel();
  await task.settled();
  assertEquals(started, 2);
});

asyncTest("gather({ concurrency }) refuses what is no count, and names it", async () => {
  for (const concurrency of [0, -1, 1.5, NaN]) {
    await assertRejects(() => gather([never], { concurrency }), RangeError, `current value is ${concurrency}`);
  }
  await assertRejects(
    () => gather([never], { concurrency: "2" as unknown as number }),
    TypeError,
    'current value is "2"',
  );
});

asyncTest("gather({ signal }) cancels its functions, waits for them and throws the signal's reason", async () => {
  const reason = new Error("my reason");
  const controller = new AbortController();
  const log: string[] = [];
  const gathering = gather([() => never().finally(() => log.push("cancelled"))], { signal: controller.signal });
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => gathering), reason);
  assertEquals(log, ["cancelled"]);
});

asyncTest("gather({ signal }) throws the signal's reason also when a function fails in its cleanup", async () => {
  const root = new RootScope(null);
  root.onSuperseded = () => {};
  const [reason, cleanup] = [new Error("my reason"), new Error("in cleanup")];
  for (const returnExceptions of [false, true]) {
    const controller = new AbortController();
    const gathering = runInScope(
      root,
      () =>
        gather([() => never().catch(() => Promise.reject(cleanup))], { signal: controller.signal, returnExceptions }),
    );
    controller.abort(reason);
    const error = await assertRejects(() => gathering);
    assertStrictEquals(error, reason);
    assert(flattenErrors(error).includes(cleanup));
  }
});

asyncTest("gather({ signal }) that has fired starts nothing", async () => {
  let started = false;
  const signal = AbortSignal.abort("before");
  assertEquals(await gather([() => started = true], { signal }).catch((error) => error), "before");
  assert(!started);
});

asyncTest("gather({ signal }) of promises alone stops waiting for them", async () => {
  const controller = new AbortController();
  const gathering = gather([new Promise(() => {})], { signal: controller.signal });
  controller.abort("enough");
  assertEquals(await gathering.catch((error) => error), "enough");
});

asyncTest("gather() in a cancelled task starts nothing and throws the task's error", async () => {
  let started = false;
  const task = createTask(async () => {
    await never().catch(() => {});
    // These reject at once, and must not be unhandled rejections.
    await gather(sleep(1), sleep(2)).catch(() => {});
    await gather(() => started = true);
  }, { eager: true });
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assert(!started);
});

asyncTest("gather() of promises alone, in a task that is cancelled, lets them run on", async () => {
  const outside = createTask(() => sleep(5, "runs on"));
  const task = createTask(() => gather(outside, cancellable(new Promise(() => {}))), { eager: true });
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(await outside, "runs on");
});

asyncTest("gather() of the task that calls it fails at once instead of waiting for ever", async () => {
  for (const others of [[], [() => 1]]) {
    const task = createTask(() => gather([...others, currentTask()!]));
    await assertRejects(() => task, InvalidStateError, "would wait for itself");
  }
});

asyncTest("gather() results that came before the cancellation in the same tick are not lost", async () => {
  const gate = Promise.withResolvers<string>();
  const task = createTask(async () => {
    const results = await gather(() => gate.promise);
    return results;
  }, { eager: true });
  gate.resolve("value");
  // The child's end, the gather's end: then the cancellation comes too late for the gather.
  for (let i = 0; i < 5; i++) await null;
  task.cancel();
  assertEquals(await task, ["value"]);
});

asyncTest("gather() inside gather: an inner failure cancels the outer siblings, and comes out as it is", async () => {
  const inner = new Error("inner");
  const log: string[] = [];
  const error = await assertRejects(() =>
    gather(
      () => gather(() => Promise.reject(inner), () => never().finally(() => log.push("inner sibling"))),
      () => never().finally(() => log.push("outer sibling")),
    )
  );
  assertStrictEquals(error, inner);
  assertEquals(log, ["inner sibling", "outer sibling"]);
});

asyncTest("gather() refuses options behind separate arguments, where they would do nothing", async () => {
  await assertRejects(
    // @ts-expect-error: nor do the types take them
    () => gather(() => 1, () => 2, { returnExceptions: true }),
    TypeError,
    "options come after a list",
  );
});

asyncTest("gather() with a signal throws its reason, also where the abort ends it at once", async () => {
  const reason = new Error("enough");
  const never = createTask(() => sleep(60_000));
  const controller = new AbortController();
  const gathered = gather([never, "value"], { signal: controller.signal });
  controller.abort(reason);
  assertEquals(await gathered.catch((error) => error), reason);

  const inGroup = new AbortController();
  const failed = taskGroup((group) => {
    group.createTask(() => gather([never, "value"], { signal: inGroup.signal }));
  });
  await sleep(1);
  inGroup.abort(reason);
  assertEquals((await failed.catch((error) => error)).errors, [reason]);
  never.cancel();
});

asyncTest("gather() of an object gives one with the same names, in the same order", async () => {
  const results = await gather({
    slow: () => sleep(20, "slow"),
    fast: async () => await sleep(1, "fast"),
    observed: Promise.resolve("observed"),
    plain: 1,
  });
  assertEquals(Object.entries(results), [["slow", "slow"], ["fast", "fast"], ["observed", "observed"], ["plain", 1]]);
  assertEquals(await gather({}), {});
  assertEquals(await gather({ a: Promise.resolve(1), b: Promise.resolve(2) }), { a: 1, b: 2 });
  assertEquals(await gather(Object.fromEntries([["__proto__", () => 1]])), Object.fromEntries([["__proto__", 1]]));
});

asyncTest("gather() of an object takes all options that a list takes", async () => {
  const failed = new Error("failed");
  let running = 0;
  let most = 0;
  const job = async () => {
    most = Math.max(most, ++running);
    await sleep(1);
    running--;
  };
  await gather({ a: job, b: job, c: job }, { concurrency: 2 });
  assertEquals(most, 2);
  const results = await gather({ good: () => 1, bad: () => Promise.reject(failed) }, { returnExceptions: true });
  assertEquals(results, { good: 1, bad: failed });
  const controller = new AbortController();
  const waiting = gather({ never: () => sleep(Infinity) }, { signal: controller.signal });
  controller.abort(failed);
  assertStrictEquals(await waiting.catch((error) => error), failed);
});

asyncTest("gather() of an object cancels the others when one fails, and with its caller", async () => {
  const log: string[] = [];
  const work = {
    slow: () => sleep(Infinity).finally(() => cleanUp(3)).finally(() => log.push("cleaned up")),
    bad: () => turn().then(() => Promise.reject(new Error("bad"))),
  };
  await assertRejects(() => gather(work), Error, "bad");
  assertEquals(log, ["cleaned up"]);
  const { task } = await started(() => gather({ slow: work.slow }));
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(log, ["cleaned up", "cleaned up"]);
});
