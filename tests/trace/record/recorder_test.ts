import { assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  cancellable,
  createTask,
  Event,
  gather,
  Lock,
  moveOnAfter,
  Queue,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  wait,
} from "../../../mod.ts";
import type { TraceSpan } from "../../../lib/trace/record/recorded.ts";
import { startTrace } from "../../../lib/trace/trace.ts";
import { record, spanNamed } from "../recording.ts";
import { asyncTest } from "../../../lib/testing/mod.ts";

const times = ({ start, end }: { start: number; end: number }) => [start, end];

Deno.test("startTrace() records when each task began and ended", async () => {
  const recorded = await record(async () => {
    await sleep(5);
    await gather(function slow() {
      return sleep(30);
    }, function fast() {
      return sleep(10);
    });
  });
  assertEquals(times(spanNamed(recorded, "slow")), [5, 35]);
  assertEquals(times(spanNamed(recorded, "fast")), [5, 15]);
  assertEquals(recorded.duration, 35);
});

Deno.test("startTrace() records spans that nest as the task tree does", async () => {
  const recorded = await record(() =>
    createTask(async () => {
      await gather(function child() {
        return timeout(50, function grandchild() {
          return sleep(10);
        });
      });
    }, { name: "top" })
  );
  const parents = new Map(recorded.spans.map((span) => [span.id, span]));
  const path = (span: TraceSpan): string[] =>
    span.parent === null ? [span.kind] : [...path(parents.get(span.parent)!), span.kind];
  assertEquals(path(spanNamed(recorded, "timeout")), ["task", "gather", "task", "timeout"]);
  for (const { parent, start, end } of recorded.spans) {
    const around = parents.get(parent ?? -1);
    if (around !== undefined) assertEquals([around.start <= start, end <= around.end], [true, true]);
  }
});

Deno.test("startTrace() records every kind of scope with its time", async () => {
  const recorded = await record(async () => {
    await taskGroup(() => sleep(1), { name: "crew" });
    await timeout(50, () => sleep(2));
    await shield(() => sleep(3));
  });
  const kinds = recorded.spans.map(({ kind, start, end }) => [kind, start, end]);
  assertEquals(kinds, [["group", 0, 1], ["timeout", 1, 3], ["shield", 3, 6]]);
  assertEquals(spanNamed(recorded, "crew").kind, "group");
});

Deno.test("startTrace() records how each task ended", async () => {
  const recorded = await record(async () => {
    const cancelled = createTask(() => sleep(100), { name: "cancelled", eager: true });
    const failed = createTask(() => Promise.reject(new RangeError("too\nfar")), { name: "failed" });
    failed.catch(() => {});
    const never = createTask(() => sleep(1), { name: "never" });
    never.cancel();
    await sleep(5);
    cancelled.cancel();
    await Promise.allSettled([cancelled, never]);
    await createTask(() => sleep(1), { name: "done" });
  });
  const { state, cancelledAt } = spanNamed(recorded, "cancelled");
  assertEquals([state, cancelledAt], ["cancelled", 5]);
  assertEquals([spanNamed(recorded, "failed").state, spanNamed(recorded, "failed").error], [
    "failed",
    "RangeError: too",
  ]);
  assertEquals([spanNamed(recorded, "never").state, spanNamed(recorded, "never").started], ["cancelled", null]);
  assertEquals([spanNamed(recorded, "done").state, spanNamed(recorded, "done").error], ["done", null]);
});

Deno.test("startTrace() tells a timeout from a cancellation", async () => {
  const recorded = await record(() => moveOnAfter(10, () => createTask(() => sleep(50), { name: "slow" })));
  assertEquals(recorded.spans.find(({ kind }) => kind === "timeout")!.state, "timedOut");
  assertEquals(spanNamed(recorded, "slow").state, "cancelled");
});

