import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BrokenLockError,
  checkpoint,
  createTask,
  gather,
  type Guard,
  InvalidStateError,
  ReadWriteLock,
  sleep,
  type Task,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { Random } from "../../lib/testing/random.ts";

/** Start one after the other what reads ("r") or writes ("w") for 10 ms; give when each began. */
async function began(kinds: string, now: () => number): Promise<number[]> {
  const lock = new ReadWriteLock();
  const work = async () => {
    const start = now();
    await sleep(10);
    return start;
  };
  return await gather([...kinds].map((kind) => () => kind === "r" ? lock.read(work) : lock.write(work)));
}

asyncTest(
  "ReadWriteLock lets readers together, writers alone, and all in the order in which they came",
  async (clock) => {
    const cases: [string, number[]][] = [
      ["rrr", [0, 0, 0]],
      ["www", [0, 10, 20]],
      ["rrwrr", [0, 0, 10, 20, 20]],
      ["wrrwr", [0, 10, 10, 20, 30]],
      ["rwrwr", [0, 10, 20, 30, 40]],
    ];
    for (const [kinds, starts] of cases) {
      const base = clock.now();
      assertEquals((await began(kinds, () => clock.now())).map((start) => start - base), starts, kinds);
    }
  },
);

asyncTest("ReadWriteLock: readers that keep coming do not starve a writer, nor writers a reader", async (clock) => {
  for (const [many, one] of [["read", "write"], ["write", "read"]] as const) {
    const lock = new ReadWriteLock();
    const start = clock.now();
    const coming = createTask(async () => {
      for (;;) {
        createTask(() => lock[many](() => sleep(10)));
        await sleep(5);
      }
    }, { eager: true });
    await sleep(7);
    await lock[one](() => {});
    assert(clock.now() - start <= 30, `${one} waited until ${clock.now() - start}`);
    coming.cancel();
    await coming.settled();
  }
});

asyncTest("ReadWriteLock.tryAcquireRead() and tryAcquireWrite() pass nobody", async () => {
  const lock = new ReadWriteLock();
  const read = lock.tryAcquireRead()!;
  lock.tryAcquireRead()!.release();
  assertEquals(lock.tryAcquireWrite(), undefined);
  const waiting = lock.acquireWrite();
  assertEquals(lock.tryAcquireRead(), undefined);
  assertEquals(lock.stats(), { readers: 1, writer: undefined, waiting: 1, peak: 1 });
  read.release();
  read.release();
  const write = await waiting;
  assertEquals([lock.tryAcquireRead(), lock.tryAcquireWrite(), lock.stats().readers], [undefined, undefined, 0]);
  write.release();
  assert(lock.tryAcquireWrite());
});

asyncTest("ReadWriteLock: a writer that gives up lets the readers behind it in at once", async () => {
  const lock = new ReadWriteLock();
  using _reading = await lock.acquireRead();
  const writer = createTask(() => lock.acquireWrite(), { eager: true });
  const reader = lock.acquireRead();
  writer.cancel();
  (await reader).release();
  await assertRejects(() => timeout(5, () => lock.acquireWrite()), TimeoutError);
  assertEquals(lock.stats(), { readers: 1, writer: undefined, waiting: 0, peak: 2 });
});

asyncTest("ReadWriteLock breaks when the task that writes has ended without releasing it", async () => {
  const lock = new ReadWriteLock({ name: "config" });
  const forgetful = createTask(async () => {
    await lock.acquireWrite();
    await sleep(10);
  }, { name: "forgetful", eager: true });
  const waiting = [lock.acquireRead(), lock.acquireWrite()].map((each) => each.catch((error) => error));
  await forgetful;
  const message = 'Cannot acquire lock "config" as task "forgetful" has ended without releasing it';
  for (const error of await Promise.all(waiting)) {
    assertEquals([error.name, error.message], ["BrokenLockError", message]);
  }
  await assertRejects(() => lock.acquireRead(), BrokenLockError, message);
  await assertRejects(() => lock.acquireWrite(), BrokenLockError, message);
});

asyncTest(
  "ReadWriteLock goes on when a task that reads has ended without releasing it, waited for or not",
  async (clock) => {
    const lock = new ReadWriteLock();
    const forget = async () => {
      await lock.acquireRead();
      await sleep(10);
    };
    const forgetful = createTask(forget, { eager: true });
    (await lock.acquireWrite()).release();
    assertEquals(clock.now(), 10);
    await forgetful;
    await createTask(forget);
    (await lock.acquireWrite()).release();
    assertEquals(lock.stats().readers, 0);
  },
);

asyncTest("ReadWriteLock: a guard that is the value of a task belongs to whoever awaits that", async () => {
  const lock = new ReadWriteLock();
  await createTask(async () => {
    const guard: Guard = await createTask(() => lock.acquireWrite());
    const waiting = createTask(() => lock.read(() => "read"));
    await checkpoint();
    guard.release();
    assertEquals(await waiting, "read");
  });
});

asyncTest(
  "ReadWriteLock.read() inside itself goes on although a writer waits; what would wait for itself throws",
  async () => {
    const lock = new ReadWriteLock();
    let writer: Task<string> | undefined;
    await lock.read(async () => {
      writer = createTask(() => lock.write(() => "written"), { eager: true, detached: true });
      assertEquals(await lock.read(() => lock.read(() => "read twice")), "read twice");
      await assertRejects(() => lock.write(() => {}), InvalidStateError, "to write inside its own read()");
    });
    assertEquals(await writer, "written");
    await lock.write(async () => {
      await assertRejects(() => lock.read(() => {}), InvalidStateError, "to read inside its own write()");
      await assertRejects(() => lock.write(() => {}), InvalidStateError, "to write inside its own write()");
    });
  },
);

asyncTest("ReadWriteLock is held right and passed on, whatever is cancelled when", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const lock = new ReadWriteLock();
    let [readers, writers, done] = [0, 0, 0];
    const tasks = Array.from({ length: 60 }, () => {
      const [writes, start, ms] = [random.chance(0.4), random.below(60), random.below(4)];
      return createTask(async () => {
        await sleep(start);
        using _ = await (writes ? lock.acquireWrite() : lock.acquireRead());
        if (writes) writers++;
        else readers++;
        try {
          assert(writers <= 1 && (writers === 0 || readers === 0));
          await sleep(ms);
          done++;
        } finally {
          if (writes) writers--;
          else readers--;
        }
      });
    });
    for (let i = 0; i < 20; i++) {
      await sleep(random.below(4));
      random.pick(tasks).cancel();
    }
    for (const task of tasks) await task.settled();
    assert(tasks.every((task) => task.state !== "failed"), `with seed ${seed}`);
    assert(done >= 40);
    assertEquals(lock.stats(), { readers: 0, writer: undefined, waiting: 0, peak: lock.stats().peak });
    assert(lock.tryAcquireWrite(), `with seed ${seed}`);
  }
});
