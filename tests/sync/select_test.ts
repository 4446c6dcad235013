import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { runInScope } from "../../lib/core/ambient.ts";
import type { Clock } from "../../lib/core/clock.ts";
import { RootScope } from "../../lib/core/scope.ts";
import type { TimerEntry } from "../../lib/core/timer_queue.ts";
import {
  after,
  BoundedSemaphore,
  BrokenLockError,
  CancelledError,
  createTask,
  deadlockReport,
  Event,
  gather,
  type Guard,
  InvalidStateError,
  LifoQueue,
  Lock,
  moveOnAfter,
  PriorityQueue,
  Queue,
  QueueShutDownError,
  select,
  type Selectable,
  Semaphore,
  sleep,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { asyncTest, fuzz } from "../../lib/testing/mod.ts";
import type { Random } from "../../lib/testing/random.ts";
import { startTrace } from "../../lib/trace/mod.ts";
import { turn } from "../core/manual_clock.ts";
import { started } from "../tasks/watch_tasks.ts";
import { take, withSeed } from "./random.ts";

// deno-lint-ignore no-explicit-any -- what the types refuse is refused at run time, too
type Any = any;

/** A thing to choose, of which there is none yet. */
interface Thing {
  readonly each: Selectable;
  /** Let there be one. */
  grant(): void;
  /** How many there are that nobody has taken; not told of what cannot be taken away. */
  left?(): number;
  /** How many wait for it. */
  waiting(): number;
}

/** Whose grants come some microtasks later. */
const LATE = ["a promise", "a task"];

const THINGS: Record<string, () => Thing> = {
  "an item": () => {
    const queue = new Queue<string>();
    return {
      each: queue.gets(),
      grant: () => queue.tryPut("item"),
      left: () => queue.size,
      waiting: () => queue.stats().getting,
    };
  },
  "a place": () => {
    const queue = new PriorityQueue<number>(1);
    queue.tryPut(1);
    return {
      each: queue.puts(2),
      grant: () => queue.tryGet(),
      left: () => 1 - queue.size,
      waiting: () => queue.stats().putting,
    };
  },
  "a permit": () => {
    const semaphore = new Semaphore(0);
    return {
      each: semaphore.acquires(),
      grant: () => semaphore.release(),
      left: () => semaphore.value,
      waiting: () => semaphore.stats().waiting,
    };
  },
  "two permits": () => {
    const semaphore = new BoundedSemaphore(2);
    const guard = semaphore.tryAcquire(2)!;
    return {
      each: semaphore.acquires({ weight: 2 }),
      grant: () => guard.release(),
      left: () => semaphore.value / 2,
      waiting: () => semaphore.stats().waiting,
    };
  },
  "a lock": () => {
    const lock = new Lock();
    const guard = lock.tryAcquire()!;
    return {
      each: lock.acquires(),
      grant: () => guard.release(),
      left: () => lock.locked ? 0 : 1,
      waiting: () => lock.stats().waiting,
    };
  },
  "an event": () => {
    const event = new Event();
    return { each: event.waits(), grant: () => event.set(), waiting: () => event.stats().waiting };
  },
  "a promise": () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { each: promise, grant: resolve, waiting: () => 0 };
  },
  "a task": () => {
    const event = new Event();
    return { each: createTask(() => event.wait(), { eager: true }), grant: () => event.set(), waiting: () => 0 };
  },
};

/** A clock whose timers fire when it is said, in the middle of everything else. */
class SuddenClock implements Clock {
  readonly timers = new Set<TimerEntry>();
  readonly root = new RootScope(null, this);
  credit = 0;

  now(): number {
    return 0;
  }

  at(entry: TimerEntry): void {
    this.timers.add(entry);
  }

  cancel(entry: TimerEntry): void {
    this.timers.delete(entry);
  }

  renewCredit(): boolean {
    return false;
  }

