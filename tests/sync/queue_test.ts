import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  checkpoint,
  createTask,
  InvalidStateError,
  Queue,
  QueueShutDownError,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("Queue gives items in the order in which they were put", async () => {
  const queue = new Queue<number>();
  for (const item of [1, 2, 3]) await queue.put(item);
  assertEquals([queue.size, queue.empty, queue.full], [3, false, false]);
  assertEquals([await queue.get(), await queue.get(), await queue.get()], [1, 2, 3]);
  assert(queue.empty);
});

asyncTest("Queue.get() serves waiters in order", async () => {
  const queue = new Queue<string>();
  const log: string[] = [];
  const waiting = [1, 2, 3].map((id) => queue.get().then((item) => log.push(`${id} got ${item}`)));
  for (const item of ["a", "b", "c"]) queue.tryPut(item);
  await Promise.all(waiting);
  assertEquals(log, ["1 got a", "2 got b", "3 got c"]);
});

asyncTest("Queue.put() waits for a place, in order", async () => {
  const queue = new Queue<number>(1);
  await queue.put(1);
  const log: number[] = [];
  const waiting = [2, 3].map((item) => queue.put(item).then(() => log.push(item)));
  await checkpoint();
  assertEquals([log, queue.full, queue.tryPut(4)], [[], true, false]);
  assertEquals(await queue.get(), 1);
  await checkpoint();
  assertEquals(log, [2]);
  assertEquals([await queue.get(), await queue.get()], [2, 3]);
  await Promise.all(waiting);
});

Deno.test("Queue of maxsize 0 takes any number, as in asyncio", () => {
  for (const queue of [new Queue<number>(0), new Queue<number>()]) {
    for (let i = 0; i < 100; i++) assert(queue.tryPut(i));
    assertEquals([queue.maxsize, queue.full], [Infinity, false]);
  }
});

Deno.test("Queue.tryGet() and tryPut() never wait", () => {
  const queue = new Queue<number>(1);
  assertEquals(queue.tryGet(), undefined);
  assertEquals([queue.tryPut(1), queue.tryPut(2)], [true, false]);
  assertEquals(queue.tryGet(), 1);
});

asyncTest("Queue.tryGet() does not pass those who wait", async () => {
  const queue = new Queue<number>();
  const waiting = queue.get();
  queue.tryPut(1);
  assertEquals(queue.tryGet(), undefined);
  assertEquals(await waiting, 1);
});

asyncTest("Queue loses no item when its reader is cancelled", async () => {
  const queue = new Queue<number>();
  const got: number[] = [];
  const reader = createTask(async () => {
    for (;;) got.push(await queue.get());
  }, { eager: true });
  queue.tryPut(1);
  queue.tryPut(2);
  reader.cancel();
  await reader.settled();
  assertEquals([...got, queue.tryGet(), queue.tryGet()], [1, 2, undefined]);
});

for (const order of ["put, cancel", "cancel, put"]) {
  Deno.test(`Queue delivers an item once after ${order} in one turn`, async () => {
    const queue = new Queue<number>();
    const got: unknown[] = [];
    const first = createTask(async () => void got.push(await queue.get()), { eager: true });
    for (const step of order.split(", ")) step === "put" ? queue.tryPut(7) : first.cancel();
    await first.settled();
    assertEquals([...got, queue.tryGet()].filter((item) => item !== undefined), [7]);
  });

  Deno.test(`Queue.put() that is cancelled puts nothing, or all; ${order.replace("put", "get")} in one turn`, async () => {
    const queue = new Queue<number>(1);
    queue.tryPut(1);
    const first = createTask(() => queue.put(2), { eager: true });
    const second = createTask(() => queue.put(3), { eager: true });
    for (const step of order.split(", ")) step === "put" ? queue.tryGet() : first.cancel();
    const got = [];
    for (let item = queue.tryGet(); item !== undefined; item = queue.tryGet()) got.push(item);
    await second;
    assertEquals(got, order === "put, cancel" ? [2, 3] : [3]);
    assertEquals(queue.stats().putting, 0);
    await first.settled();
  });
}

