import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  bind,
  cancellable,
  CancelledError,
  createTask,
  currentTask,
  effectiveDeadline,
  Event,
  gather,
  outside,
  sleep,
  timeout,
} from "../../mod.ts";
import { turn } from "../core/manual_clock.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** A queue as many libraries are: each job is started by the end of the one before, in its context. */
class JobQueue {
  #last: Promise<unknown> = Promise.resolve();

  add<T>(job: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(job);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** One that starts all that is waiting from the turn in which a slot gets free. */
class WorkList {
  readonly #jobs: (() => Promise<void>)[] = [];
  #busy = false;

  add<T>(job: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#jobs.push(() => job().then(resolve, reject));
      this.#next();
    });
  }

  #next(): void {
    if (this.#busy || this.#jobs.length === 0) return;
    this.#busy = true;
    this.#jobs.shift()!().finally(() => {
      this.#busy = false;
      this.#next();
    });
  }
}

for (const queue of [new JobQueue(), new WorkList()]) {
  asyncTest(`bind() has a job of a shared ${queue.constructor.name} run in the task that added it`, async () => {
    const names: (string | undefined)[] = [];
    const request = (name: string) =>
      createTask(() =>
        queue.add(bind(async () => {
          names.push(currentTask()?.name);
          await sleep(10);
          return name;
        })), { name });
    const a = request("a");
    const b = request("b");
    await sleep(5);
    a.cancel("the client went away");
    assertEquals((await a.settled()).status, "rejected");
    assertEquals(await b, "b");
    assertEquals(names, ["a", "b"]);
  });
}

asyncTest("bind() gives the deadline and the stored values of the code that bound it", async () => {
  const storage = new AsyncLocalStorage<string>();
  let call = () => ({ deadline: Infinity, stored: storage.getStore() });
  await timeout(1_000, async () => {
    storage.run("bound", () => {
      call = bind(() => ({ deadline: effectiveDeadline(), stored: storage.getStore() }));
    });
    await createTask(() => {
      const { deadline, stored } = storage.run("caller", () => outside(call));
      assert(Number.isFinite(deadline));
      assertEquals(stored, "bound");
    });
  });
});

asyncTest("bind() passes arguments, `this` and the result, whatever it is", () => {
  const counter = {
    count: 1,
    add: bind(function (this: { count: number }, more: number): number {
      return this.count += more;
    }),
  };
  assertEquals(counter.add(2), 3);
  const query = { then: () => assert(false, "was started") };
  assertStrictEquals(bind(() => query)(), query);
  const error = new Error("thrown");
  assertStrictEquals(
    assertThrows(bind(() => {
      throw error;
    })),
    error,
  );
});

asyncTest("bind() and outside() give a task as it is", async () => {
  let task: unknown;
  const start = () => task = createTask(() => sleep(1, "value"));
  assertStrictEquals(bind(start)(), task);
  assertEquals(await task, "value");
  assertStrictEquals(outside(start), task);
  assertEquals(await task, "value");
});

asyncTest("bind() has what a callback starts belong to the task, which may await it later", async () => {
  const emitter = new EventEmitter();
  const done: string[] = [];
  const listening = createTask(async () => {
    const started: Promise<void>[] = [];
    emitter.on(
      "item",
      bind((item: string) => void started.push(createTask(() => sleep(5).then(() => void done.push(item))))),
    );
    await sleep(1);
    await gather(...started);
    return done.length;
  });
  await sleep(0);
  for (const item of ["x", "y"]) emitter.emit("item", item);
  assertEquals(await listening, 2);
});

asyncTest("bind() has a failed task of a callback wait for the task to await it", async () => {
  let call = () => {};
  const owner = createTask(async () => {
    const started: Promise<never>[] = [];
    call = bind(() => void started.push(createTask(() => Promise.reject(new Error("failed")))));
    await sleep(10);
    return await assertRejects(() => started[0]!, Error, "failed");
  });
  await sleep(0);
  call();
  await owner;
});

