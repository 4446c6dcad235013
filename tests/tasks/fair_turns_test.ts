import { assert, assertEquals } from "@std/assert";
import {
  asCompleted,
  Barrier,
  bind,
  cancellable,
  checkpoint,
  Condition,
  createTask,
  Event,
  gather,
  Lock,
  mapConcurrent,
  moveOnAfter,
  outside,
  Queue,
  race,
  runInWorker,
  Semaphore,
  shield,
  sleep,
  taskGroup,
  timeout,
  timeoutAt,
  wait,
} from "@asyncio/toolkit";
import { asyncTest } from "@asyncio/toolkit/testing";

const aborted = AbortSignal.abort(new Error("aborted"));
const shutDown = new Queue();
shutDown.shutdown();
const set = new Event();
set.set();
const broken = new Barrier(2);
broken.abort();
const settled = Promise.resolve();
const ended = cancellable((async function* () {})());
const throwing = {
  [Symbol.iterator](): Iterator<number> {
    throw new Error("no iterator");
  },
};

/** Waits that are over at once wherever they stand. */
const OVER_AT_ONCE: Record<string, () => unknown> = {
  "asCompleted()": () => exhaust(asCompleted([() => 1])),
  "asCompleted() of a promise": () => exhaust(asCompleted([settled])),
  "barrier.wait()": () => new Barrier(1).wait(),
  "barrier.wait() when it is broken": () => broken.wait(),
  "bind()": bind(async () => {}),
  "cancellable()": () => cancellable(settled),
  "cancellable() of a source that has ended": () => ended.next(),
  "condition.wait() without the lock": () => new Condition().wait(),
  "condition.waitFor() without the lock": () => new Condition().waitFor(() => true),
  "condition.waitFor() of what holds": () => changed.waitFor(() => true),
  "condition.waitFor() of what throws": () => changed.waitFor(() => nothing!.held),
  "createTask()": () => createTask(() => 1),
  "createTask() of an eager one": () => createTask(() => 1, { eager: true }),
  "event.wait()": () => set.wait(),
  "gather()": () => gather(() => 1),
  "gather() of a function that fails": () => gather(() => Promise.reject(new Error())),
  "gather() of nothing": () => gather(),
  "gather() of promises": () => gather(settled),
  "lock.acquire()": async () => (await lock.acquire()).release(),
  "lock.run()": () => lock.run(() => 1),
  "mapConcurrent()": () => exhaust(mapConcurrent([1], () => 1, { concurrency: 1 })),
  "mapConcurrent() of nothing": () => exhaust(mapConcurrent([], () => 1, { concurrency: 1 })),
  "mapConcurrent() of a source that throws at once": () =>
    exhaust(mapConcurrent(throwing, () => 1, { concurrency: 1 })),
  "mapConcurrent() with a signal that has fired": () =>
    exhaust(mapConcurrent([1], () => 1, { concurrency: 1, signal: aborted })),
  "mapConcurrent() with room to spare": () => exhaust(mapConcurrent([1, 2], () => 1, { concurrency: 3 })),
  "moveOnAfter()": () => moveOnAfter(60_000, () => 1),
  "moveOnAfter() of a wrong time": () => moveOnAfter(-1, () => 1),
  "lock.run() of no function": () => lock.run(undefined as unknown as () => void),
  "outside()": () => outside(async () => {}),
  "queue.get() when it is shut down": () => shutDown.get(),
  "queue.put() and queue.get()": () => Promise.all([queue.put(1), queue.get()]),
  "queue.put() when it is shut down": () => shutDown.put(1),
  "race()": () => race(() => 1),
  "race() of nothing": () => race(),
  "race() of a promise": () => race(settled),
  "semaphore.acquire()": async () => (await semaphore.acquire()).release(),
  "semaphore.acquire() of a wrong weight": () => semaphore.acquire({ weight: -1 }),
  "shield() of no function": () => shield(undefined as unknown as () => void),
  "shield()": () => shield(() => 1),
  "sleep() with a signal that has fired": () => sleep(1, undefined, { signal: aborted }),
  "sleep() of a wrong time": () => sleep(-1),
  "taskGroup() of no function": () => taskGroup(undefined as unknown as () => void),
  "taskGroup()": () => taskGroup(() => 1),
  "timeout()": () => timeout(60_000, () => 1),
  "timeout() of a wrong time": () => timeout(-1, () => 1),
  "timeout() of no function": () => timeout(1, undefined as unknown as () => void),
  "timeoutAt() of no moment": () => timeoutAt(NaN, () => 1),
  "wait()": () => wait([settled]),
  "wait() for nothing": () => wait([]),
};
const lock = new Lock();
const semaphore = new Semaphore(1);
const queue = new Queue();
const nothing = undefined as { held: boolean } | undefined;
const changed = new Condition();
// Held by code outside of all tasks, so by the loops that run there.
await changed.acquire();

