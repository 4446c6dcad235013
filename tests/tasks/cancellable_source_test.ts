import { AsyncLocalStorage } from "node:async_hooks";
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { turn } from "../core/manual_clock.ts";
import { cancellable, CancelledError, createTask, currentTask, InvalidStateError, sleep } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { reported, started } from "./watch_tasks.ts";

/** What was done to a source. */
type Log = string[];

/** One that gives what it is told to, and then nothing. */
const SOURCES: Record<string, (log: Log, items: number[]) => AsyncIterable<number>> = {
  "a stream": (log, items) =>
    new ReadableStream<number>({
      start: (controller) => items.forEach((item) => controller.enqueue(item)),
      cancel: () => void log.push("closed"),
    }),
  "a generator of the platform's waits": async function* (log, items) {
    try {
      yield* items;
      await new Promise((resolve) => waiting.push(resolve));
    } finally {
      log.push("closed");
    }
  },
  "a generator of the toolkit's waits": async function* (log, items) {
    try {
      yield* items;
      await sleep(Infinity);
    } finally {
      log.push("closed");
    }
  },
  "an iterator by hand": (log, items) => ({
    [Symbol.asyncIterator]() {
      const left = [...items];
      return {
        next: () =>
          left.length > 0 ? Promise.resolve({ done: false, value: left.shift()! }) : new Promise<never>(() => {}),
        return: () => {
          log.push("closed");
          return Promise.resolve({ done: true, value: undefined });
        },
      };
    },
  }),
};

/** Ends the waits that only the platform knows of. */
const waiting: ((value: unknown) => void)[] = [];

for (const [name, make] of Object.entries(SOURCES)) {
  asyncTest(`cancellable() stops a loop over ${name} that waits for an item, and closes it`, async () => {
    const log: Log = [];
    const { task: loop } = await started(async () => {
      for await (const item of cancellable(make(log, [1, 2]))) log.push(`item ${item}`);
    });
    await turn();
    loop.cancel();
    await assertRejects(() => loop, CancelledError);
    waiting.splice(0).forEach((end) => end(undefined));
    await turn();
    assertEquals(log, ["item 1", "item 2", "closed"]);
  });

  asyncTest(`cancellable() closes ${name} when the loop is left`, async () => {
    const log: Log = [];
    for await (const item of cancellable(make(log, [1, 2]))) {
      log.push(`item ${item}`);
      break;
    }
    assertEquals(log, ["item 1", "closed"]);
  });

  asyncTest(`cancellable() closes ${name} at the end of the function that has begun a loop`, async () => {
    const log: Log = [];
    const steps = await createTask(async () => {
      const steps = cancellable(make(log, [1, 2]));
      log.push(`item ${(await steps.next()).value}`);
      return { steps };
    }, { name: "begun" });
    await turn();
    assertEquals(log, ["item 1", "closed"]);
    await assertRejects(() => steps.steps.next(), CancelledError, 'as "begun" has ended');
  });

  asyncTest(`cancellable() opens nothing of ${name} in a cancelled scope`, async () => {
    const log: Log = [];
    const loop = createTask(async () => {
      await sleep(Infinity).catch(() => {});
      for await (const _ of cancellable(make(log, [1]))) log.push("never");
    });
    await turn();
    loop.cancel();
    assertEquals((await loop.settled()).status, "rejected");
    assertEquals(log, []);
  });
}

asyncTest("cancellable() gives a source's items and its end", async () => {
  const items: number[] = [];
  for await (const item of cancellable(ReadableStream.from([1, 2, 3]))) items.push(item);
  assertEquals(items, [1, 2, 3]);
});

asyncTest("cancellable() passes the error of a source as it is, and lets go of a stream", async () => {
  const error = new Error("broken");
  const stream = new ReadableStream({
    pull(controller) {
      controller.error(error);
    },
  });
  assertStrictEquals(await assertRejects(() => cancellable(stream).next()), error);
  assertEquals(stream.locked, false);
});

asyncTest("cancellable() throws the reason of a signal, and closes the source", async () => {
  const log: Log = [];
  const controller = new AbortController();
  const steps = cancellable(SOURCES["a stream"]!(log, []), { signal: controller.signal });
  const step = steps.next();
  const reason = new Error("enough");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => step), reason);
  assertEquals(log, ["closed"]);
  assertEquals(await steps.next().catch((error) => error), reason);
});

asyncTest("cancellable() ends a pending step when it is given up from outside", async () => {
  const log: Log = [];
  const steps = cancellable(SOURCES["an iterator by hand"]!(log, []));
  const step = steps.next();
  await steps.return!();
  assertEquals(await step, { done: true, value: undefined });
  assertEquals(log, ["closed"]);
});

asyncTest("cancellable() has a stream made of a stream cancel it while an item is on its way", async () => {
  const log: Log = [];
  const reader = ReadableStream.from(cancellable(SOURCES["a stream"]!(log, []))).getReader();
  void reader.read();
  await turn();
  await reader.cancel();
  assertEquals(log, ["closed"]);
});

asyncTest("cancellable() refuses a step while the last one is pending", async () => {
  const steps = cancellable(SOURCES["a stream"]!([], []));
  const step = steps.next();
  await assertRejects(() => steps.next(), InvalidStateError, "await each");
  await steps.return!();
  await step;
});

asyncTest("cancellable() reports a source that fails to close once nobody waits for that", async () => {
  const errors = await reported(async () => {
    const { task: loop } = await started(async () => {
      const stream = new ReadableStream<never>({
        cancel() {
          throw new Error("will not close");
        },
      });
      for await (const _ of cancellable(stream)) { /* none comes */ }
    });
    loop.cancel();
    await loop.settled();
    await turn();
  });
  assertEquals(errors.map((error) => (error as Error).message), ["will not close"]);
});

asyncTest("cancellable() throws when a source fails to close as the loop is left", async () => {
  const stream = new ReadableStream<number>({
    start: (controller) => controller.enqueue(1),
    cancel() {
      throw new Error("will not close");
    },
  });
  await assertRejects(
    async () => {
      for await (const _ of cancellable(stream)) break;
    },
    Error,
    "will not close",
  );
});

asyncTest("cancellable() refuses what next() of an iterator must not give", async () => {
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(7 as never) }),
  };
  await assertRejects(() => cancellable(source).next(), TypeError, "must give an object");
});

for (const name of ["a generator", "a stream"]) {
  asyncTest(`cancellable() closes ${name} as part of the code that loops, whoever cancels`, async () => {
    const storage = new AsyncLocalStorage<string>();
    const log: unknown[] = [];
    const close = () => void log.push(storage.getStore(), currentTask()?.name);
    async function* generated() {
      try {
        yield 1;
      } finally {
        close();
      }
    }
    const streamed = new ReadableStream({ start: (controller) => controller.enqueue(1), cancel: close });
    const looping = storage.run("of the loop", () =>
      createTask(async () => {
        for await (const _ of cancellable(name === "a stream" ? streamed : generated())) await sleep(Infinity);
      }, { name: "looping" }));
    await turn();
    await storage.run("of another", () => createTask(() => looping.cancel(), { name: "other" }));
    await looping.settled();
    assertEquals(log, ["of the loop", "looping"]);
  });
}
