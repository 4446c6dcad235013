import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BrokenLockError,
  checkpoint,
  createTask,
  gather,
  type Guard,
  InvalidStateError,
  isCancelled,
  Lock,
  sleep,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("Lock.acquire() serves waiters in order", async () => {
  const lock = new Lock();
  const order: number[] = [];
  const first = await lock.acquire();
  const waiters = [1, 2, 3].map(async (id) => {
    using _ = await lock.acquire();
    order.push(id);
    await checkpoint();
  });
  first.release();
  await Promise.all(waiters);
  assertEquals(order, [1, 2, 3]);
  assert(!lock.locked);
});

asyncTest("Lock lets one in at a time", async () => {
  const lock = new Lock();
  let inside = 0;
  await gather(Array.from({ length: 20 }, () => async () => {
    for (let round = 0; round < 5; round++) {
      using _ = await lock.acquire();
      assertEquals(++inside, 1);
      await checkpoint();
      inside--;
    }
  }));
});

asyncTest("Lock.tryAcquire() says no while the lock is on its way to a waiter", async () => {
  const lock = new Lock();
  const guard = await lock.acquire();
  const waiting = lock.acquire();
  guard.release();
  assertEquals(lock.tryAcquire(), undefined);
  (await waiting).release();
  lock.tryAcquire()!.release();
  assert(!lock.locked);
});

asyncTest("Lock.acquire() is a checkpoint, also when the lock is free", async () => {
  const lock = new Lock();
  const task = createTask(async () => {
    task.cancel();
    await lock.acquire();
  });
  await task.settled();
  assertEquals(task.state, "cancelled");
  assert(!lock.locked);
});

asyncTest("Lock.acquire() that is cancelled leaves its place to the next", async () => {
  const lock = new Lock();
  const guard = await lock.acquire();
  const first = createTask(() => lock.run(() => "first"), { eager: true });
  const second = createTask(() => lock.run(() => "second"), { eager: true });
  first.cancel();
  guard.release();
  assertEquals(await second, "second");
  assertEquals(first.state, "cancelled");
});

for (const order of ["release, cancel", "cancel, release"]) {
  Deno.test(`Lock ends free and acquirable after ${order} in one turn`, async () => {
    const lock = new Lock();
    const guard = await lock.acquire();
    const head = createTask(() => lock.run(() => "head"), { eager: true });
    const next = createTask(() => lock.run(() => "next"), { eager: true });
    for (const step of order.split(", ")) step === "release" ? guard.release() : head.cancel();
    assertEquals(await next, "next");
    await head.settled();
    assert(!lock.locked);
    using _ = await lock.acquire();
  });
}

asyncTest("Lock that was granted stays granted when its taker is cancelled in the same turn", async () => {
  const lock = new Lock();
  const guard = await lock.acquire();
  const task = createTask(async () => {
    using _ = await lock.acquire();
    assert(lock.locked);
    await checkpoint();
  }, { eager: true });
  guard.release();
  task.cancel();
  await task.settled();
  assertEquals(task.state, "cancelled");
  assert(!lock.locked);
});

