import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  BrokenLockError,
  checkpoint,
  Condition,
  createTask,
  deadlockReport,
  gather,
  type Guard,
  InvalidStateError,
  Lock,
  mapConcurrent,
  race,
  Semaphore,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
} from "../../mod.ts";
import { startDebug } from "../../lib/tasks/debug.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** Every way to have another task fetch a guard. */
const WAYS: Record<string, (acquire: () => Promise<Guard>) => Promise<Guard>> = {
  "createTask()": (acquire) => createTask(acquire),
  "createTask() that is awaited later": async (acquire) => {
    const task = createTask(acquire);
    await sleep(1);
    return task;
  },
  "tasks in tasks": (acquire) => createTask(() => createTask(() => createTask(acquire))),
  "gather()": async (acquire) => (await gather(acquire))[0],
  "gather() in gather()": async (acquire) => (await gather(() => gather(acquire)))[0][0],
  "race()": (acquire) => race(acquire, () => sleep(Infinity).then(acquire)),
  "timeout()": (acquire) => timeout(60_000, () => createTask(acquire)),
  "shield()": (acquire) => shield(() => createTask(acquire)),
  "taskGroup()": async (acquire) => (await taskGroup((group) => group.createTask(acquire)))!,
  "mapConcurrent()": async (acquire) => {
    for await (const guard of mapConcurrent([0], acquire, { concurrency: 1 })) return guard;
    throw new Error("not reached");
  },
  "an object": async (acquire) => (await createTask(async () => ({ guard: await acquire() }))).guard,
  "a closure": async (acquire) => {
    const release = await createTask(async () => {
      const guard = await acquire();
      return () => guard.release();
    });
    return { release, [Symbol.dispose]: release };
  },
  "a stack of disposables": async (acquire) => {
    const stack = await createTask(async () => {
      using stack = new DisposableStack();
      stack.use(await acquire());
      return stack.move();
    });
    return { release: () => stack.dispose(), [Symbol.dispose]: () => stack.dispose() };
  },
};

for (const [way, fetch] of Object.entries(WAYS)) {
  asyncTest(`Lock that is held by a guard from ${way} is kept from others, and released by it`, async () => {
    for (const come of ["before the other task ends", "later"]) {
      const lock = new Lock();
      const log: string[] = [];
      const first = await lock.acquire();
      const holder = createTask(async () => {
        const guard = await fetch(() => lock.acquire());
        log.push("fetched");
        await sleep(10);
        log.push("released");
        guard.release();
      }, { eager: true, name: "holder" });
      await checkpoint();
      await checkpoint();
      const next = createTask(async () => {
        if (come === "later") await sleep(5);
        using _ = await lock.acquire();
        log.push("next");
      }, { eager: true });
      first.release();
      await sleep(6);
      assertEquals(lock.stats().holder, "holder");
      await gather(holder, next);
      assertEquals([come, ...log], [come, "fetched", "released", "next"]);
      assert(!lock.locked);
    }
  });
}

asyncTest("Lock that was handed on may be released by the task it was handed to, and by no other", async () => {
  const lock = new Lock({ name: "till" });
  await createTask(async () => {
    await createTask(() => lock.acquire());
    await createTask(() => assertThrows(() => lock.release(), InvalidStateError, 'is task "owner"'));
    lock.release();
  }, { name: "owner" });
  assert(!lock.locked);
});

asyncTest("Lock that was handed on breaks when the task it was handed to ends without releasing it", async () => {
  for (const come of ["before", "after"]) {
    const lock = new Lock();
    const holder = createTask(async () => {
      await gather(() => lock.acquire());
      await sleep(5);
    }, { name: "forgetful" });
    if (come === "after") await holder;
    else await sleep(1);
    await assertRejects(() => lock.acquire(), BrokenLockError, 'task "forgetful" has ended without releasing it');
  }
});

asyncTest(
  "Lock is not handed on by a task that gives what can have no guard in it, fails, or is cancelled",
  async () => {
    const ends: (() => unknown)[] = [
      () => {},
      () => null,
      () => "done",
      () => 1,
      () => Promise.reject(new Error("on purpose")),
      () => sleep(60_000),
    ];
    for (const end of ends) {
      for (const come of ["before", "after"]) {
        const lock = new Lock();
        const holder = createTask(async () => {
          await lock.acquire();
          await sleep(1);
          return end();
        }, { name: "forgetful", eager: true });
        holder.catch(() => {});
        const waiting = come === "before" ? lock.acquire() : null;
        waiting?.catch(() => {});
        await sleep(2);
        holder.cancel();
        await holder.settled();
        await assertRejects(() => waiting ?? lock.acquire(), BrokenLockError, "forgetful");
      }
    }
  },
);

