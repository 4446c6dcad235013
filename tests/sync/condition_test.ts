import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BrokenLockError,
  checkpoint,
  Condition,
  createTask,
  InvalidStateError,
  Lock,
  sleep,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** Tasks that wait, in order of creation; each notes its number once it holds the lock again. */
function waiters(condition: Condition, count: number, log: number[]) {
  return Array.from({ length: count }, (_, id) =>
    createTask(async () => {
      using _ = await condition.acquire();
      await condition.wait();
      assert(condition.locked);
      log.push(id);
    }, { name: `waiter-${id}`, eager: true }));
}

async function untilWaiting(condition: Condition, count: number): Promise<void> {
  while (condition.stats().waiting < count) await checkpoint();
}

asyncTest("Condition.notify() wakes so many, in order", async () => {
  const condition = new Condition();
  const log: number[] = [];
  const tasks = waiters(condition, 5, log);
  await untilWaiting(condition, 5);
  await condition.run(() => condition.notify(2));
  await tasks[1];
  await checkpoint();
  assertEquals(log, [0, 1]);
  await condition.run(() => condition.notify());
  await tasks[2];
  await condition.run(() => condition.notifyAll());
  await Promise.all(tasks);
  assertEquals(log, [0, 1, 2, 3, 4]);
  assert(!condition.locked);
});

asyncTest("Condition.notify() without anybody waiting is not kept for later", async () => {
  const condition = new Condition();
  await condition.run(() => condition.notify());
  await condition.run(async () => {
    await assertRejects(() => timeout(1, () => condition.wait()), TimeoutError);
  });
});

asyncTest("Condition throws when the calling task does not hold the lock", async () => {
  const condition = new Condition(undefined, { name: "changed" });
  await assertRejects(() => condition.wait(), InvalidStateError, 'nobody holds lock "lock of changed"');
  await assertRejects(() => condition.waitFor(() => true), InvalidStateError);
  assertThrows(() => condition.notify(), InvalidStateError);
  const holder = createTask(() => condition.run(() => sleep(60_000)), { eager: true });
  await checkpoint();
  await createTask(async () => {
    await assertRejects(() => condition.wait(), InvalidStateError, "current holder is task");
    assertThrows(() => condition.notifyAll(), InvalidStateError, "current holder is task");
  });
  holder.cancel();
  await holder.settled();
});

asyncTest("Condition.waitFor() asks with the lock held, and returns what it was told", async () => {
  const condition = new Condition();
  let value = 0;
  let asked = 0;
  const task = createTask(async () => {
    using _ = await condition.acquire();
    const found = await condition.waitFor(() => {
      asked++;
      assert(condition.locked);
      return value > 1 && value;
    });
    assert(condition.locked);
    return found;
  }, { eager: true });
  await untilWaiting(condition, 1);
  for (let i = 0; i < 2; i++) {
    await condition.run(() => {
      value++;
      condition.notifyAll();
    });
    await checkpoint();
  }
  assertEquals(await task, 2);
  assertEquals(asked, 3);
  assert(!condition.locked);
});

asyncTest("Condition.waitFor() in a cancelled task throws, also where the predicate holds", async () => {
  const condition = new Condition();
  let asked = false;
  const task = createTask(async () => {
    using _ = await condition.acquire();
    await sleep(60_000).catch(() => {});
    return await condition.waitFor(() => asked = true);
  }, { eager: true });
  await checkpoint();
  task.cancel();
  await task.settled();
  assertEquals([task.state, asked, condition.locked], ["cancelled", false, false]);
});

asyncTest(
  "Condition.waitFor() throws the reason of a signal that has fired, also where the predicate holds",
  async () => {
    const condition = new Condition();
    using _ = await condition.acquire();
    const signal = AbortSignal.abort(new Error("given up"));
    await assertRejects(() => condition.waitFor(() => true, { signal }), Error, "given up");
  },
);

asyncTest("Condition.waitFor() awaits what an async predicate tells, with the lock held", async () => {
  const condition = new Condition();
  let stock = 0;
  const log: string[] = [];
  const task = createTask(async () => {
    using _ = await condition.acquire();
    const found: number | false = await condition.waitFor(async () => {
      await sleep(1);
      log.push(`asked at ${stock}, ${condition.locked ? "locked" : "free"}`);
      return stock > 1 && stock;
    });
    return found;
  }, { eager: true });
  for (let i = 0; i < 2; i++) {
    using _ = await condition.acquire();
    stock++;
    condition.notify();
  }
  assertEquals(await task, 2);
  assertEquals(log.at(-1), "asked at 2, locked");
  assert(!condition.locked);
});