asyncTest("Queue.put() and get() are checkpoints, also when they need not wait", async () => {
  const queue = new Queue<number>();
  queue.tryPut(1);
  for (const wait of [() => queue.get(), () => queue.put(2)]) {
    const task = createTask(async () => {
      task.cancel();
      await wait();
    });
    await task.settled();
    assertEquals([task.state, queue.size], ["cancelled", 1]);
  }
});

asyncTest("Queue.put(), get() and join() give up with their signal and with timeout()", async () => {
  const queue = new Queue<number>(1);
  const reason = new Error("enough");
  const waits: ((signal?: AbortSignal) => Promise<unknown>)[] = [
    (signal?: AbortSignal) => queue.get({ signal }),
    (signal?: AbortSignal) => queue.put(2, { signal }),
    (signal?: AbortSignal) => queue.join({ signal }),
  ];
  for (const wait of waits) {
    const controller = new AbortController();
    const waiting = wait(controller.signal);
    controller.abort(reason);
    assertEquals(await waiting.catch((error) => error), reason);
    await assertRejects(() => timeout(1, () => wait()), TimeoutError);
    queue.tryPut(1);
  }
  assertEquals(queue.stats(), { size: 1, peak: 1, getting: 0, putting: 0, unfinished: 1 });
});

asyncTest("Queue.join() waits until every item is marked with taskDone()", async () => {
  const queue = new Queue<number>();
  await queue.join();
  queue.tryPut(1);
  queue.tryPut(2);
  let joined = false;
  const joining = queue.join().then(() => joined = true);
  queue.tryGet();
  queue.tryGet();
  queue.taskDone();
  await checkpoint();
  assertEquals(joined, false);
  queue.taskDone();
  await joining;
  assertThrows(() => queue.taskDone(), InvalidStateError, "none is unfinished");
});

asyncTest("Queue.shutdown() lets what is in the queue be taken out", async () => {
  const queue = new Queue<number>();
  queue.tryPut(1);
  queue.shutdown();
  assert(queue.isShutDown);
  await assertRejects(() => queue.put(2), QueueShutDownError);
  assertThrows(() => queue.tryPut(2), QueueShutDownError);
  assertEquals(await queue.get(), 1);
  await assertRejects(() => queue.get(), QueueShutDownError);
  assertThrows(() => queue.tryGet(), QueueShutDownError);
});

asyncTest("Queue.shutdown() wakes all who wait, in order", async () => {
  const log: string[] = [];
  const note = (name: string) => (error: unknown) => {
    assert(error instanceof QueueShutDownError);
    log.push(name);
  };
  const empty = new Queue<number>();
  const full = new Queue<number>(1);
  full.tryPut(0);
  const waiting = [
    ...[1, 2].map((id) => empty.get().catch(note(`get ${id}`))),
    ...[1, 2].map((id) => full.put(id).catch(note(`put ${id}`))),
  ];
  empty.shutdown();
  full.shutdown();
  await Promise.all(waiting);
  assertEquals(log, ["get 1", "get 2", "put 1", "put 2"]);
  assertEquals(full.size, 1);
});

asyncTest("Queue.shutdown({ immediate }) drops what is in the queue", async () => {
  const queue = new Queue<number>();
  queue.tryPut(1);
  queue.tryPut(2);
  let joined = false;
  const joining = queue.join().then(() => joined = true);
  queue.tryGet();
  queue.shutdown({ immediate: true });
  assertEquals([queue.size, queue.stats().unfinished], [0, 1]);
  await assertRejects(() => queue.get(), QueueShutDownError);
  assertEquals(joined, false);
  queue.taskDone();
  await joining;
});

asyncTest("Queue.shutdown({ immediate }) ends join() when nothing is in work", async () => {
  const queue = new Queue<number>();
  queue.tryPut(1);
  const joining = queue.join();
  queue.shutdown();
  queue.shutdown({ immediate: true });
  await joining;
});

asyncTest("Queue is iterated until it is shut down and drained", async () => {
  const queue = new Queue<number>(1);
  const consumer = createTask(async () => {
    const seen: number[] = [];
    for await (const item of queue) seen.push(item);
    return seen;
  });
  for (const item of [1, 2, 3]) await queue.put(item);
  queue.shutdown();
  assertEquals(await consumer, [1, 2, 3]);
});

