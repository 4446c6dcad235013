import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { turn } from "../core/manual_clock.ts";
import { CancelledError, createTask, currentTask, mapConcurrent, shield, sleep } from "../../mod.ts";
import { cleanUp, leavesNothing, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** Counts what a source has given, and whether it was closed. */
class Numbers {
  given = 0;
  closed = false;

  *sync(): Generator<number> {
    try {
      for (;;) yield this.given++;
    } finally {
      this.closed = true;
    }
  }

  async *async(): AsyncGenerator<number> {
    try {
      for (;;) {
        await turn();
        yield this.given++;
      }
    } finally {
      this.closed = true;
    }
  }
}

asyncTest("mapConcurrent() yields in the order of the source", async () => {
  const results: number[] = [];
  const slower = async (n: number) => (await cleanUp(4 - n), n);
  for await (const n of mapConcurrent([1, 2, 3], slower, { concurrency: 3 })) results.push(n);
  assertEquals(results, [1, 2, 3]);
});

asyncTest("mapConcurrent() unordered yields in the order of completion", async () => {
  const results: number[] = [];
  const slower = async (n: number) => (await cleanUp(8 - 2 * n), n);
  const options = { concurrency: 3, ordered: false };
  for await (const n of mapConcurrent([1, 2, 3], slower, options)) results.push(n);
  assertEquals(results, [3, 2, 1]);
});

asyncTest("mapConcurrent() never runs more than `concurrency` at a time, and that many if it can", async () => {
  for (const ordered of [true, false]) {
    let running = 0;
    let most = 0;
    const fn = async () => {
      most = Math.max(most, ++running);
      await turn();
      running--;
    };
    for await (const _ of mapConcurrent(Array(20), fn, { concurrency: 4, ordered }));
    assertEquals(most, 4);
  }
});

asyncTest(
  "mapConcurrent() over an endless async source holds at most `concurrency` items, however slow the consumer",
  async () => {
    for (const ordered of [true, false]) {
      const numbers = new Numbers();
      let taken = 0;
      for await (const _ of mapConcurrent(numbers.async(), (n) => n, { concurrency: 3, ordered })) {
        taken++;
        await cleanUp(10);
        assert(numbers.given - taken <= 3, `${numbers.given} given, ${taken} taken`);
        if (taken === 5) break;
      }
      assertEquals(numbers.given, 8);
    }
  },
);

asyncTest(
  "mapConcurrent() over an endless source holds at most `concurrency` items, however slow the function",
  async () => {
    const numbers = new Numbers();
    let ended = 0;
    const fn = async () => {
      await cleanUp(3);
      ended++;
    };
    let taken = 0;
    for await (const _ of mapConcurrent(numbers.sync(), fn, { concurrency: 2 })) {
      taken++;
      assert(numbers.given - taken <= 2);
      if (taken === 5) break;
    }
    assert(ended <= 7);
  },
);

asyncTest("mapConcurrent() starts nothing before the first result is asked for", async () => {
  const numbers = new Numbers();
  const loop = mapConcurrent(numbers.sync(), (n) => n, { concurrency: 2 });
  await turn();
  assertEquals(numbers.given, 0);
  await loop.return();
  await turn();
  assertEquals(numbers.given, 0);
});

asyncTest("mapConcurrent() hands each call an item, and the scope that owns it", async () => {
  const names: unknown[] = [];
  async function visit(item: string, scope: { name: string; signal: AbortSignal }): Promise<void> {
    await turn();
    names.push(item, scope.name === currentTask()!.name, scope.name.startsWith("visit"), scope.signal.aborted);
  }
  for await (const _ of mapConcurrent(["a"], visit, { concurrency: 1 }));
  assertEquals(names, ["a", true, true, false]);
});

asyncTest("mapConcurrent() over nothing ends at once", async () => {
  assertEquals(await mapConcurrent([], () => 1, { concurrency: 1 }).next(), { done: true, value: undefined });
});

asyncTest("mapConcurrent(): break cancels the calls, waits for them, and closes the source", async () => {
  for (const kind of ["sync", "async"] as const) {
    const numbers = new Numbers();
    const log: string[] = [];
    await leavesNothing(async () => {
      const fn = (n: number) =>
        n === 0 ? turn() : sleep(Infinity).finally(() => cleanUp()).finally(() => log.push("end"));
      for await (const _ of mapConcurrent(numbers[kind](), fn, { concurrency: 3 })) {
        await cleanUp(4);
        break;
      }
      log.push("after the loop");
    });
    assertEquals([log, numbers.closed], [["end", "end", "end", "after the loop"], true]);
  }
});

asyncTest("mapConcurrent(): break lets the source wait while it closes", async () => {
  let closed = false;
  async function* source() {
    try {
      yield 1;
      yield 2;
    } finally {
      await sleep(1);
      closed = true;
    }
  }
  await createTask(async () => {
    for await (const _ of mapConcurrent(source(), (n) => n, { concurrency: 1 })) break;
    assert(closed);
  });
});

asyncTest("mapConcurrent(): break does not wait for a source that is stuck", async () => {
  const stuck: AsyncIterable<number> = {
    [Symbol.asyncIterator]() {
      let n = 0;
      return {
        next: () => n++ === 0 ? Promise.resolve({ done: false, value: 1 }) : new Promise(() => {}),
        return: () => new Promise(() => {}),
      };
    },
  };
  const { status } = await leavesNothing(async () => {
    for await (const _ of mapConcurrent(stuck, (n) => n, { concurrency: 2 })) break;
  });
  assertEquals(status, "fulfilled");
});

asyncTest("mapConcurrent(): break throws what the source throws while it closes", async () => {
  function* source() {
    try {
      for (;;) yield 1;
    } finally {
      // deno-lint-ignore no-unsafe-finally
      throw new Error("cannot close");
    }
  }
  await assertRejects(
    async () => {
      for await (const _ of mapConcurrent(source(), () => {}, { concurrency: 1 })) break;
    },
    Error,
    "cannot close",
  );
});

asyncTest(
  "mapConcurrent() that is cancelled while it waits cancels the calls, waits for them, and throws",
  async () => {
    const numbers = new Numbers();
    const log: string[] = [];
    const { task } = await started(async () => {
      const fn = () => sleep(Infinity).finally(() => shield(() => sleep(1))).finally(() => log.push("end"));
      for await (const _ of mapConcurrent(numbers.sync(), fn, { concurrency: 2 })) log.push("never");
    });
    task.cancel();
    await assertRejects(() => task, CancelledError);
    assertEquals([log, numbers.closed], [["end", "end"], true]);
  },
);

asyncTest("mapConcurrent() in a cancelled task throws, also when there are results", async () => {
  let yielded = 0;
  const { task } = await started(async () => {
    const loop = mapConcurrent([1, 2, 3, 4], (n) => n, { concurrency: 4 });
    await loop.next();
    currentTask()!.cancel();
    while (!(await loop.next()).done) yielded++;
  });
  await assertRejects(() => task, CancelledError);
  assertEquals(yielded, 0);
});

asyncTest(
  "mapConcurrent() that is cancelled while its consumer is busy ends the calls, and closes the source",
  async () => {
    const numbers = new Numbers();
    const { task } = await started(() =>
      leavesNothing(async () => {
        const fn = (n: number) => n === 0 ? n : sleep(Infinity);
        for await (const _ of mapConcurrent(numbers.async(), fn, { concurrency: 2 })) await sleep(Infinity);
      })
    );
    await cleanUp(3);
    task.cancel();
    const { status } = await task;
    assertEquals([status, numbers.closed], ["rejected", true]);
  },
);

asyncTest("mapConcurrent() that is forgotten ends with the task that began it", async () => {
  const numbers = new Numbers();
  const { status } = await leavesNothing(() =>
    createTask(async () => {
      await mapConcurrent(numbers.async(), (n) => n === 0 ? n : sleep(Infinity), { concurrency: 2 }).next();
      await cleanUp(3);
    })
  );
  await cleanUp();
  assertEquals([status, numbers.closed], ["fulfilled", true]);
});

asyncTest("mapConcurrent() throws the reason of its signal at once, and ends the calls", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error("enough");
  const numbers = new Numbers();
  const { reason: thrown } = await leavesNothing(async () => {
    setImmediate(() => controller.abort(reason));
    for await (const _ of mapConcurrent(numbers.sync(), () => sleep(Infinity), { concurrency: 2, signal }));
  }) as PromiseRejectedResult;
  assertStrictEquals(thrown, reason);
  assert(numbers.closed);
  const refused = mapConcurrent(new Numbers().sync(), (n) => n, { concurrency: 1, signal });
  assertStrictEquals(await assertRejects(() => refused.next()), reason);
});