Deno.test("startTrace() marks a gather of which a function failed, and keeps the error", async () => {
  const recorded = await record(() => gather(() => sleep(50), () => Promise.reject(new TypeError("no"))));
  const { state, error } = recorded.spans.find(({ kind }) => kind === "gather")!;
  assertEquals([state, error], ["failed", "TypeError: no"]);
});

Deno.test("startTrace() records what a task waited for", async () => {
  const recorded = await record(async () => {
    const lock = new Lock({ name: "db" });
    const queue = new Queue<number>(Infinity, { name: "jobs" });
    const hold = () => lock.run(() => sleep(10));
    await gather(hold, function second() {
      return lock.run(() => 0);
    }, function reader() {
      return queue.get();
    }, async () => {
      await sleep(20);
      await queue.put(1);
    });
  });
  const [lock] = spanNamed(recorded, "second").waits;
  assertEquals([lock!.kind, lock!.start, lock!.end], ["sync", 0, 10]);
  assertStringIncludes(lock!.what, "db");
  const [item] = spanNamed(recorded, "reader").waits;
  assertEquals([item!.kind, item!.start, item!.end], ["queue", 0, 20]);
  assertStringIncludes(item!.what, "jobs");
});

Deno.test("startTrace() knows what kind each wait is of, whatever a user has called it", async () => {
  const name = "fetch a promise of https://worker";
  const first = createTask(() => sleep(1), { name });
  const recorded = await record(async () => {
    const event = new Event({ name });
    const gate = Promise.withResolvers<void>();
    const queue = new Queue<number>(1, { name });
    const waits: Record<string, () => PromiseLike<unknown>> = {
      sleep: () => sleep(1),
      turn: () => sleep(0),
      sync: () => event.wait(),
      queue: () => queue.get(),
      promise: () => cancellable(gate.promise),
      task: () => wait([first]),
      ends: async () => {
        await sleep(2);
        event.set();
        gate.resolve();
        await queue.put(1);
      },
    };
    await gather(Object.entries(waits).map(([kind, fn]) => () => createTask(fn, { name: `of ${kind}` })));
  });
  for (const kind of ["sleep", "turn", "sync", "queue", "promise", "task"]) {
    assertEquals(recorded.spans.find((span) => span.name === `of ${kind}`)!.waits[0]?.kind, kind);
  }
});

Deno.test("startTrace() records who awaits a task, until that has ended", async () => {
  const recorded = await record(async () => {
    const nap = createTask(() => sleep(20), { name: "nap" });
    await gather(async function patient() {
      await nap;
    }, async function impatient() {
      await Promise.race([nap, sleep(5)]);
    }, async function late() {
      await sleep(30);
      await nap;
    });
  });
  const awaited = (name: string) =>
    spanNamed(recorded, name).waits.filter(({ kind }) => kind === "task").map((
      { what, start, end },
    ) => [what, start, end]);
  assertEquals(awaited("patient"), [['task "nap"', 0, 20]]);
  assertEquals(awaited("impatient").every(([, start, end]) => start === 0 && end === 5), true);
  assertEquals(awaited("late"), []);
});

Deno.test("startTrace() shows what still goes on as going on until now", async () => {
  const recorded = await record(async () => {
    createTask(() => sleep(100), { name: "going on", eager: true });
    await sleep(30);
  });
  const { state, start, end, waits } = spanNamed(recorded, "going on");
  assertEquals([state, start, end], ["running", 0, 30]);
  assertEquals(waits.map(({ what, end }) => [what, end]), [["sleep 100 ms", 30]]);
});

asyncTest("startTrace() shows tasks that are older than the trace as there from its beginning", async () => {
  const task = createTask(async () => {
    await sleep(1);
    using trace = startTrace();
    await sleep(1);
    return trace.recorded();
  }, { name: "older" });
  const { start, waits } = spanNamed(await task, "older");
  assertEquals(start, 0);
  assertEquals(waits.map(({ what }) => what), ["sleep 1 ms"]);
});