asyncTest(
  "Lock that is handed on while others wait breaks for them when its new holder ends without releasing it",
  async () => {
    const lock = new Lock();
    createTask(async () => {
      await gather(async () => {
        const guard = await lock.acquire();
        await sleep(5);
        return guard;
      });
      await sleep(5);
    }, { name: "forgetful", eager: true });
    await sleep(1);
    await assertRejects(() => lock.acquire(), BrokenLockError, 'task "forgetful" has ended without releasing it');
  },
);

asyncTest("Lock that passes to a second holder breaks when that one ends without releasing it", async () => {
  const lock = new Lock();
  const guard = await lock.acquire();
  const second = createTask(async () => {
    await lock.acquire();
    await sleep(5);
  }, { name: "second", eager: true });
  const third = createTask(() => lock.acquire(), { eager: true });
  guard.release();
  await assertRejects(() => third, BrokenLockError, 'task "second"');
  assertEquals(second.state, "done");
});

asyncTest("Condition counts the lock as held by the task that a guard was handed to", async () => {
  const condition = new Condition();
  const log: string[] = [];
  const waiting = createTask(async () => {
    const [guard] = await gather(() => condition.acquire());
    await condition.wait();
    log.push(`held by ${condition.lock.stats().holder}`);
    guard.release();
  }, { name: "waiting" });
  while (condition.stats().waiting === 0) await checkpoint();
  await createTask(async () => {
    using _ = await createTask(() => condition.acquire());
    condition.notify();
  });
  await waiting;
  assertEquals(log, ["held by waiting"]);
  assert(!condition.locked);
});

asyncTest("Condition.wait() holds the lock again as before, so it breaks with that task", async () => {
  const condition = new Condition();
  const holder = createTask(async () => {
    await condition.acquire();
    await condition.wait();
    await sleep(5);
  }, { name: "forgetful", eager: true });
  await checkpoint();
  const guard = await condition.acquire();
  condition.notify();
  await checkpoint();
  // Behind the one that was notified, which thereby holds the lock while somebody waits.
  const next = createTask(() => condition.acquire(), { eager: true });
  guard.release();
  await assertRejects(() => next, BrokenLockError, 'task "forgetful"');
  assertEquals(holder.state, "done");
});

asyncTest("deadlockReport() takes nobody for a holder who has given back all permits", async () => {
  const stopDebug = startDebug();
  try {
    const semaphore = new Semaphore(2);
    const former = [1, 2].map((weight) =>
      createTask(async () => {
        (await semaphore.acquire({ weight })).release();
        await sleep(60_000);
      }, { eager: true })
    );
    await sleep(1);
    const holder: Task<void> = createTask(async () => {
      using _ = await semaphore.acquire({ weight: 2 });
      await sleep(1);
      await waiter;
    }, { name: "holder" });
    const waiter: Task<void> = createTask(async () => {
      await sleep(1);
      using _ = await semaphore.acquire();
    }, { name: "waiter" });
    await sleep(5);
    assertStringIncludes(String(deadlockReport()), "Deadlock: 2 tasks wait for one another:");
    for (const task of [holder, waiter, ...former]) task.cancel();
    await gather([holder, waiter, ...former].map((task) => task.settled()));
  } finally {
    stopDebug();
  }
});

asyncTest("deadlockReport() names the task that a permit was handed to", async () => {
  const stopDebug = startDebug();
  try {
    const permits = [0, 1].map(() => new Semaphore(1));
    const tasks = [0, 1].map((i) =>
      createTask(async () => {
        using _own = await createTask(() => permits[i]!.acquire());
        await sleep(1);
        using _other = await permits[1 - i]!.acquire();
      }, { name: `user-${i}` })
    );
    await sleep(5);
    const report = deadlockReport()!;
    assertStringIncludes(report, "Deadlock: 2 tasks wait for one another:");
    assertStringIncludes(report, 'held by task "user-1"');
    for (const task of tasks) task.cancel();
    await gather(tasks.map((task) => task.settled()));
    // What was given back is forgotten.
    using _ = await permits[0]!.acquire();
    const waiting = createTask(() => permits[0]!.acquire(), { eager: true });
    assertEquals(deadlockReport(), undefined);
    waiting.cancel();
    await waiting.settled();
  } finally {
    stopDebug();
  }
});
