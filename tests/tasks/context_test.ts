import { AsyncLocalStorage } from "node:async_hooks";
import { assertEquals, assertRejects } from "@std/assert";
import { watch } from "../../lib/core/instrument.ts";
import { turn } from "../core/manual_clock.ts";
import {
  asCompleted,
  createTask,
  currentTask,
  gather,
  mapConcurrent,
  moveOnAfter,
  race,
  run,
  shield,
  sleep,
  taskGroup,
  timeout,
} from "../../mod.ts";
import { cleanUp } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

const storage = new AsyncLocalStorage<string>();
const get = () => turn().then(() => storage.getStore());

/** Every way to have a function run. */
const WAYS: Record<string, (fn: () => Promise<unknown>) => Promise<unknown>> = {
  "createTask()": (fn) => createTask(fn),
  "createTask({ eager })": (fn) => createTask(fn, { eager: true }),
  "createTask({ detached })": (fn) => createTask(fn, { detached: true }),
  "gather()": async (fn) => (await gather(fn))[0],
  "gather({ concurrency })": async (fn) => (await gather([() => turn(), fn], { concurrency: 1 }))[1],
  "taskGroup()": (fn) => taskGroup(fn),
  "group.createTask()": (fn) => taskGroup((group) => group.createTask(fn)),
  "group.start()": (fn) => taskGroup((group) => group.start(async (ready) => ready(await fn()))),
  "timeout()": (fn) => timeout(1_000, fn),
  "moveOnAfter()": (fn) => moveOnAfter(1_000, fn),
  "shield()": (fn) => shield(fn),
  "race()": (fn) => race(fn),
  "mapConcurrent()": async (fn) => (await mapConcurrent([1], fn, { concurrency: 1 }).next()).value,
  "asCompleted()": async (fn) => await (await asCompleted([fn]).next()).value,
  "run()": (fn) => run(fn),
};

asyncTest("a value in AsyncLocalStorage reaches what is started, as it was at that time", async () => {
  for (const [way, start] of Object.entries(WAYS)) {
    const started = storage.run("at the start", () => start(get));
    const seen = storage.run("later", () => started);
    assertEquals([way, await seen], [way, "at the start"]);
  }
});

asyncTest("a value in AsyncLocalStorage that a child sets reaches its own children, but not its parent", async () => {
  for (const [way, start] of Object.entries(WAYS)) {
    await storage.run("parent", async () => {
      let below: unknown;
      await start(() => storage.run("child", async () => below = await createTask(get)));
      assertEquals([way, below, storage.getStore(), await get()], [way, "child", "parent", "parent"]);
    });
  }
});

asyncTest(
  "a value in AsyncLocalStorage that a child enters with does not reach its siblings or its parent",
  async () => {
    const seen: unknown[] = [];
    await storage.run("parent", async () => {
      const first = async () => {
        storage.enterWith("first");
        await cleanUp(2);
        seen.push(storage.getStore());
      };
      const second = async () => {
        await turn();
        seen.push(storage.getStore());
      };
      await gather(first, second);
      seen.push(storage.getStore());
      await taskGroup((group) => void [first, second].forEach((fn) => group.createTask(fn)));
      seen.push(storage.getStore());
    });
    assertEquals(seen, ["parent", "first", "parent", "parent", "first", "parent"]);
  },
);

asyncTest("a value in AsyncLocalStorage is there in cleanup, whoever cancels", async () => {
  const seen: unknown[] = [];
  const task = storage.run("owner", () =>
    createTask(() =>
      sleep(Infinity).finally(async () => {
        seen.push(storage.getStore());
        seen.push(await shield(get));
      }), { eager: true }));
  await turn();
  storage.run("stranger", () => task.cancel());
  await task.settled();
  assertEquals(seen, ["owner", "owner"]);
});

asyncTest(
  "a value in AsyncLocalStorage follows mapConcurrent() from where its first result was asked for",
  async () => {
    const loop = storage.run("created", () => mapConcurrent([1, 2], get, { concurrency: 1 }));
    const first = await storage.run("first", () => loop.next());
    const second = await storage.run("second", () => loop.next());
    assertEquals([first.value, second.value], ["first", "first"]);
    await loop.next();
  },
);

/** A source that notes for whom it is closed. */
function* source(seen: unknown[]): Generator<() => Promise<void>> {
  try {
    for (;;) yield () => sleep(Infinity);
  } finally {
    seen.push(storage.getStore(), currentTask()?.name);
  }
}

/** What pulls such a source. */
const OVER_A_SOURCE: Record<string, (seen: unknown[]) => Promise<unknown>> = {
  "gather()": (seen) => gather(source(seen), { concurrency: 2 }),
  "mapConcurrent()": (seen) => mapConcurrent(source(seen), (fn) => fn(), { concurrency: 2 }).next(),
};

asyncTest("a value in AsyncLocalStorage is there when a source is closed, whoever cancels", async () => {
  for (const [way, start] of Object.entries(OVER_A_SOURCE)) {
    const seen: unknown[] = [];
    const task = storage.run("owner", () => createTask(() => start(seen), { eager: true, name: "owner" }));
    await turn();
    await storage.run("stranger", () => createTask(() => task.cancel(), { name: "stranger" }));
    await task.settled();
    assertEquals([way, ...seen], [way, "owner", "owner"]);
  }
});

asyncTest(
  "a value in AsyncLocalStorage is there when gather() closes its source as somebody else's promise fails",
  async () => {
    const seen: unknown[] = [];
    const failing = Promise.withResolvers<never>();
    // Of a promise that was waited for before, whoever did so first is told first.
    await storage.run("stranger", () => {
      const task = createTask(failing.promise);
      task.cancel();
      return task.settled();
    });
    function* inputs(): Generator<unknown> {
      try {
        yield failing.promise;
        for (;;) yield () => sleep(Infinity);
      } finally {
        seen.push(storage.getStore());
      }
    }
    const gathering = storage.run("owner", () => gather(inputs() as Iterable<object>, { concurrency: 1 }));
    failing.reject(new Error("too late"));
    await assertRejects(() => gathering, Error, "too late");
    assertEquals(seen, ["owner"]);
  },
);

asyncTest("a value in AsyncLocalStorage is there when a loop over asCompleted() ends, whoever cancels", async () => {
  const seen: unknown[] = [];
  const unwatch = watch({
    settled: (scope) => void (scope.kind === "asCompleted" && seen.push(storage.getStore())),
  });
  try {
    const task = storage.run("owner", () =>
      createTask(async () => {
        // A loop that was forgotten.
        await asCompleted([() => sleep(Infinity), () => sleep(1)]).next();
        await sleep(Infinity);
      }));
    await sleep(2);
    await storage.run("stranger", () => createTask(() => task.cancel()));
    await task.settled();
  } finally {
    unwatch();
  }
  assertEquals(seen, ["owner"]);
});