asyncTest("bind() has the task wait for a call that it is cancelled with", async () => {
  const log: string[] = [];
  let call: () => Promise<void> = () => Promise.resolve();
  const owner = createTask(async () => {
    call = bind(async () => {
      try {
        await sleep(Infinity);
      } finally {
        await Promise.resolve().then(() => log.push("cleaned up"));
      }
    });
    await sleep(1);
    log.push("returns");
  });
  await sleep(0);
  const calling = assertRejects(() => call(), CancelledError);
  await owner;
  log.push("ended");
  await calling;
  assertEquals(log, ["returns", "cleaned up", "ended"]);
});

asyncTest("bind() has a call belong to the code around its task once that has ended", async () => {
  const outer = createTask(async () => {
    const { call } = await createTask(() => ({ call: bind(() => currentTask()?.name) }), { name: "inner" });
    return call();
  }, { name: "outer" });
  assertEquals(await outer, "outer");
});

asyncTest("bind() calls nothing once its task is cancelled, and gives that as a rejected promise", async () => {
  let called = false;
  let call = () => {};
  const owner = createTask(async () => {
    call = bind(() => void (called = true));
    await sleep(Infinity);
  });
  await sleep(0);
  owner.cancel();
  await assertRejects(async () => await call(), CancelledError);
  await owner.settled();
  await assertRejects(async () => await call(), CancelledError);
  assertEquals(called, false);
});

asyncTest("bind() leaves the failure of a call to its caller", async () => {
  const call = bind(() => Promise.reject(new Error("failed")));
  await assertRejects(call, Error, "failed");
});

Deno.test("bind() leaves a failure that the caller does not look at an unhandled rejection", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    resolve(event.reason);
  }, { once: true });
  const error = new Error("nobody looks");
  void bind(() => Promise.reject(error))();
  assertStrictEquals(await promise, error);
});

for (const wrap of [bind, outside] as ((fn: () => void) => unknown)[]) {
  Deno.test(`${wrap.name}() refuses what is no function`, () => {
    for (const value of [undefined, null, "work", {}, Promise.resolve()]) {
      assertThrows(() => wrap(value as unknown as () => void), TypeError, "Cannot");
    }
  });
}

asyncTest("outside() lets no cancellation and no deadline in", async () => {
  const loaded = new Event();
  let loading: Promise<string> | undefined;
  const config = () =>
    cancellable(
      loading ??= outside(async () => {
        assertEquals([currentTask(), effectiveDeadline()], [undefined, Infinity]);
        await loaded.wait();
        return "config";
      }),
    );
  const first = createTask(() => timeout(1_000, config));
  const second = createTask(config);
  await turn();
  first.cancel();
  assertEquals((await first.settled()).status, "rejected");
  loaded.set();
  assertEquals(await second, "config");
  assertEquals(await createTask(config), "config");
});

asyncTest("outside() keeps the stored values of the caller", () => {
  const storage = new AsyncLocalStorage<string>();
  assertEquals(storage.run("caller", () => outside(() => storage.getStore())), "caller");
});

asyncTest("outside() has a loader that shares its work answer the others when one is cancelled", async () => {
  const waiting: { key: number; resolve: (value: number) => void; reject: (error: unknown) => void }[] = [];
  const load = (batch: (keys: number[]) => Promise<number[]>) => (key: number) =>
    new Promise<number>((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      if (waiting.length > 1) return;
      // As dataloader: by a reaction in the context of the first caller.
      Promise.resolve().then(async () => {
        const all = waiting.splice(0);
        try {
          const values = await batch(all.map(({ key }) => key));
          all.forEach(({ resolve }, i) => resolve(values[i]!));
        } catch (error) {
          all.forEach(({ reject }) => reject(error));
        }
      });
    });
  const loaded = new Event();
  const double = load((keys) =>
    outside(async () => {
      await loaded.wait();
      return keys.map((key) => key * 2);
    })
  );
  const a = createTask(() => cancellable(double(1)));
  const b = createTask(() => cancellable(double(2)));
  await turn();
  a.cancel();
  loaded.set();
  assertEquals(await b, 4);
});