/** Waits that a cancelled scope refuses. */
const REFUSED: Record<string, () => unknown> = {
  ...OVER_AT_ONCE,
  "checkpoint()": () => checkpoint(),
  "condition.wait()": () => new Condition().run((_) => 1),
  "group.start()": () => taskGroup((group) => group.start((ready) => ready(1))),
  "loop over a queue": () => exhaust(queue),
  "queue.get()": () => queue.get(),
  "runInWorker()": () => runInWorker(() => 1),
  "sleep()": () => sleep(1),
};

/** Far more than a few milliseconds' worth of any of them. */
const FROZEN = 300_000;

async function exhaust(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}

/** Do it again and again, whatever it throws. Tells whether a timer of the platform got its turn meanwhile. */
async function letsTimersFire(waiting: () => unknown): Promise<boolean> {
  let fired = false;
  const timer = setTimeout(() => fired = true, 0);
  for (let i = 0; i < FROZEN && !fired; i++) {
    try {
      await waiting();
    } catch {
      // As a loop does that must not end, whatever comes.
    }
  }
  clearTimeout(timer);
  return fired;
}

for (const [name, waiting] of Object.entries(OVER_AT_ONCE)) {
  Deno.test(`${name} in a loop lets timers fire`, async () => {
    assert(await letsTimersFire(waiting));
  });
}

for (const [name, waiting] of Object.entries(REFUSED)) {
  Deno.test(`${name} in a loop that swallows its cancellation lets timers fire`, async () => {
    const task = createTask(() => letsTimersFire(waiting), { eager: true });
    task.cancel();
    assert(await task);
  });
}

Deno.test("Queue.put() and Queue.get() of two tasks that never wait for anything else let timers fire", async () => {
  const queue = new Queue<number>(1);
  const consumer = createTask(async () => {
    for await (const _ of queue);
  });
  assert(await letsTimersFire(() => queue.put(1)));
  queue.shutdown();
  await consumer;
});

Deno.test("Event.set() that hands over between two tasks for ever lets timers fire", async () => {
  let [ping, pong] = [new Event(), new Event()];
  const other = createTask(async () => {
    for (;;) {
      await ping.wait();
      ping = new Event();
      pong.set();
    }
  });
  assert(
    await letsTimersFire(async () => {
      pong = new Event();
      ping.set();
      await pong.wait();
    }),
  );
  other.cancel();
  await other.settled();
});

Deno.test("Lock.acquire() stays in order where the event loop has its turn in between", async () => {
  const lock = new Lock();
  const order: number[] = [];
  let fired = false;
  const timer = setTimeout(() => fired = true, 0);
  await gather(Array.from({ length: 3 }, (_, n) => async () => {
    for (let i = 0; i < FROZEN && !fired; i++) {
      using _ = await lock.acquire();
      order.push(n);
    }
  }));
  clearTimeout(timer);
  assertEquals(order.slice(0, -3).filter((n, at) => n !== at % 3), []);
});

asyncTest("a loop that swallows its cancellation lets virtual time pass", async () => {
  const queue = new Queue();
  let rounds = 0;
  const task = createTask(async () => {
    for (; rounds < 10 * FROZEN; rounds++) await queue.get().catch(() => {});
  }, { eager: true });
  const ended = createTask(async () => {
    await sleep(1);
    const after = rounds;
    rounds = 10 * FROZEN;
    return after;
  }, { eager: true });
  task.cancel();
  assert(await ended < 10 * FROZEN);
  await task;
});
