// A hundred thousand random operations, ten thousand of them cancelled while they wait, in whatever turn that hits them.
// They take their time, a second or so each, as rare orders of events only come up among many.
import { assert, assertEquals } from "@std/assert";
import {
  BoundedSemaphore,
  checkpoint,
  Condition,
  createTask,
  isCancelled,
  Lock,
  PriorityQueue,
  Queue,
  type Task,
} from "../../mod.ts";
import type { Random } from "../../lib/testing/random.ts";
import { take, withSeed } from "./random.ts";

const OPERATIONS = 100_000;
const CANCELLED = 10_000;

/** A wait that can be cancelled, by either of the two ways there are. */
interface Pending {
  cancel(): void;
  /** Whether it ended before it could be cancelled. */
  settled: boolean;
}

/** What became of all the waits. */
class Tally {
  readonly pending: Pending[] = [];
  readonly ends: Promise<void>[] = [];
  started = 0;
  succeeded = 0;
  cancelled = 0;

  /** Start a wait in a task of its own, or with a signal of its own. */
  start<T>(random: Random, wait: (signal?: AbortSignal) => Promise<T>, onValue: (value: T) => void): void {
    this.started++;
    let promise: Promise<T>;
    let cancel: () => void;
    if (random.below(2) === 0) {
      const task: Task<T> = createTask(() => wait(), { eager: random.below(2) === 0 });
      promise = task;
      cancel = () => task.cancel();
    } else {
      const controller = new AbortController();
      promise = wait(controller.signal);
      cancel = () => controller.abort();
    }
    const pending: Pending = { cancel, settled: false };
    this.pending.push(pending);
    this.ends.push(promise.then((value) => {
      pending.settled = true;
      this.succeeded++;
      onValue(value);
    }, (error) => {
      pending.settled = true;
      // An aborted signal gives its own reason, a cancelled task a CancelledError.
      assert(isCancelled(error) || error.name === "AbortError", String(error));
      this.cancelled++;
    }));
  }

  /** Cancel one that still waits. */
  cancelOne(random: Random): void {
    for (let each = take(random, this.pending); each !== undefined; each = take(random, this.pending)) {
      if (!each.settled) return each.cancel();
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.ends);
    assertEquals(this.succeeded + this.cancelled, this.started);
  }
}

Deno.test("Semaphore accounts for every permit and waiter after random cancelling", async () => {
  await withSeed(async (random) => {
    const limit = 7;
    const semaphore = new BoundedSemaphore(limit);
    const tally = new Tally();
    const held: { weight: number; release(): void }[] = [];
    let taken = 0;
    for (let i = 0; i < OPERATIONS || tally.cancelled < CANCELLED; i++) {
      const action = random.below(10);
      if (action < 4) {
        const weight = 1 + random.below(limit);
        tally.start(random, (signal) => semaphore.acquire({ weight, signal }), (guard) => {
          taken += weight;
          assert(taken <= limit, `${taken} of ${limit} permits were taken`);
          held.push({ weight, release: () => guard.release() });
        });
      } else if (action < 7) {
        const one = take(random, held);
        if (one !== undefined) {
          taken -= one.weight;
          one.release();
        }
      } else if (action < 9) tally.cancelOne(random);
      else if (random.below(4) === 0) await checkpoint();
      else await null;
    }
    while (semaphore.stats().waiting > 0 || held.length > 0) {
      for (const { weight, release } of held.splice(0)) {
        taken -= weight;
        release();
      }
      await checkpoint();
    }
    await tally.end();
    assertEquals([taken, held.length, semaphore.value, semaphore.stats().waiting], [0, 0, limit, 0]);
  });
});

Deno.test("Lock and Condition account for every holder and notification after random cancelling", async () => {
  await withSeed(async (random) => {
    const condition = new Condition(new Lock());
    const tasks: Task<void>[] = [];
    const running: Task<void>[] = [];
    let inside = 0;
    let notified = 0;
    let woken = 0;
    let cancelled = 0;
    async function critical(waits: boolean): Promise<void> {
      using _ = await condition.acquire();
      assertEquals(++inside, 1);
      try {
        if (waits) {
          inside--;
          try {
            await condition.wait();
            woken++;
          } finally {
            assertEquals(++inside, 1);
          }
        } else {
          const before = condition.stats().waiting;
          condition.notify();
          notified += before - condition.stats().waiting;
          if (random.below(2) === 0) await checkpoint();
        }
      } finally {
        inside--;
      }
    }
    for (let i = 0; i < OPERATIONS || cancelled < CANCELLED; i++) {
      const action = random.below(10);
      if (action < 5) {
        const task = createTask(() => critical(action < 3), { eager: random.below(2) === 0 });
        tasks.push(task);
        running.push(task);
      } else if (action < 8) take(random, running)?.cancel() && cancelled++;
      else if (random.below(4) === 0) await checkpoint();
      else await null;
    }
    // Some that are still on their way to the lock are yet to wait.
    let left = tasks.length;
    for (const task of tasks) task.onDone(() => left--);
    while (left > 0) {
      await condition.run(() => {
        notified += condition.stats().waiting;
        condition.notifyAll();
      });
      await checkpoint();
    }
    const ends = await Promise.all(tasks.map((task) => task.settled()));
    for (const end of ends) if (end.status === "rejected") assert(isCancelled(end.reason), String(end.reason));
    // A notification that hits one who is cancelled is passed on, or has nobody left to go to.
    assert(woken <= notified, `${woken} were woken by ${notified} notifications`);
    assertEquals([inside, condition.locked, condition.stats().waiting, condition.lock.stats().waiting], [
      0,
      false,
      0,
      0,
    ]);
  });
});

for (const kind of ["Queue", "PriorityQueue"]) {
  Deno.test(`${kind} accounts for every item and waiter after random cancelling`, async () => {
    await withSeed(async (random) => {
      const queue = kind === "Queue" ? new Queue<number>(5) : new PriorityQueue<number>(5);
      const tally = new Tally();
      const accepted: number[] = [];
      const received: number[] = [];
      for (let i = 0; i < OPERATIONS || tally.cancelled < CANCELLED; i++) {
        const action = random.below(14);
        if (action < 3) tally.start(random, (signal) => queue.put(i, { signal }), () => accepted.push(i));
        else if (action < 6) tally.start(random, (signal) => queue.get({ signal }), (item) => received.push(item));
        else if (action === 6) queue.tryPut(i) && accepted.push(i);
        else if (action === 7) received.push(...[queue.tryGet()].filter((item) => item !== undefined));
        else if (action < 13) tally.cancelOne(random);
        else if (random.below(4) === 0) await checkpoint();
        else await null;
      }
      // A tryGet or tryPut may fall on the very moment in which nothing is there, so both ends are tried.
      await checkpoint();
      while (queue.stats().getting > 0 || queue.stats().putting > 0 || queue.size > 0) {
        if (queue.stats().getting > 0) queue.tryPut(-1) && accepted.push(-1);
        else received.push(queue.tryGet()!);
        await checkpoint();
      }
      await tally.end();
      const { size, getting, putting, unfinished } = queue.stats();
      assertEquals([size, getting, putting, unfinished], [0, 0, 0, accepted.length]);
      assertEquals(received.toSorted((a, b) => a - b), accepted.toSorted((a, b) => a - b));
    });
  });
}
