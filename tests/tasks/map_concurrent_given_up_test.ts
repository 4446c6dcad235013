import { assertEquals, assertRejects } from "@std/assert";
import { asCompleted, createTask, mapConcurrent, sleep } from "../../mod.ts";
import { turn } from "../core/manual_clock.ts";
import { leavesNothing } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** Wait for so many microtasks. */
async function hops(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await null;
}

/** A function for `mapConcurrent` that says how each item ended. */
function logging(log: string[], ms: (n: number) => number): (n: number) => Promise<number> {
  return async (n) => {
    try {
      await sleep(ms(n));
      log.push(`${n} finished`);
      return n;
    } catch (error) {
      await turn();
      log.push(`${n} cancelled`);
      throw error;
    }
  };
}

asyncTest("mapConcurrent() throws the error of its source, in every order of microtasks", async () => {
  const silent: number[][] = [];
  for (let pulling = 0; pulling < 12; pulling++) {
    for (let mapping = 0; mapping < 12; mapping++) {
      for (let consuming = 0; consuming < 12; consuming++) {
        let pulled = 0;
        const source: AsyncIterableIterator<number> = {
          async next() {
            await hops(pulling);
            if (++pulled === 3) throw new SyntaxError("broken");
            return { done: false, value: pulled };
          },
          [Symbol.asyncIterator]: () => source,
        };
        try {
          const loop = mapConcurrent(source, async (n) => {
            await hops(mapping);
            return n;
          }, { concurrency: 4, ordered: consuming % 2 === 0 });
          for await (const _ of loop) await hops(consuming);
          silent.push([pulling, mapping, consuming]);
        } catch (error) {
          assertEquals(String(error), "SyntaxError: broken");
        }
      }
    }
  }
  assertEquals(silent, []);
});

asyncTest("mapConcurrent() throws what a generator throws, at its first pull, too", async () => {
  for (const count of [0, 1, 2]) {
    const sync = function* () {
      for (let n = 0; n < count; n++) yield n;
      throw new SyntaxError("broken");
    };
    const async = async function* () {
      yield* sync();
    };
    for (const source of [sync, async]) {
      const seen: number[] = [];
      await assertRejects(
        async () => {
          for await (const n of mapConcurrent(source(), (n: number) => n, { concurrency: 4 })) seen.push(n);
        },
        SyntaxError,
        "broken",
      );
    }
  }
});

asyncTest("mapConcurrent() refuses a source whose next() gives no object", async () => {
  for (const step of [undefined, null, 5, "ab"]) {
    const next = () => step as unknown as IteratorResult<number>;
    const source = { [Symbol.iterator]: () => ({ next }) };
    await assertRejects(
      () => mapConcurrent(source, (n) => n, { concurrency: 2 }).next(),
      TypeError,
      "must give an object",
    );
  }
});

asyncTest("mapConcurrent() that is given up while next() waits cancels what is in hand, and waits for it", async () => {
  const log: string[] = [];
  const { value } = await leavesNothing(async () => {
    const loop = mapConcurrent([1, 2, 3], logging(log, (n) => n === 1 ? 1 : 60_000), { concurrency: 2 });
    const first = await loop.next();
    const pending = loop.next();
    await turn();
    const returned = await loop.return();
    log.push("returned");
    return [first, await pending, returned, await loop.next()];
  }) as PromiseFulfilledResult<unknown>;
  assertEquals(log, ["1 finished", "2 cancelled", "3 cancelled", "returned"]);
  const done = { done: true, value: undefined };
  assertEquals(value, [{ done: false, value: 1 }, done, done, done]);
});

asyncTest("mapConcurrent() closes its source when it is given up while next() waits", async () => {
  const log: string[] = [];
  async function* source() {
    try {
      for (let n = 1;; n++) {
        yield n;
        await sleep(60_000);
      }
    } finally {
      log.push("closed");
    }
  }
  await createTask(async () => {
    const loop = mapConcurrent(source(), logging(log, () => 60_000), { concurrency: 1 });
    const pending = loop.next();
    await sleep(1);
    await loop.return();
    await pending;
  });
  assertEquals(log, ["1 cancelled", "closed"]);
});