  fireAll(): void {
    for (const timer of [...this.timers]) {
      this.timers.delete(timer);
      timer.fire();
    }
  }
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

type Action = "a" | "b" | "cancel" | "time";
const ACTIONS: readonly Action[] = ["a", "b", "cancel", "time"];

/** Choose between `a`, `b` and a time, with all that may happen in one turn, in the given order. */
async function chooseAmid(order: readonly Action[], nameOfA: string, nameOfB: string): Promise<void> {
  const clock = new SuddenClock();
  const [a, b] = runInScope(clock.root, () => [THINGS[nameOfA]!(), THINGS[nameOfB]!()] as const);
  const task = runInScope(
    clock.root,
    () => createTask(() => select({ a: a.each, b: b.each, time: after(10) }), { eager: true }),
  );
  for (const action of order) {
    if (action === "cancel") task.cancel();
    else if (action === "time") clock.fireAll();
    else (action === "a" ? a : b).grant();
  }
  const { status } = await task.settled();
  const chosen = status === "fulfilled" ? task.result().is : "cancel";
  const late = (action: Action) =>
    action === "a" ? LATE.includes(nameOfA) : action === "b" ? LATE.includes(nameOfB) : false;
  const what = `${nameOfA} and ${nameOfB}: ${order.join(", ")}`;
  // Who comes first is served; a promise tells a little later that it has settled.
  assertEquals(chosen, order.find((action) => !late(action)) ?? order[0], what);
  assertEquals([a.waiting(), b.waiting(), clock.timers.size], [0, 0, 0], what);
  for (const [name, thing] of [["a", a], ["b", b]] as const) {
    if (thing.left !== undefined) assertEquals(thing.left(), chosen === name ? 0 : 1, `left of ${name}, ${what}`);
  }
}

for (const nameOfA of Object.keys(THINGS)) {
  Deno.test(`select() takes exactly one, in every order of one turn, of ${nameOfA} and any other`, async () => {
    for (const nameOfB of Object.keys(THINGS)) {
      for (const order of permutations(ACTIONS)) await chooseAmid(order, nameOfA, nameOfB);
    }
  });
}

for (const [name, make] of Object.entries(THINGS)) {
  asyncTest(`select() takes ${name} that is there, and leaves the others`, async () => {
    const [thing, other, item] = [make(), make(), make()];
    thing.grant();
    await turn();
    assertEquals((await select({ none: other.each, thing: thing.each })).is, "thing");
    item.grant();
    await turn();
    const semaphore = new Semaphore(3);
    const chosen = await select({ item: item.each, permit: semaphore.acquires() });
    assertEquals(semaphore.value, chosen.is === "permit" ? 2 : 3);
    if (item.left !== undefined) assertEquals(item.left(), chosen.is === "item" ? 0 : 1);
    assertEquals([thing, other, item].map((each) => each.waiting()), [0, 0, 0]);
    other.grant();
  });

  asyncTest(`select() whose task has been cancelled does not take ${name}, though it is there`, async () => {
    const thing = make();
    thing.grant();
    await turn();
    const task = createTask(() => select({ thing: thing.each }));
    task.cancel();
    await assertRejects(() => task, CancelledError);
    if (thing.left !== undefined) assertEquals(thing.left(), 1);
  });
}

asyncTest("select() tells which one it was, and its value", async () => {
  const queue = new Queue<string>();
  const stopped = new Event();
  const results: unknown[] = [];
  const choose = () => select({ item: queue.gets(), stop: stopped.waits(), late: after(10) });
  queue.tryPut("first");
  results.push(await choose());
  results.push(await choose());
  const waiting = choose();
  queue.tryPut("second");
  results.push(await waiting);
  stopped.set();
  results.push(await choose());
  assertEquals(results, [
    { is: "item", value: "first" },
    { is: "late", value: undefined },
    { is: "item", value: "second" },
    { is: "stop", value: undefined },
  ]);
});

asyncTest("select() gives guards that belong to the calling task", async () => {
  const lock = new Lock();
  const semaphore = new Semaphore(2);
  await createTask(async () => {
    const first = await select({ lock: lock.acquires() });
    assertEquals(lock.stats().holder, "chooser");
    first.value.release();
    using held = (await select({ permits: semaphore.acquires(2) })).value;
    assert(held !== undefined);
    assertEquals(semaphore.value, 0);
  }, { name: "chooser" });
  assertEquals([lock.locked, semaphore.value], [false, 2]);
});

asyncTest("select() stands in line as any other call, wherever it waits", async () => {
  const queue = new Queue<number>();
  const semaphore = new Semaphore(0);
  const lock = new Lock();
  const guard = lock.tryAcquire()!;
  const log: string[] = [];
  const waits = [
    queue.get().then((item) => log.push(`get ${item}`)),
    semaphore.acquire().then(() => log.push("acquire")),
    lock.acquire().then((guard) => (log.push("lock"), guard.release())),
    select({ item: queue.gets() }).then(({ value }) => log.push(`select ${value}`)),
    select({ permit: semaphore.acquires() }).then(() => log.push("select permit")),
    select({ lock: lock.acquires() }).then(({ value }) => (log.push("select lock"), value.release())),
    queue.get().then((item) => log.push(`last get ${item}`)),
    semaphore.acquire().then(() => log.push("last acquire")),
    lock.acquire().then((guard) => (log.push("last lock"), guard.release())),
  ];
  for (const item of [1, 2, 3]) queue.tryPut(item);
  await turn();
  semaphore.release(3);
  await turn();
  guard.release();
  await Promise.all(waits);
  assertEquals(log, [
    ...["get 1", "select 2", "last get 3"],
    ...["acquire", "select permit", "last acquire"],
    ...["lock", "select lock", "last lock"],
  ]);
});

asyncTest("select() never passes those who wait for permits", async () => {
  const semaphore = new Semaphore(1);
  const big = semaphore.acquire({ weight: 2 });
  assertEquals((await select({ permit: semaphore.acquires(), late: after(5) })).is, "late");
  semaphore.release();
  (await big).release();
  assertEquals((await select({ permit: semaphore.acquires(), late: after(5) })).is, "permit");
});

asyncTest("select() that leaves a line lets those go on that it was in the way of", async () => {
  const semaphore = new Semaphore(1);
  const queue = new Queue<number>();
  const choice = select({ much: semaphore.acquires(2), item: queue.gets() });
  const little = semaphore.acquire();
  await turn();
  assertEquals(semaphore.value, 1);
  queue.tryPut(1);
  assertEquals((await choice).is, "item");
  (await little).release();
});

// This and the next take some hundred milliseconds, as only a long chain can tell.
asyncTest("select(): a choice that sets off another, and so on, needs no stack", async () => {
  const [left, right] = [new Semaphore(1), new Semaphore(1)];
  const stopped = new Event();
  const choices = Array.from(
    { length: 10_000 },
    () => select({ left: left.acquires(2), right: right.acquires(2), stop: stopped.waits() }).then(({ is }) => is),
  );
  const behind = [left.acquire(), right.acquire()];
  stopped.set();
  assertEquals(new Set(await Promise.all(choices)), new Set(["stop"]));
  for (const guard of await Promise.all(behind)) guard.release();
  assertEquals([left.value, right.value], [1, 1]);
});

asyncTest("select(): permits that are given back go from choice to choice, one each", async () => {
  const [left, right] = [new Semaphore(0), new Semaphore(0)];
  const kinds: string[] = [];
  const choices = Array.from({ length: 10_000 }, async () => {
    const { is, value } = await select({ left: left.acquires(), right: right.acquires() });
    kinds.push(is);
    value.release();
  });
  left.release();
  right.release();
  await Promise.all(choices);
  assertEquals([left.value, right.value, kinds.length], [1, 1, 10_000]);
});

asyncTest("select() has those that are always ready take turns, also where two of them alternate", async () => {
  const event = new Event();
  event.set();
  const done = createTask(() => "done");
  await done;
  const counts: Record<string, number> = {};
  const count = async (prefix: string, cases: Record<string, Selectable>) => {
    const key = prefix + (await select(cases)).is;
    counts[key] = (counts[key] ?? 0) + 1;
  };
  await select({ done });
  for (let i = 0; i < 300; i++) {
    await count("one ", { a: event.waits(), b: event.waits(), task: done });
    await count("two ", { a: event.waits(), b: event.waits() });
  }
  assertEquals(Object.keys(counts).length, 5);
  for (const [key, times] of Object.entries(counts)) {
    assert(times > (key.startsWith("one") ? 90 : 140), `${key} ${times}`);
  }
});

asyncTest("select() takes the same turns whenever a test is run", async () => {
  const ready = new Event();
  ready.set();
  const cases = { a: ready.waits(), b: ready.waits(), c: ready.waits() };
  const runs = await Promise.all([1, 2].map(async () => {
    let order = "";
    await fuzz({ runs: 1 }, async () => {
      for (let i = 0; i < 8; i++) order += (await select(cases)).is;
    });
    return order;
  }));
  assertEquals(runs[0], runs[1]);
  assertEquals(runs[0]!.length, 8);
});

asyncTest("select() may be given the same case again, and twice at a time", async () => {
  const queue = new Queue<number>();
  const cases = { item: queue.gets(), again: queue.gets() };
  const both = [select(cases), select(cases)];
  assertEquals(queue.stats().getting, 4);
  queue.tryPut(1);
  queue.tryPut(2);
  assertEquals((await Promise.all(both)).map(({ value }) => value), [1, 2]);
  queue.tryPut(3);
  assertEquals((await select(cases)).value, 3);
  assertEquals(queue.stats().getting, 0);
});

asyncTest("a case does nothing until it is given to select()", async () => {
  const queue = new Queue<number>(1);
  const semaphore = new Semaphore(1);
  const lock = new Lock();
  const cases = [queue.puts(1), queue.gets(), semaphore.acquires(), lock.acquires(), new Event().waits(), after(1)];
  await sleep(5);
  assertEquals([queue.size, semaphore.value, lock.locked, cases.length], [0, 1, false, 6]);
});

asyncTest("select() puts an item when that is chosen, by its rank, and asks for that once", async () => {
  let asked = 0;
  const queue = new PriorityQueue<number>(2, { priority: (item) => (asked++, item) });
  await select({ put: queue.puts(5) });
  await select({ put: queue.puts(1) });
  assertEquals([queue.tryGet(), queue.tryGet(), asked], [1, 5, 2]);
  const stack = new LifoQueue<number>();
  await select({ put: stack.puts(1) });
  await select({ put: stack.puts(2) });
  assertEquals((await select({ item: stack.gets() })).value, 2);
});

asyncTest("select(): an item whose rank is asked for while it chooses cannot make it miss another", async () => {
  const items = new Queue<string>();
  const sly = new PriorityQueue<number>(1, { priority: (item) => (item === 2 && items.tryPut("sly"), item) });
  sly.tryPut(1);
  assertEquals(await select({ item: items.gets(), put: sly.puts(2) }), { is: "item", value: "sly" });
});

asyncTest("select(): an item that cannot be ranked fails it, and takes nothing from anybody", async () => {
  const items = new Queue<string>();
  items.tryPut("item");
  const queue = new PriorityQueue<string>(1, { priority: () => NaN });
  await assertRejects(() => select({ item: items.gets(), put: queue.puts("x") }), TypeError, "priority");
  assertEquals(items.size, 1);
  let rank = 1;
  const later = new PriorityQueue<string>(1, { priority: () => rank });
  later.tryPut("first");
  const choice = select({ put: later.puts("second"), late: after(60_000) });
  rank = NaN;
  assertEquals(later.tryGet(), "first");
  await assertRejects(() => choice, TypeError, "priority");
  assertEquals(later.stats().putting, 0);
});

asyncTest("select() throws the error of a case that fails, and the others are given up", async () => {
  const semaphore = new Semaphore(0);
  const queue = new Queue<number>(1);
  const failed = new Error("failed");
  const gate = Promise.withResolvers<void>();
  const waits = () => ({ permit: semaphore.acquires(), late: after(60_000) });
  const choices = [
    select({ ...waits(), item: queue.gets() }),
    select({ ...waits(), gate: gate.promise }),
    createTask(() => select({ ...waits(), task: createTask(() => sleep(5).then(() => Promise.reject(failed))) })),
  ];
  await turn();
  queue.shutdown();
  gate.reject(failed);
  const errors = await Promise.all(choices.map((choice) => choice.catch((error: unknown) => error)));
  assertEquals([errors[0] instanceof QueueShutDownError, errors[1], errors[2]], [true, failed, failed]);
  assertEquals(semaphore.stats().waiting, 0);
  await assertRejects(() => select({ item: queue.gets() }), QueueShutDownError);
  await assertRejects(() => select({ put: queue.puts(1) }), QueueShutDownError);
  const full = new Queue<number>(1);
  full.tryPut(1);
  const put = select({ put: full.puts(2) });
  full.shutdown();
  await assertRejects(() => put, QueueShutDownError);
});

asyncTest("select(): a lock whose holder has ended fails it", async () => {
  const lock = new Lock();
  const event = new Event();
  const holder = createTask(async () => {
    await lock.acquire();
    await event.wait();
  }, { eager: true });
  await turn();
  const choice = select({ lock: lock.acquires(), late: after(60_000) });
  event.set();
  await assertRejects(() => choice, BrokenLockError);
  await holder;
  await assertRejects(() => select({ lock: lock.acquires() }), BrokenLockError);
  const other = new Lock();
  await assertRejects(() => other.run(() => select({ lock: other.acquires() })), InvalidStateError, "wait for itself");
});

asyncTest("select(): a limit that is lowered fails it, once, also where two of its cases want more", async () => {
  const semaphore = new BoundedSemaphore(4);
  const guard = semaphore.tryAcquire(4)!;
  const choice = select({ three: semaphore.acquires(3), four: semaphore.acquires(4), one: semaphore.acquires(1) });
  const behind = semaphore.acquire({ weight: 2 });
  semaphore.limit = 2;
  await assertRejects(() => choice, RangeError, "limit of 2");
  guard.release();
  (await behind).release();
  assertEquals([semaphore.value, semaphore.stats().waiting], [2, 0]);
  assertThrows(() => semaphore.acquires(3), RangeError);
  assertThrows(() => semaphore.acquires(0), RangeError);
});

asyncTest("select() leaves promises alone that it does not choose; they may be given again", async () => {
  const never = new Promise(() => {});
  const gate = Promise.withResolvers<string>();
  const queue = new Queue<number>();
  queue.tryPut(1);
  assertEquals((await select({ never, gate: gate.promise, item: queue.gets() })).is, "item");
  gate.reject(new Error("nobody looks"));
  await turn();
  await assertRejects(() => select({ never, gate: gate.promise }), Error, "nobody looks");
  const event = new Event();
  const task = createTask(() => event.wait().then(() => "told"));
  assertEquals((await select({ task, never, now: after(0) })).is, "now");
  event.set();
  assertEquals(await select({ task, never }), { is: "task", value: "told" });
});

asyncTest("select() subscribes to a thenable when it is chosen from, and once at a time", async () => {
  let began = 0;
  const event = new Event();
  const lazy: PromiseLike<string> = {
    then: (onValue, onError) => {
      began++;
      return event.wait().then(() => "answer").then(onValue, onError);
    },
  };
  assertEquals((await select({ lazy, now: after(0) })).is, "now");
  assertEquals((await select({ lazy, now: after(0) })).is, "now");
  event.set();
  assertEquals(await select({ lazy }), { is: "lazy", value: "answer" });
  assertEquals(began, 1);
});

asyncTest("select({ signal }) gives up when it fires, with its reason, and has taken nothing", async () => {
  const controller = new AbortController();
  const semaphore = new Semaphore(0);
  const reason = new Error("enough");
  const choice = select({ permit: semaphore.acquires() }, { signal: controller.signal });
  controller.abort(reason);
  semaphore.release();
  assertEquals(await choice.catch((error) => error), reason);
  const refused = select({ permit: semaphore.acquires() }, { signal: controller.signal });
  assertEquals(await refused.catch((error) => error), reason);
  assertEquals(semaphore.value, 1);
});

asyncTest("select() ends with the time of the scope around it", async (clock) => {
  const queue = new Queue<number>();
  await assertRejects(() => timeout(10, () => select({ item: queue.gets(), late: after(60_000) })), TimeoutError);
  assertEquals(await moveOnAfter(10, () => select({ item: queue.gets() })), undefined);
  assertEquals([clock.now(), queue.stats().getting], [20, 0]);
});

asyncTest("after() counts from each select() anew, and with 0 lets go what is ready first", async (clock) => {
  const late = after(10);
  const queue = new Queue<number>();
  await sleep(50);
  const begin = clock.now();
  await select({ item: queue.gets(), late });
  await select({ item: queue.gets(), late });
  assertEquals(clock.now() - begin, 20);
  const now = after(0);
  assertEquals((await select({ item: queue.gets(), now })).is, "now");
  queue.tryPut(1);
  assertEquals((await select({ item: queue.gets(), now })).is, "item");
  const waiting = select({ item: queue.gets(), now });
  queue.tryPut(2);
  assertEquals(await waiting, { is: "item", value: 2 });
  assertEquals(queue.stats().getting, 0);
  for (const ms of [-1, NaN]) assertThrows(() => after(ms), RangeError);
  assertThrows(() => after("5" as Any), TypeError);
});

asyncTest("select() refuses what is no case, and says what would be", async () => {
  const queue = new Queue<number>();
  const refused: [unknown, string][] = [
    [{}, "nothing to wait for"],
    [[queue.gets()], "by name"],
    [queue.gets, "by name"],
    [queue.gets(), "by name: current value is an instance of Case"],
    [queue, "by name: current value is an instance of Queue"],
    [null, "by name"],
    [Promise.resolve(1), "by name"],
    [{ jobs: queue }, '"jobs" must be a case'],
    [{ jobs: () => queue.get() }, '"jobs" must be a case'],
    [{ signal: new AbortController().signal }, '"signal" must be a case'],
    [{ ms: 5 }, "current value is 5"],
  ];
  for (const [cases, message] of refused) await assertRejects(() => select(cases as Any), TypeError, message);
  const failing = Promise.reject(new Error("seen to"));
  await assertRejects(() => select({ no: undefined as Any, failing }), TypeError, '"no" must be a case');
  await assertRejects(() => select({ item: queue.gets() }, { signal: "x" as Any }), TypeError, "AbortSignal");
  const itself = createTask((): Promise<unknown> => select({ itself, late: after(1) }));
  await assertRejects(() => itself, InvalidStateError, "from inside it");
});

// This and the next take some hundred milliseconds, as what grows slowly can only be told of many.
asyncTest("select() at what never comes costs the same each time, and leaves nothing", async () => {
  const [queue, full] = [new Queue<number>(), new Queue<number>(1)];
  const [semaphore, lock, event] = [new Semaphore(0), new Lock(), new Event()];
  using _ = lock.tryAcquire()!;
  full.tryPut(1);
  const never = createTask(() => sleep(Infinity));
  const cases = {
    ...{ item: queue.gets(), put: full.puts(2), permit: semaphore.acquires(), lock: lock.acquires() },
    ...{ event: event.waits(), never, hour: after(3_600_000), now: after(0) },
  };
  for (let i = 0; i < 10_000; i++) await select(cases);
  const stats = [queue.stats().getting, full.stats().putting, semaphore.stats(), lock.stats(), event.stats()];
  assertEquals(stats, [
    0,
    0,
    { value: 0, waiting: 0, peak: 1 },
    { holder: lock.stats().holder, waiting: 0, peak: 1 },
    { waiting: 0, peak: 1 },
  ]);
  never.cancel();
});

asyncTest("select() may be called ten thousand times at a time, and all be cancelled", async () => {
  const [queue, semaphore, event] = [new Queue<number>(), new Semaphore(0), new Event()];
  const never = createTask(() => sleep(Infinity));
  const cases = { item: queue.gets(), permit: semaphore.acquires(), event: event.waits(), never, late: after(1e6) };
  const { task } = await started(() => gather(Array.from({ length: 10_000 }, () => () => select(cases))));
  assertEquals(queue.stats().getting, 10_000);
  task.cancel();
  await assertRejects(() => task, CancelledError);
  never.cancel();
  assertEquals([queue.stats().getting, semaphore.stats().waiting, event.stats().waiting], [0, 0, 0]);
});

asyncTest("select() is a wait of its kind in traces, and names its cases", async () => {
  using trace = startTrace();
  await createTask(() => select({ job: new Queue().gets(), late: after(1) }), { name: "chooser" });
  const { waits } = trace.recorded().spans.find(({ name }) => name === "chooser")!;
  assertEquals(waits.map(({ kind, what }) => [kind, what]), [["select", "one of job, late"]]);
});

asyncTest("select() is stuck when all of its cases are, and only then", async () => {
  const [mine, yours] = [new Lock({ name: "mine" }), new Lock({ name: "yours" })];
  const tasks = [
    createTask(async () => {
      using _ = await mine.acquire();
      await turn();
      await select({ yours: yours.acquires() });
    }, { name: "I", eager: true }),
    createTask(async () => {
      using _ = await yours.acquire();
      await turn();
      await select({ mine: mine.acquires(), mineToo: mine.acquires() });
    }, { name: "you", eager: true }),
  ];
  await turn();
  await turn();
  assertStringIncludes(deadlockReport()!, 'task "you" waits for one of mine, mineToo');
  for (const task of tasks) task.cancel();
  await Promise.allSettled(tasks);
  const patient = createTask(async () => {
    using _ = await mine.acquire();
    await select({ mine: mine.acquires(), late: after(5) });
  }, { eager: true });
  await turn();
  assertEquals(deadlockReport(), undefined);
  await patient;
});

/** Items, permits and locks, and how many items have gone in and out. */
class Stock {
  readonly queues = [new Queue<number>(2), new PriorityQueue<number>(1), new LifoQueue<number>(3)];
  readonly semaphores = [new Semaphore(2), new BoundedSemaphore(3)];
  readonly locks = [new Lock(), new Lock()];
  put = 0;
  got = 0;