asyncTest("Condition.waitFor() throws what an async predicate throws, and when it is cancelled in one", async () => {
  const condition = new Condition();
  using _ = await condition.acquire();
  await assertRejects(() => condition.waitFor(() => Promise.reject(new Error("on purpose"))), Error, "on purpose");
  await assertRejects(() => timeout(1, () => condition.waitFor(() => sleep(60_000, true))), TimeoutError);
  assert(condition.locked);
});

asyncTest("Condition.wait() that is cancelled holds the lock again before it throws", async () => {
  const condition = new Condition();
  const log: string[] = [];
  const task = createTask(async () => {
    using _ = await condition.acquire();
    try {
      await condition.wait();
    } finally {
      log.push(`locked by ${condition.lock.stats().holder}`);
    }
  }, { name: "waiter", eager: true });
  await untilWaiting(condition, 1);
  const guard = await condition.acquire();
  task.cancel();
  await checkpoint();
  task.cancel("again");
  await checkpoint();
  assertEquals(log, []);
  guard.release();
  await task.settled();
  assertEquals([task.state, ...log], ["cancelled", "locked by waiter"]);
  assert(!condition.locked);
});

asyncTest("Condition.wait() gives up with the reason of its signal, with the lock held", async () => {
  const condition = new Condition();
  const controller = new AbortController();
  const reason = new Error("enough");
  using _ = await condition.acquire();
  const waiting = condition.wait({ signal: controller.signal });
  controller.abort(reason);
  assertEquals(await waiting.catch((error) => error), reason);
  assert(condition.locked);
});

for (const when of ["before it wakes", "while it waits for the lock"]) {
  for (const order of ["notify, cancel", "cancel, notify"]) {
    Deno.test(`Condition.notify() reaches another when the first is cancelled ${when}, ${order}`, async () => {
      const condition = new Condition();
      const log: number[] = [];
      const tasks = waiters(condition, 3, log);
      await untilWaiting(condition, 3);
      const guard = await condition.acquire();
      for (const step of order.split(", ")) {
        step === "notify" ? condition.notify() : tasks[0]!.cancel();
        if (when === "while it waits for the lock") await checkpoint();
      }
      guard.release();
      await tasks[1];
      await checkpoint();
      assertEquals(log, [1]);
      assertEquals([tasks[0]!.state, condition.stats().waiting], ["cancelled", 1]);
      tasks[2]!.cancel();
      await tasks[2]!.settled();
      assert(!condition.locked);
    });
  }
}

asyncTest("Condition.wait() throws, and lets nobody wait, when the lock breaks", async () => {
  const condition = new Condition();
  const tasks = waiters(condition, 2, []);
  await untilWaiting(condition, 2);
  await createTask(async () => {
    await condition.acquire();
    condition.notify();
    await checkpoint();
  });
  for (const task of tasks) await assertRejects(() => task, BrokenLockError);
});

asyncTest("Condition.wait() inside run() leaves its lock one that run() holds", async () => {
  const condition = new Condition();
  const task = createTask(() =>
    condition.run(async () => {
      await condition.wait();
      await assertRejects(() => condition.acquire(), InvalidStateError, "inside its own run()");
      return "done";
    })
  );
  await untilWaiting(condition, 1);
  await condition.run(() => condition.notify());
  assertEquals(await task, "done");
});

asyncTest("Condition may share its lock with others", async () => {
  const lock = new Lock();
  const [notEmpty, notFull] = [new Condition(lock), new Condition(lock)];
  const items: number[] = [];
  const consumer = createTask(async () => {
    const got: number[] = [];
    while (got.length < 4) {
      using _ = await lock.acquire();
      await notEmpty.waitFor(() => items.length > 0);
      got.push(items.shift()!);
      notFull.notify();
    }
    return got;
  });
  for (let i = 0; i < 4; i++) {
    using _ = await lock.acquire();
    await notFull.waitFor(() => items.length === 0);
    items.push(i);
    notEmpty.notify();
  }
  assertEquals(await consumer, [0, 1, 2, 3]);
});

asyncTest("Condition.notify() rejects what is no count", async () => {
  const condition = new Condition();
  using _ = await condition.acquire();
  for (const count of [-1, 0.5, NaN]) assertThrows(() => condition.notify(count), RangeError);
});
