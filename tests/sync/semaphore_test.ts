import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BoundedSemaphore,
  checkpoint,
  createTask,
  gather,
  type Guard,
  InvalidStateError,
  Semaphore,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("Semaphore.acquire() serves waiters in order", async () => {
  const semaphore = new Semaphore(1);
  const order: number[] = [];
  async function use(id: number) {
    await semaphore.acquire();
    order.push(id);
  }
  await use(1);
  const waiting = [2, 3, 4].map(use);
  for (let i = 0; i < 3; i++) {
    semaphore.release();
    await checkpoint();
  }
  await Promise.all(waiting);
  assertEquals(order, [1, 2, 3, 4]);
});

asyncTest("Semaphore.acquire() of little does not pass one of much that waits", async () => {
  const semaphore = new Semaphore(3);
  const order: string[] = [];
  const one = await semaphore.acquire();
  const big = semaphore.acquire({ weight: 3 }).then((guard) => (order.push("big"), guard));
  const small = semaphore.acquire().then((guard) => (order.push("small"), guard));
  await checkpoint();
  assertEquals(order, []);
  assert(semaphore.locked);
  assertEquals(semaphore.value, 2);
  assertEquals(semaphore.tryAcquire(), undefined);
  one.release();
  (await big).release();
  (await small).release();
  assertEquals(order, ["big", "small"]);
  assertEquals(semaphore.value, 3);
});

asyncTest("Semaphore.acquire() of much that is cancelled lets those behind it go on", async () => {
  const semaphore = new Semaphore(3);
  using _one = await semaphore.acquire();
  const big = createTask(() => semaphore.acquire({ weight: 3 }), { eager: true });
  const small = [1, 2].map(() => semaphore.acquire());
  big.cancel();
  for (const guard of await Promise.all(small)) guard.release();
  assertEquals(semaphore.value, 2);
});

asyncTest("Semaphore.tryAcquire() says no while the permit is on its way to a waiter", async () => {
  const semaphore = new Semaphore(1);
  using guard = await semaphore.acquire();
  const waiting = semaphore.acquire();
  guard.release();
  assertEquals(semaphore.tryAcquire(), undefined);
  (await waiting).release();
  semaphore.tryAcquire()!.release();
  assertEquals(semaphore.value, 1);
});

asyncTest(
  "Semaphore accounts for every permit, whatever the order of release, cancel and acquire in one turn",
  async () => {
    const steps = ["release", "cancel first", "cancel second", "tryAcquire", "acquire"];
    for (const order of permutations(steps)) {
      const semaphore = new Semaphore(1);
      const guard = await semaphore.acquire();
      const guards: Guard[] = [];
      const use = async () => {
        using _ = await semaphore.acquire();
        await checkpoint();
      };
      const first = createTask(use, { eager: true });
      const second = createTask(use, { eager: true });
      const late: Promise<Guard>[] = [];
      for (const step of order) {
        if (step === "release") guard.release();
        if (step === "cancel first") first.cancel();
        if (step === "cancel second") second.cancel();
        if (step === "tryAcquire") guards.push(...[semaphore.tryAcquire()].filter((guard) => guard !== undefined));
        if (step === "acquire") late.push(semaphore.acquire());
      }
      await first.settled();
      await second.settled();
      for (const guard of guards) guard.release();
      for (const guard of await Promise.all(late)) guard.release();
      assertEquals([semaphore.value, semaphore.stats().waiting], [1, 0], order.join(", "));
    }
  },
);

asyncTest("Semaphore.acquire() is a checkpoint, also when permits are free", async () => {
  const semaphore = new Semaphore(1);
  const task = createTask(async () => {
    task.cancel();
    await semaphore.acquire();
  });
  await task.settled();
  assertEquals([task.state, semaphore.value], ["cancelled", 1]);
});

asyncTest("Semaphore.acquire() gives up with its signal and with timeout()", async () => {
  const semaphore = new Semaphore(0);
  const reason = new Error("enough");
  const controller = new AbortController();
  const waiting = semaphore.acquire({ signal: controller.signal });
  controller.abort(reason);
  assertEquals(await waiting.catch((error) => error), reason);
  await assertRejects(() => timeout(1, () => semaphore.acquire()), TimeoutError);
  assertEquals(semaphore.stats(), { value: 0, waiting: 0, peak: 1 });
});

