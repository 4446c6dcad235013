import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BrokenLockError,
  createTask,
  gather,
  InvalidStateError,
  KeyedLock,
  sleep,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { Random } from "../../lib/testing/random.ts";

asyncTest("KeyedLock.run() runs one at a time for a key, and keys side by side", async (clock) => {
  const locks = new KeyedLock<string>();
  const log: string[] = [];
  const work = (key: string, id: number) => () =>
    locks.run(key, async () => {
      await sleep(10);
      log.push(`${key}${id} at ${clock.now()}`);
    });
  await gather([work("a", 1), work("a", 2), work("b", 1), work("a", 3)]);
  assertEquals(log, ["a1 at 10", "b1 at 10", "a2 at 20", "a3 at 30"]);
});

asyncTest("KeyedLock keeps nothing of a key that nobody uses, whatever ended the use", async () => {
  const locks = new KeyedLock<number>();
  for (let key = 0; key < 1_000; key++) await locks.run(key, () => {});
  assertEquals(locks.size, 0);
  await assertRejects(() => locks.run(1, () => Promise.reject(new Error("failed"))), Error, "failed");
  await assertRejects(() => timeout(5, () => locks.run(1, () => sleep(Infinity))), TimeoutError);
  assertEquals(locks.size, 0);
  const guard = await locks.acquire(1);
  const waiting = createTask(() => locks.acquire(1), { eager: true });
  assertEquals([locks.size, locks.stats(1).waiting], [1, 1]);
  waiting.cancel();
  guard.release();
  guard.release();
  assertEquals([locks.size, locks.locked(1), locks.stats(1)], [0, false, { holder: undefined, waiting: 0, peak: 0 }]);
});

asyncTest("KeyedLock: a guard that was released does not release the lock of whoever came after", async () => {
  const locks = new KeyedLock<string>();
  const first = await locks.acquire("a");
  first.release();
  const second = locks.tryAcquire("a")!;
  first.release();
  assert(locks.locked("a"));
  assertEquals(locks.tryAcquire("a"), undefined);
  second.release();
  assertEquals(locks.size, 0);
});

asyncTest("KeyedLock compares keys as a Map does", async () => {
  const locks = new KeyedLock();
  const [one, other] = [{}, {}];
  using _one = await locks.acquire(one);
  using _other = await locks.acquire(other);
  using _nan = await locks.acquire(NaN);
  assert(locks.locked(NaN) && locks.locked(one) && !locks.locked({}));
});

asyncTest("KeyedLock: a key whose task has ended without releasing it is broken, and no other", async () => {
  const locks = new KeyedLock<string>({ name: "accounts" });
  const forgetful = createTask(async () => {
    await locks.acquire("a");
    await sleep(10);
  }, { name: "forgetful", eager: true });
  const message = 'Cannot acquire lock "accounts["a"]" as task "forgetful" has ended without releasing it';
  await assertRejects(() => locks.acquire("a"), BrokenLockError, message);
  await forgetful;
  await assertRejects(() => locks.acquire("a"), BrokenLockError, message);
  (await locks.acquire("b")).release();
});

asyncTest("KeyedLock.run() inside itself throws for the same key alone", async () => {
  const locks = new KeyedLock<string>();
  await locks.run("a", async () => {
    await locks.run("b", () => {});
    await assertRejects(() => locks.run("a", () => {}), InvalidStateError, "wait for itself");
  });
  assertEquals(locks.size, 0);
});

asyncTest("KeyedLock lets one in at a time, whatever is cancelled when", async () => {
  const random = new Random(7);
  const locks = new KeyedLock<number>();
  const inside = new Set<number>();
  let done = 0;
  const tasks = Array.from({ length: 300 }, () => {
    const [key, start] = [random.below(4), random.below(200)];
    return createTask(async () => {
      await sleep(start);
      using _ = await locks.acquire(key);
      assert(!inside.has(key));
      inside.add(key);
      try {
        await sleep(random.below(3));
        done++;
      } finally {
        inside.delete(key);
      }
    });
  });
  for (let i = 0; i < 150; i++) {
    await sleep(random.below(4));
    random.pick(tasks).cancel();
  }
  for (const task of tasks) await task.settled();
  assert(done > 100);
  assertEquals(locks.size, 0);
});