asyncTest("mapConcurrent() throws the reason of its signal also when there are results", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const loop = mapConcurrent([1, 2, 3], (n) => n, { concurrency: 3, signal: controller.signal });
  await loop.next();
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => loop.next()), reason);
});

asyncTest("mapConcurrent() throws when the signal fires, though a call returns all the same", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const loop = mapConcurrent([1], () => sleep(Infinity).catch(() => "value"), {
    concurrency: 1,
    signal: controller.signal,
  });
  const next = assertRejects(() => loop.next());
  await turn();
  controller.abort(reason);
  assertStrictEquals(await next, reason);
});

Deno.test("mapConcurrent() refuses bad arguments at the call", () => {
  const start = mapConcurrent as (...args: unknown[]) => unknown;
  assertThrows(() => start([], () => {}, { concurrency: 0 }), RangeError, "current value is 0");
  assertThrows(() => start([], () => {}, { concurrency: 1.5 }), RangeError, "current value is 1.5");
  assertThrows(() => start([], () => {}), TypeError, "concurrency must be a number");
  assertThrows(() => start([], 7, { concurrency: 1 }), TypeError, "a function is needed");
  for (const source of [7, null, undefined, {}]) {
    assertThrows(() => start(source, () => {}, { concurrency: 1 }), TypeError, "source must be iterable");
  }
  assertThrows(() => start([], () => {}, { concurrency: 1, signal: 7 }), TypeError, "must be an AbortSignal");
});

asyncTest("mapConcurrent() asks a source for its iterator when the first result is asked for", async () => {
  let asked = 0;
  const source = { [Symbol.iterator]: () => (asked++, [1, 2][Symbol.iterator]()) };
  const loop = mapConcurrent(source, (n) => n, { concurrency: 1 });
  assertEquals(asked, 0);
  assertEquals(await Array.fromAsync(loop), [1, 2]);
  assertEquals(asked, 1);
});

asyncTest("mapConcurrent() of a source that cannot be iterated lets the task around it end", async () => {
  const source = {
    [Symbol.iterator](): Iterator<number> {
      throw new Error("no iterator");
    },
  };
  const options = { concurrency: 1 };
  await createTask(() => assertRejects(() => mapConcurrent(source, () => {}, options).next(), Error, "no iterator"));
});