asyncTest("Lock.acquire() gives up with the reason of its signal", async () => {
  const lock = new Lock();
  using _ = await lock.acquire();
  const controller = new AbortController();
  const waiting = lock.acquire({ signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals(await waiting.catch((error) => error), reason);
  assertEquals(lock.stats().waiting, 0);
  assertEquals(await lock.acquire({ signal: controller.signal }).catch((error) => error), reason);
});

asyncTest("Lock.acquire() inside timeout() belongs to the task around it", async () => {
  const lock = new Lock();
  await createTask(async () => {
    await timeout(1000, () => lock.acquire());
    assert(lock.locked);
    lock.release();
  });
  using _ = await lock.acquire();
  await assertRejects(() => timeout(1, () => lock.acquire()), TimeoutError);
  assertEquals(lock.stats().waiting, 0);
});

Deno.test("Lock.release() throws when nobody holds the lock", () => {
  assertThrows(() => new Lock({ name: "till" }).release(), InvalidStateError, 'nobody holds lock "till"');
});

Deno.test("Lock.release() throws when another task holds the lock", async () => {
  const lock = new Lock({ name: "till" });
  const holder = createTask(() => lock.run(() => sleep(60_000)), { name: "holder", eager: true });
  await checkpoint();
  await createTask(() => {
    assertThrows(
      () => lock.release(),
      InvalidStateError,
      'task "thief" does not hold lock "till": current holder is task "holder"',
    );
  }, { name: "thief" });
  assertThrows(() => lock.release(), InvalidStateError, "code outside of all tasks");
  holder.cancel();
  await holder.settled();
});

asyncTest("Lock guard disposed of twice releases once", async () => {
  const lock = new Lock();
  const guard = await lock.acquire();
  guard.release();
  using _ = await lock.acquire();
  guard.release();
  guard[Symbol.dispose]();
  assert(lock.locked);
});

asyncTest("Lock guard does nothing after lock.release()", async () => {
  const lock = new Lock();
  const other = createTask(async () => {
    {
      using _ = await lock.acquire();
      lock.release();
      assert(!lock.locked);
      lock.tryAcquire();
    }
    assert(lock.locked);
    lock.release();
  });
  await other;
});

asyncTest("Lock breaks for those who wait when its holder ends without releasing it", async () => {
  const lock = new Lock({ name: "till" });
  const holder = createTask(async () => {
    await lock.acquire();
    await checkpoint();
    await checkpoint();
  }, { name: "forgetful", eager: true });
  const waiting = [1, 2].map(() => createTask(() => lock.acquire(), { eager: true }));
  for (const each of waiting) {
    await assertRejects(
      () => each,
      BrokenLockError,
      'Cannot acquire lock "till" as task "forgetful" has ended without releasing it',
    );
  }
  assertEquals(holder.state, "done");
});

asyncTest("Lock breaks also when its holder is cancelled, or fails", async () => {
  for (const end of ["cancel", "fail"]) {
    const lock = new Lock();
    const holder = createTask(async () => {
      await lock.acquire();
      await checkpoint();
      if (end === "fail") throw new Error("on purpose");
      await sleep(60_000);
    }, { eager: true });
    holder.catch(() => {});
    const waiting = createTask(() => lock.acquire(), { eager: true });
    if (end === "cancel") holder.cancel();
    await assertRejects(() => waiting, BrokenLockError);
  }
});

asyncTest("Lock that is broken breaks for those who come later, until its guard is disposed of", async () => {
  const lock = new Lock();
  let guard: Guard | undefined;
  await createTask(async () => void (guard = await lock.acquire()));
  await assertRejects(() => lock.acquire(), BrokenLockError);
  assertEquals(lock.tryAcquire(), undefined);
  guard!.release();
  using _ = await lock.acquire();
});

asyncTest("Lock lets two calls of one task take turns", async () => {
  const lock = new Lock();
  const log: string[] = [];
  async function work(name: string) {
    for (let round = 0; round < 2; round++) {
      using _ = await lock.acquire();
      log.push(`${name} in`);
      await checkpoint();
      log.push(`${name} out`);
    }
  }
  await createTask(() => Promise.all([work("a"), work("b")]));
  assertEquals(log, ["a in", "a out", "b in", "b out", "a in", "a out", "b in", "b out"]);
});

asyncTest("Lock.run() inside run() of the same lock throws instead of waiting for itself", async () => {
  const lock = new Lock({ name: "till" });
  await lock.run(async () => {
    await assertRejects(() => lock.run(() => {}), InvalidStateError, "it would wait for itself");
    await assertRejects(() => gather(() => lock.acquire()), InvalidStateError, "it would wait for itself");
  });
  assert(!lock.locked);
});

asyncTest(
  "Lock.acquire() inside run() waits its turn once the function has released the lock, and others hold it",
  async () => {
    const lock = new Lock();
    const order: string[] = [];
    await lock.run(async () => {
      lock.release();
      const other = createTask(async () => {
        using _ = await lock.acquire();
        await sleep(1);
        order.push("other");
      }, { eager: true });
      using _ = await lock.acquire();
      order.push("inside");
      await other;
    });
    assertEquals(order, ["other", "inside"]);
    assert(!lock.locked);
  },
);

asyncTest("Lock.run() releases the lock when the function throws", async () => {
  const lock = new Lock();
  await assertRejects(() => lock.run(() => Promise.reject(new Error("on purpose"))), Error, "on purpose");
  assert(!lock.locked);
});

asyncTest("Lock.run() holds the lock until all that the function started has ended", async () => {
  const lock = new Lock();
  await lock.run(() => {
    createTask(async () => {
      try {
        await sleep(60_000);
      } finally {
        assert(lock.locked);
      }
    }, { eager: true });
  });
  assert(!lock.locked);
});

asyncTest("Lock.run() rejects what is no function", async () => {
  await assertRejects(() => new Lock().run("x" as never), TypeError, "a function is needed");
});

asyncTest("Lock.stats() tells the holder, who waits, and the peak", async () => {
  const lock = new Lock();
  assertEquals(lock.stats(), { holder: undefined, waiting: 0, peak: 0 });
  const holder = createTask(() => lock.run(() => checkpoint()), { name: "holder", eager: true });
  const waiting = [1, 2].map(() => createTask(() => lock.run(() => {}), { eager: true }));
  assertEquals(lock.stats(), { holder: "holder", waiting: 2, peak: 2 });
  await gather(holder, ...waiting);
  assertEquals(lock.stats(), { holder: undefined, waiting: 0, peak: 2 });
});

asyncTest("Lock.acquire() that is given up as its task ends is no unhandled rejection", async () => {
  const lock = new Lock();
  using _ = await lock.acquire();
  await createTask(() => void lock.acquire());
  assertEquals(lock.stats().waiting, 0);
  assert(
    isCancelled(await createTask(() => ({ promise: lock.acquire() })).then(({ promise }) => promise).catch((e) => e)),
  );
});
