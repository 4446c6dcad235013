import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError, createTask, currentTask, moveOnAfter, sleep } from "../../mod.ts";
import { type EventOf, events } from "../../lib/flow/mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { turn } from "../core/manual_clock.ts";
import { reported, started } from "../tasks/watch_tasks.ts";

/** A target that counts who listens. */
class Counting extends EventTarget {
  listeners = 0;

  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    this.listeners++;
    super.addEventListener(...args);
  }

  override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
    this.listeners--;
    super.removeEventListener(...args);
  }

  emit(detail: unknown): void {
    this.dispatchEvent(new CustomEvent("tick", { detail }));
  }
}

function details(all: IteratorResult<Event, void>[]): unknown[] {
  return all.map(({ value }) => (value as CustomEvent | undefined)?.detail);
}

asyncTest("events() keeps in their order what comes before the loop, and gives the rest as it comes", async () => {
  const target = new Counting();
  const ticks = events(target, "tick");
  target.emit(1);
  target.emit(2);
  assertEquals(ticks.buffered, 2);
  const { task } = await started(async () => {
    const seen: unknown[] = [];
    for await (const event of ticks) {
      seen.push((event as CustomEvent).detail);
      if (seen.length === 4) break;
    }
    return seen;
  });
  target.emit(3);
  await turn();
  target.emit(4);
  assertEquals(await task, [1, 2, 3, 4]);
  assertEquals(target.listeners, 0);
});

asyncTest("events() serves steps that wait in order, and loses nothing to one that is cancelled", async () => {
  const target = new Counting();
  const ticks = events(target, "tick");
  const { task: first } = await started(() => ticks.next());
  const second = ticks.next();
  first.cancel();
  target.emit(1);
  target.emit(2);
  assertEquals(details([await second, await ticks.next()]), [1, 2]);
  assertEquals((await first.settled()).status, "rejected");
  ticks.return();
});

asyncTest(
  "events() gives the event to a step that is cancelled in the same turn, or to the next one, never to both",
  async () => {
    for (const cancelFirst of [true, false]) {
      const target = new Counting();
      const ticks = events(target, "tick");
      const { task } = await started(() => ticks.next());
      if (cancelFirst) task.cancel();
      target.emit("x");
      if (!cancelFirst) task.cancel();
      const outcome = await task.settled();
      assertEquals(outcome.status, cancelFirst ? "rejected" : "fulfilled");
      assertEquals(ticks.buffered, cancelFirst ? 1 : 0);
      ticks.return();
    }
  },
);

asyncTest("events() ends with the function that called it, and gives what was kept before it throws that", async () => {
  const target = new Counting();
  const { ticks } = await createTask(() => {
    const ticks = events(target, "tick");
    target.emit("kept");
    return { ticks };
  }, { name: "owner" });
  assertEquals(target.listeners, 0);
  target.emit("missed");
  assertEquals(details([await ticks.next()]), ["kept"]);
  await assertRejects(() => ticks.next(), CancelledError, 'as "owner" has ended');
  assertEquals(await ticks.next(), { done: true, value: undefined });
});

asyncTest("events() ends a loop that waits with the cancellation of its task", async () => {
  const target = new Counting();
  const outcome = await moveOnAfter(10, async () => {
    for await (const _ of events(target, "tick")) assert(false, "none comes");
  });
  assertEquals([outcome, target.listeners], [undefined, 0]);
});

asyncTest("events() listens to nothing in a cancelled scope", async () => {
  const target = new Counting();
  const { task } = await started(async () => {
    await sleep(Infinity).catch(() => {});
    await events(target, "tick").next();
  });
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(target.listeners, 0);
});

asyncTest("events() throws the reason of its signal, after what it had kept", async () => {
  const reason = new Error("enough");
  const target = new Counting();
  const controller = new AbortController();
  const ticks = events(target, "tick", { signal: controller.signal });
  target.emit(1);
  controller.abort(reason);
  assertEquals(target.listeners, 0);
  assertEquals(details([await ticks.next()]), [1]);
  assertStrictEquals(await assertRejects(() => ticks.next()), reason);
  const late = events(target, "tick", { signal: controller.signal });
  assertStrictEquals(await assertRejects(() => late.next()), reason);
  assertEquals(target.listeners, 0);
});

asyncTest("events() throws once the loop is behind by more than the buffer, after what was kept", async () => {
  const target = new Counting();
  const ticks = events(target, "tick", { buffer: 2 });
  for (const detail of [1, 2, 3, 4]) target.emit(detail);
  assertEquals(target.listeners, 0);
  assertEquals(details([await ticks.next(), await ticks.next()]), [1, 2]);
  await assertRejects(() => ticks.next(), RangeError, 'Cannot keep another event "tick"');
  assertEquals((await ticks.next()).done, true);
});

for (const [overflow, kept] of [["dropOldest", [3, 4]], ["dropNewest", [1, 2]]] as const) {
  asyncTest(`events() counts what it drops with overflow "${overflow}"`, async () => {
    const target = new Counting();
    using ticks = events(target, "tick", { buffer: 2, overflow });
    for (const detail of [1, 2, 3, 4]) target.emit(detail);
    assertEquals(details([await ticks.next(), await ticks.next()]), [...kept]);
    assertEquals(ticks.dropped, 2);
  });
}