asyncTest("Queue that is iterated ends when it is shut down under the waiting loop", async () => {
  const queue = new Queue<number>();
  const consumer = createTask(async () => {
    for await (const _ of queue);
    return "ended";
  });
  await checkpoint();
  queue.shutdown();
  assertEquals(await consumer, "ended");
});

asyncTest("Queue stays usable after a break out of its loop", async () => {
  const queue = new Queue<number>();
  for (const item of [1, 2, 3]) queue.tryPut(item);
  for await (const item of queue) if (item === 2) break;
  assertEquals(await queue.get(), 3);
  queue.tryPut(4);
  for await (const item of queue) {
    assertEquals(item, 4);
    break;
  }
});

asyncTest("Queue shares its items among several loops", async () => {
  const queue = new Queue<number>();
  const consume = () =>
    createTask(async () => {
      const seen: number[] = [];
      for await (const item of queue) seen.push(item);
      return seen;
    });
  const consumers = [consume(), consume()];
  for (let i = 0; i < 10; i++) await queue.put(i);
  queue.shutdown();
  const [first, second] = await Promise.all(consumers);
  assertEquals([...first!, ...second!].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

asyncTest("Queue loop that is cancelled throws, and takes nothing more", async () => {
  const queue = new Queue<number>();
  const consumer = createTask(async () => {
    for await (const _ of queue);
  }, { eager: true });
  consumer.cancel();
  queue.tryPut(1);
  await consumer.settled();
  assertEquals([consumer.state, queue.size], ["cancelled", 1]);
});

asyncTest("Queue is read as a stream, item by item", async () => {
  for (
    const open of [
      (queue: Queue<number>) => ReadableStream.from(queue),
      (queue: Queue<number>) => queue.toReadableStream(),
    ]
  ) {
    const queue = new Queue<number>();
    for (const item of [1, 2, 3]) queue.tryPut(item);
    const stream = open(queue);
    await checkpoint();
    assertEquals(queue.size, 3);
    queue.shutdown();
    assertEquals(await Array.fromAsync(stream), [1, 2, 3]);
  }
});

asyncTest("Queue loses nothing to a stream that is given up while it waits", async () => {
  const queue = new Queue<number>();
  const reader = queue.toReadableStream().getReader();
  const reading = reader.read();
  await checkpoint();
  assertEquals(queue.stats().getting, 1);
  await reader.cancel();
  assertEquals((await reading).done, true);
  queue.tryPut(1);
  assertEquals([queue.stats().getting, queue.tryGet()], [0, 1]);
});

asyncTest("Queue.stats() tells sizes and who waits", async () => {
  const queue = new Queue<number>(2, { name: "jobs" });
  const getting = queue.get();
  assertEquals(queue.stats(), { size: 0, peak: 0, getting: 1, putting: 0, unfinished: 0 });
  for (let i = 0; i < 3; i++) queue.tryPut(i);
  const putting = queue.put(3);
  assertEquals(queue.stats(), { size: 2, peak: 2, getting: 0, putting: 1, unfinished: 3 });
  queue.tryGet();
  await Promise.all([getting, putting]);
  assertEquals(queue.name, "jobs");
});

Deno.test("Queue rejects what is no maxsize", () => {
  for (const maxsize of [-1, 1.5, NaN]) assertThrows(() => new Queue(maxsize), RangeError, String(maxsize));
  assertThrows(() => new Queue({ maxsize: 3 } as never), TypeError);
});

Deno.test("Queue holds a million items for the memory of an array of them", () => {
  const queue = new Queue<number>();
  const before = Deno.memoryUsage().heapUsed;
  for (let i = 0; i < 1_000_000; i++) queue.tryPut(i);
  const bytes = Deno.memoryUsage().heapUsed - before;
  // An array grows by half at a time and is copied; whatever is collected in between makes this less.
  assert(bytes < 48e6, `${bytes / 1e6} MB`);
  let inOrder = 0;
  for (let i = 0; i < 1_000_000; i++) if (queue.tryGet() === i) inOrder++;
  assertEquals(inOrder, 1_000_000);
});