  /** Choose between some things, and give back what that took. */
  async choose(random: Random): Promise<void> {
    const cases: Record<string, Selectable> = {};
    for (let i = random.below(4); i >= 0; i--) {
      const queue = random.pick(this.queues);
      switch (random.below(4)) {
        case 0:
          cases[`put ${i}`] = queue.puts(i);
          break;
        case 1:
          cases[`get ${i}`] = queue.gets();
          break;
        case 2:
          cases[`permits ${i}`] = random.pick(this.semaphores).acquires(1 + random.below(2));
          break;
        case 3:
          cases[`lock ${i}`] = random.pick(this.locks).acquires();
      }
    }
    if (random.chance(0.3)) cases.late = after(random.below(3));
    const { is, value } = await select(cases);
    if (is.startsWith("put")) this.put++;
    else if (is.startsWith("get")) this.got++;
    else if (is !== "late") await this.hold(random, value as Guard);
  }

  /** The same, without a choice. */
  async use(random: Random): Promise<void> {
    switch (random.below(4)) {
      case 0:
        await random.pick(this.queues).put(0);
        this.put++;
        break;
      case 1:
        await random.pick(this.queues).get();
        this.got++;
        break;
      case 2:
        return this.hold(random, await random.pick(this.semaphores).acquire());
      case 3:
        return this.hold(random, await random.pick(this.locks).acquire());
    }
  }