Deno.test("startTrace() gives code outside of all tasks a span for its waits", async () => {
  using trace = startTrace();
  await sleep(1);
  assertEquals(trace.recorded().spans.map(({ kind, waits }) => [kind, waits.map(({ what }) => what)]), [
    ["top", ["sleep 1 ms"]],
  ]);
});

/** Wait for the end of a task without awaiting it, which would be recorded. */
function ended(task: Task<unknown>): Promise<void> {
  return new Promise((resolve) => task.onDone(() => resolve()));
}

Deno.test("startTrace() keeps the newest, and says how many it has forgotten", async () => {
  const recorded = await record(async () => {
    // A wait would take room as well.
    for (let i = 0; i < 10; i++) await ended(createTask(() => 0, { name: `task ${i}` }));
  }, { capacity: 3 });
  assertEquals(recorded.spans.map(({ name }) => name), ["task 7", "task 8", "task 9"]);
  assertEquals(recorded.dropped, 7);
});

Deno.test("startTrace() puts a span at the top when what was around it has been forgotten", async () => {
  const recorded = await record(async () => {
    await createTask(() => void createTask(() => sleep(5), { name: "detached", detached: true }), { name: "parent" });
    for (let i = 0; i < 5; i++) await createTask(() => 0).settled();
  }, { capacity: 2 });
  const known = new Set(recorded.spans.map(({ id }) => id));
  assertEquals(recorded.spans.filter(({ parent }) => parent !== null && !known.has(parent)), []);
});

Deno.test("startTrace() keeps nothing alive that a task has made", async () => {
  // Names and errors are copied as text: were the scope kept, so were its value.
  const recorded = await record(() => createTask(() => ({ big: new Array(10) }), { name: "maker" }));
  assertEquals(JSON.parse(JSON.stringify(recorded)), recorded);
});

Deno.test("startTrace() survives errors of which nothing can be told", async () => {
  const untold = { [Symbol.toPrimitive]: () => assertThrows(() => 0) };
  const recorded = await record(() => createTask(() => Promise.reject(untold), { name: "strange" }));
  assertEquals(spanNamed(recorded, "strange").error, "an error without a text");
});

Deno.test("startTrace() can go on beside another trace", async () => {
  await record(async () => {
    using outer = startTrace();
    await createTask(() => sleep(1), { name: "first" });
    using inner = startTrace();
    await createTask(() => sleep(1), { name: "second" });
    assertEquals(outer.recorded().spans.filter(({ kind }) => kind === "task").length, 2);
    assertEquals(inner.recorded().spans.filter(({ kind }) => kind === "task").length, 1);
  }).then(({ spans }) => assertNotEquals(spans.length, 0));
});

Deno.test("a trace that is stopped does not change any more", async () => {
  using trace = startTrace();
  await createTask(() => 0, { name: "before" }).settled();
  trace.stop();
  const before = trace.recorded();
  await createTask(() => 0, { name: "after" });
  trace.stop();
  assertEquals(trace.recorded(), before);
  assertEquals(before.spans.length, 1);
});

Deno.test("a trace records who held the event loop", async () => {
  using trace = startTrace();
  // Real time: it is the real loop that is held, for longer than what counts as standing still.
  await createTask(async () => {
    await sleep(1);
    const until = performance.now() + 70;
    while (performance.now() < until);
    await sleep(1);
  }, { name: "greedy" });
  trace.stop();
  const recorded = trace.recorded();
  const stall = recorded.stalls.find(({ span }) => span === spanNamed(recorded, "greedy").id)!;
  assertEquals(stall.end - stall.start >= 50, true);
});

Deno.test("startTrace() refuses a capacity that is none", () => {
  assertThrows(() => startTrace({ capacity: 0 }), RangeError, "capacity");
  assertThrows(() => startTrace({ capacity: 1.5 }), RangeError, "capacity");
});