asyncTest("Semaphore guard disposed of twice gives back once", async () => {
  const semaphore = new Semaphore(2);
  {
    using guard = await semaphore.acquire({ weight: 2 });
    guard.release();
    assertEquals(semaphore.value, 2);
  }
  assertEquals(semaphore.value, 2);
});

asyncTest("Semaphore.release() may add permits, from anywhere", async () => {
  const semaphore = new Semaphore(0);
  const waiting = createTask(() => semaphore.acquire({ weight: 2 }), { eager: true });
  semaphore.release();
  assertEquals(semaphore.value, 1);
  await createTask(() => semaphore.release(2));
  await waiting;
  assertEquals(semaphore.value, 1);
});

asyncTest("Semaphore.run() holds permits for as long as the function runs", async () => {
  const semaphore = new Semaphore(2);
  let running = 0;
  let most = 0;
  await gather(Array.from({ length: 6 }, () => () =>
    semaphore.run(async () => {
      most = Math.max(most, ++running);
      await checkpoint();
      running--;
    })));
  assertEquals([most, semaphore.value], [2, 2]);
  await assertRejects(() => semaphore.run(() => Promise.reject(new Error("on purpose")), { weight: 2 }), Error);
  assertEquals(semaphore.value, 2);
});

asyncTest("Semaphore rejects what is no number of permits", async () => {
  for (const value of [-1, 1.5, NaN]) assertThrows(() => new Semaphore(value), RangeError, String(value));
  assertThrows(() => new Semaphore("2" as never), TypeError);
  for (const weight of [0, -1, 0.5, NaN, Infinity]) {
    const semaphore = new Semaphore(3);
    await assertRejects(() => semaphore.acquire({ weight }), RangeError, String(weight));
    assertThrows(() => semaphore.tryAcquire(weight), RangeError);
    assertThrows(() => semaphore.release(weight), RangeError);
    assertEquals(semaphore.value, 3);
  }
});

asyncTest("Semaphore takes a weight by the same word wherever permits are taken or given back", async () => {
  for (const semaphore of [new Semaphore(5), new BoundedSemaphore(5)]) {
    const guard = await semaphore.acquire({ weight: 2 });
    assertEquals(semaphore.value, 3);
    assert(semaphore.tryAcquire({ weight: 3 }) !== undefined);
    assertEquals(semaphore.tryAcquire({ weight: 1 }), undefined);
    semaphore.release({ weight: 3 });
    assertEquals(semaphore.value, 3);
    semaphore.tryAcquire({})!.release();
    assertEquals(semaphore.value, 3);
    guard.release();
    assertEquals(semaphore.value, 5);
    assertThrows(() => semaphore.tryAcquire({ weight: 0.5 }), RangeError, "0.5");
    assertThrows(() => semaphore.release({ weight: -1 }), RangeError, "-1");
    assertThrows(() => semaphore.release(null as never), TypeError, "null");
  }
});

asyncTest("Semaphore refuses to acquire by a bare number, and takes no permit", async () => {
  const semaphore = new Semaphore(3, { name: "seats" });
  const message = 'Cannot acquire semaphore "seats" as the weight must be given as { weight: 2 }: current value is 2';
  await assertRejects(() => semaphore.acquire(2 as never), TypeError, message);
  await assertRejects(() => semaphore.run(() => {}, 2 as never), TypeError, message);
  assertEquals(semaphore.value, 3);
});

asyncTest("Semaphore with infinitely many permits never makes anybody wait", async () => {
  const semaphore = new Semaphore(Infinity);
  const guards = await Promise.all([1, 2, 3].map((weight) => semaphore.acquire({ weight })));
  for (const guard of guards) guard.release();
  assertEquals(semaphore.value, Infinity);
});

asyncTest("BoundedSemaphore.release() throws when more is given back than was taken", async () => {
  const semaphore = new BoundedSemaphore(2, { name: "slots" });
  assertThrows(() => semaphore.release(), InvalidStateError, 'semaphore "slots" by 1');
  const guard = await semaphore.acquire();
  assertThrows(() => semaphore.release(2), InvalidStateError, "current value is 1");
  guard.release();
  assertEquals(semaphore.value, 2);
});