  async hold(random: Random, guard: Guard): Promise<void> {
    using _ = guard;
    if (random.chance(0.5)) await sleep(random.below(3));
  }

  check(): void {
    const inQueues = this.queues.reduce((sum, queue) => sum + queue.size, 0);
    assertEquals(this.put, this.got + inQueues);
    assertEquals(this.semaphores.map(({ value }) => value), [2, 3]);
    assertEquals(this.locks.map(({ locked }) => locked), [false, false]);
    for (const queue of this.queues) assertEquals([queue.stats().getting, queue.stats().putting], [0, 0]);
    for (const each of [...this.semaphores, ...this.locks]) assertEquals(each.stats().waiting, 0);
  }
}

// It takes its time, a second or so, as rare orders of events only come up among many.
Deno.test("select() loses and doubles nothing, whatever is granted, cancelled and timed out at random", async () => {
  await withSeed(async (random) => {
    await fuzz({ seed: random.below(2 ** 20), runs: 40 }, async () => {
      const stock = new Stock();
      const tasks = Array.from({ length: 60 }, (_, i) =>
        createTask(async () => {
          for (let n = 0; n < 8; n++) {
            await moveOnAfter(random.below(6), () => i % 3 === 0 ? stock.use(random) : stock.choose(random));
            if (random.chance(0.2)) await sleep(random.below(3));
          }
        }));
      const open = [...tasks];
      for (let i = 0; i < 20; i++) {
        await sleep(random.below(3));
        take(random, open)!.cancel();
      }
      await Promise.allSettled(tasks);
      stock.check();
    });
  });
});