for (const [how, giveUp] of Object.entries({ "given up": "return", "cancelled": "cancel" } as const)) {
  asyncTest(`mapConcurrent() that is ${how} cancels a stream that it waits for an item of`, async () => {
    const log: string[] = [];
    const source = new ReadableStream<number>({ cancel: () => void log.push("cancelled") });
    const loop = mapConcurrent(source, (n) => n, { concurrency: 2 });
    const task = createTask(async () => {
      const { done } = await loop.next();
      log.push(`done: ${done}`);
    }, { eager: true });
    await turn();
    if (giveUp === "return") await loop.return();
    else task.cancel();
    await task.settled();
    assertEquals(log, giveUp === "return" ? ["cancelled", "done: true"] : ["cancelled"]);
    assertEquals(source.locked, false);
  });
}

asyncTest("mapConcurrent() reads a stream to its end, or its error, and lets go of it", async () => {
  const whole = ReadableStream.from([1, 2, 3]);
  assertEquals(await Array.fromAsync(mapConcurrent(whole, (n) => n, { concurrency: 2 })), [1, 2, 3]);
  const broken = new ReadableStream<number>({ pull: (controller) => controller.error(new Error("broken")) });
  await assertRejects(() => Array.fromAsync(mapConcurrent(broken, (n) => n, { concurrency: 2 })), Error, "broken");
  assertEquals([whole.locked, broken.locked], [false, false]);
});

asyncTest("mapConcurrent() behind a stream that is given up in the middle of a read ends at once", async () => {
  const log: string[] = [];
  await leavesNothing(async () => {
    const rows = mapConcurrent([1, 2, 3], logging(log, (n) => n === 1 ? 1 : 60_000), { concurrency: 2 });
    const reader = ReadableStream.from(rows).getReader();
    assertEquals((await reader.read()).value, 1);
    const read = reader.read();
    await sleep(1);
    await reader.cancel("the client has left");
    assertEquals((await read).done, true);
  });
  assertEquals(log, ["1 finished", "2 cancelled", "3 cancelled"]);
});

asyncTest("mapConcurrent() gives results in order to several next() at once", async () => {
  const loop = mapConcurrent([3, 1, 2], (n) => sleep(n, n), { concurrency: 3 });
  const steps = await Promise.all([loop.next(), loop.next(), loop.next(), loop.next()]);
  assertEquals(steps.map(({ value }) => value), [3, 1, 2, undefined]);
});

asyncTest("mapConcurrent() that is given up before its first next() does not touch its source", async () => {
  let touched = false;
  const loop = mapConcurrent({ [Symbol.iterator]: () => ((touched = true), [][Symbol.iterator]()) }, (n) => n, {
    concurrency: 1,
  });
  await loop.return();
  assertEquals([await loop.next(), touched], [{ done: true, value: undefined }, false]);
});

asyncTest("mapConcurrent() throws what it is given to throw, once all in hand has ended", async () => {
  const log: string[] = [];
  const loop = mapConcurrent([1, 2], logging(log, (n) => n === 1 ? 1 : 60_000), { concurrency: 2 });
  await loop.next();
  await assertRejects(() => loop.throw(new Error("enough")), Error, "enough");
  assertEquals([log, (await loop.next()).done], [["1 finished", "2 cancelled"], true]);
});

asyncTest("asCompleted() that is given up while next() waits cancels its functions, and waits for them", async () => {
  const log: string[] = [];
  await leavesNothing(async () => {
    const loop = asCompleted([() => logging(log, () => 60_000)(1)]);
    const pending = loop.next();
    await sleep(1);
    await loop.return();
    log.push("returned");
    assertEquals((await pending).done, true);
  });
  assertEquals(log, ["1 cancelled", "returned"]);
});