asyncTest("events() wakes a step that waits when it is left from outside", async () => {
  const target = new Counting();
  const ticks = events(target, "tick");
  const step = ticks.next();
  ticks.return();
  assertEquals(await step, { done: true, value: undefined });
  assertEquals(target.listeners, 0);
});

asyncTest("events() has the code after a step run in the task that took it", async () => {
  const target = new Counting();
  const ticks = events(target, "tick");
  const task = createTask(async () => {
    await ticks.next();
    return currentTask()?.name;
  }, { name: "looping" });
  await turn();
  await createTask(() => target.emit(1));
  assertEquals(await task, "looping");
  ticks.return();
});

asyncTest("events() gives the arguments of an emitter, and ends with its error after what came before", async () => {
  const emitter = new EventEmitter();
  const data = events<[string, number]>(emitter, "data");
  emitter.emit("data", "a", 1);
  const error = new Error("broken");
  emitter.emit("error", error);
  assertEquals(await data.next(), { done: false, value: ["a", 1] });
  assertStrictEquals(await assertRejects(() => data.next()), error);
  assertEquals([emitter.listenerCount("data"), emitter.listenerCount("error")], [0, 0]);
});

asyncTest("events() gives the errors of an emitter when they are what is looped over", async () => {
  const emitter = new EventEmitter();
  using errors = events<[Error]>(emitter, "error");
  emitter.emit("error", new Error("first"));
  emitter.emit("error", new Error("second"));
  const steps = [await errors.next(), await errors.next()];
  assertEquals(steps.map(({ value }) => value?.[0].message), ["first", "second"]);
});

asyncTest("events() reports the error of an emitter that the loop was left before", async () => {
  const errors = await reported(async () => {
    const emitter = new EventEmitter();
    const data = events(emitter, "data");
    emitter.emit("error", new Error("broken"));
    await data.return();
  });
  assertEquals(errors.map((error) => (error as Error).message), ["broken"]);
});

asyncTest("events() keeps 100 000 events in linear time", async () => {
  const target = new Counting();
  using ticks = events(target, "tick", { buffer: Infinity });
  for (let i = 0; i < 100_000; i++) target.emit(i);
  let last: IteratorResult<Event, void> | undefined;
  while (ticks.buffered > 0) last = await ticks.next();
  assertEquals((last!.value as CustomEvent).detail, 99_999);
});

asyncTest("events() knows the class of an event by the target", async () => {
  const { port1, port2 } = new MessageChannel();
  const type: EventOf<MessagePort, "message"> extends MessageEvent ? true : false = true;
  const other: EventOf<MessagePort, "unknown"> extends MessageEvent ? true : false = false;
  assertEquals([type, other], [true, false]);
  using messages = events(port2, "message");
  port2.start();
  port1.postMessage("hello");
  const { value } = await messages.next();
  assertInstanceOf(value, MessageEvent);
  assertEquals(value.data, "hello");
  port1.close();
  port2.close();
});

Deno.test("events() refuses what it cannot listen to, and options that mean nothing", () => {
  for (const target of [undefined, null, {}, "target", { on() {} }]) {
    assertThrows(() => events(target as EventTarget, "tick"), TypeError, "Cannot listen as an EventTarget");
  }
  for (const buffer of [0, -1, NaN]) {
    assertThrows(() => events(new EventTarget(), "tick", { buffer }), RangeError, "at least 1");
  }
  assertThrows(() => events(new EventTarget(), "tick", { overflow: "block" as "error" }), TypeError, "dropOldest");
});

asyncTest("events() stops listening as part of the code that listens, whoever cancels", async () => {
  const emitter = new EventEmitter();
  const storage = new AsyncLocalStorage<string>();
  const log: unknown[] = [];
  emitter.on("removeListener", (type) => type === "tick" && log.push(storage.getStore(), currentTask()?.name));
  const looping = storage.run("of the loop", () =>
    createTask(async () => {
      for await (const _ of events(emitter, "tick"));
    }, { name: "looping" }));
  await turn();
  await storage.run("of another", () => createTask(() => looping.cancel(), { name: "other" }));
  await looping.settled();
  assertEquals(log, ["of the loop", "looping"]);
});

/** One that does not let go of its listeners. */
const clinging = {
  on() {},
  off: () => {
    throw new Error("clings");
  },
};

asyncTest("events() ends its owner although the target fails to let go, and reports that", async () => {
  const errors = await reported(async () => {
    const target = new Counting();
    const owner = createTask(() => {
      events(clinging, "tick");
      events(target, "tick");
      return "done";
    });
    assertEquals([await owner, target.listeners], ["done", 0]);
    const { task } = await started(() => events(clinging, "tick").next());
    task.cancel();
    await assertRejects(() => task, CancelledError);
  });
  assertEquals(errors.map((error) => (error as Error).message), ["clings", "clings"]);
});

asyncTest("events() is over although the target fails to let go, which is told to who leaves the loop", async () => {
  const ticks = events(clinging, "tick");
  const step = ticks.next();
  await assertRejects(() => ticks.return(), Error, "clings");
  assertEquals([await step, await ticks.next()], [{ done: true, value: undefined }, { done: true, value: undefined }]);
});