asyncTest("BoundedSemaphore.limit set higher wakes as many as then may go on", async () => {
  const semaphore = new BoundedSemaphore(1);
  let running = 0;
  const tasks = Array.from({ length: 5 }, () =>
    createTask(async () => {
      await semaphore.acquire();
      running++;
    }));
  await checkpoint();
  assertEquals(running, 1);
  semaphore.limit = 4;
  await checkpoint();
  assertEquals(running, 4);
  semaphore.release();
  await gather(tasks);
  assertEquals([running, semaphore.value], [5, 0]);
});

asyncTest("BoundedSemaphore.limit set lower lets those finish who hold permits", async () => {
  const semaphore = new BoundedSemaphore(3);
  const guards = await Promise.all([1, 2, 3].map(() => semaphore.acquire()));
  semaphore.limit = 1;
  const waiting = createTask(() => semaphore.acquire(), { eager: true });
  guards[0]!.release();
  guards[1]!.release();
  await checkpoint();
  assertEquals([semaphore.value, semaphore.stats().waiting], [0, 1]);
  guards[2]!.release();
  await waiting;
  assertEquals([semaphore.limit, semaphore.value], [1, 0]);
});

asyncTest("BoundedSemaphore refuses a weight above its limit at once, and goes on serving others", async () => {
  const semaphore = new BoundedSemaphore(2, { name: "slots" });
  const message = 'Cannot acquire semaphore "slots" as the weight is above its limit of 2: current value is 3';
  await assertRejects(() => semaphore.acquire({ weight: 3 }), RangeError, message);
  await assertRejects(() => semaphore.run(() => {}, { weight: 3 }), RangeError, message);
  assertThrows(() => semaphore.tryAcquire(3), RangeError, message);
  assertEquals(semaphore.stats(), { value: 2, waiting: 0, peak: 0 });
  using _ = await semaphore.acquire({ weight: 2 });
});

asyncTest(
  "BoundedSemaphore.limit set lower refuses those who wait for more than that, and lets others go on",
  async () => {
    const semaphore = new BoundedSemaphore(4);
    const first = await semaphore.acquire({ weight: 3 });
    const tooMuch = [4, 3].map((weight) => createTask(() => semaphore.acquire({ weight }), { eager: true }));
    const enough = [2, 1].map((weight) => createTask(() => semaphore.acquire({ weight }), { eager: true }));
    semaphore.limit = 2;
    for (const task of tooMuch) await assertRejects(() => task, RangeError, "above its limit of 2");
    assertEquals(semaphore.stats().waiting, 2);
    first.release();
    (await enough[0]!).release();
    (await enough[1]!).release();
    assertEquals(semaphore.value, 2);
  },
);

asyncTest("BoundedSemaphore.limit of 0 makes everybody wait, whatever the weight, until it is set again", async () => {
  const semaphore = new BoundedSemaphore(3);
  const before = await semaphore.acquire({ weight: 3 });
  const waiting = [createTask(() => semaphore.acquire({ weight: 3 }), { eager: true })];
  semaphore.limit = 0;
  for (const weight of [2, 1]) waiting.push(createTask(() => semaphore.acquire({ weight }), { eager: true }));
  before.release();
  await checkpoint();
  assertEquals(semaphore.stats().waiting, 3);
  semaphore.limit = 2;
  await assertRejects(() => waiting[0]!, RangeError, "current value is 3");
  (await waiting[1]!).release();
  (await waiting[2]!).release();
  assertEquals(semaphore.value, 2);
});

asyncTest("Semaphore gives whoever wants more than there is what was added, and those behind it the rest", async () => {
  const semaphore = new Semaphore(2);
  const much = createTask(() => semaphore.acquire({ weight: 3 }), { eager: true });
  const little = createTask(() => semaphore.acquire(), { eager: true });
  await checkpoint();
  assertEquals(semaphore.stats().waiting, 2);
  semaphore.release(2);
  await much;
  await little;
  assertEquals(semaphore.value, 0);
});

Deno.test("BoundedSemaphore rejects what is no limit", () => {
  for (const limit of [-1, 0.5, NaN, Infinity]) {
    assertThrows(() => new BoundedSemaphore(limit), RangeError, String(limit));
    assertThrows(() => new BoundedSemaphore(1).limit = limit, RangeError, String(limit));
  }
});

function* permutations<T>(items: T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const item of items) {
    for (const rest of permutations(items.filter((each) => each !== item))) yield [item, ...rest];
  }
}
