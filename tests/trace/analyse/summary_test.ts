import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { gather, Lock, sleep } from "../../../mod.ts";
import { formatSummary } from "../../../lib/trace/draw/summary_text.ts";
import { summarize } from "../../../lib/trace/analyse/summary.ts";
import { many, record, sketch } from "../recording.ts";

Deno.test("summary() says what concurrency saved", async () => {
  const summary = summarize(await record(() => gather(() => sleep(10), () => sleep(20), () => sleep(30))));
  assertEquals([summary.busy, summary.sequential, summary.saved], [30, 60, 30]);
  assertEquals(summary.concurrency, { peak: 3, average: 2 });
});

Deno.test("summary() saves nothing where one thing comes after the other", async () => {
  const summary = summarize(
    await record(async () => {
      await gather(() => sleep(10));
      await gather(() => sleep(20));
    }),
  );
  assertEquals([summary.busy, summary.sequential, summary.saved], [30, 30, 0]);
  assertEquals(summary.concurrency, { peak: 1, average: 1 });
});

Deno.test("summary() counts no waiting for each other as work", async () => {
  const summary = summarize(
    await record(() => {
      const lock = new Lock({ name: "db" });
      const use = () => lock.run(() => sleep(10));
      return gather(use, use, use);
    }),
  );
  assertEquals([summary.busy, summary.sequential, summary.saved], [30, 30, 0]);
  assertEquals(summary.concurrency.peak, 1);
  const [longest] = summary.waited.filter(({ kind }) => kind !== "task");
  assertEquals([summary.waited.find(({ kind }) => kind === "sync")!.ms, longest!.ms], [30, 30]);
});

Deno.test("summary() tells which lock was waited for, but adds up sleeps", () => {
  const { waited } = summarize(sketch([
    { name: "a", start: 0, end: 50, waits: [[0, 10, "sleep 10 ms"], [10, 20, "its turn at a.example", "network"]] },
    { name: "b", start: 0, end: 50, waits: [[0, 15, "sleep 15 ms"], [15, 45, "its turn at b.example", "network"]] },
  ]));
  assertEquals(waited, [
    { kind: "network", what: "its turn at b.example", count: 1, ms: 30 },
    { kind: "sleep", what: "sleep", count: 2, ms: 25 },
    { kind: "network", what: "its turn at a.example", count: 1, ms: 10 },
  ]);
});

Deno.test("summary() counts how tasks ended", () => {
  const { tasks } = summarize(sketch([
    { name: "a", start: 0, end: 1 },
    { name: "b", start: 0, end: 1, state: "failed" },
    { name: "c", start: 0, end: 1, state: "cancelled" },
    { name: "d", start: 0, end: 1, state: "running" },
    { name: "e", start: 0, end: 1, kind: "timeout", state: "timedOut" },
  ]));
  assertEquals(tasks, { total: 4, done: 1, failed: 1, cancelled: 1, timedOut: 0, running: 1 });
});

Deno.test("summary() takes a loop that stood still for one task at work, however many seemed to be", () => {
  // All three are in their own code for 100 ms, of which the loop was held for 90.
  const spans = ["a", "b", "c"].map((name) => ({ name, start: 0, end: 100 }));
  const summary = summarize(sketch(spans, { stalls: [{ start: 5, end: 95, span: 1 }] }));
  assertAlmostEquals(summary.sequential, 3 * 10 + 90);
  assertEquals(summary.stalls, { count: 1, ms: 90, longest: 90 });
});

Deno.test("formatSummary() tells it in words", () => {
  const recorded = sketch([
    {
      name: "main",
      start: 0,
      end: 600,
      inside: [
        { name: "users", start: 0, end: 200, waits: [[0, 200, "sleep 200 ms"]] },
        { name: "orders", start: 0, end: 600, waits: [[0, 600, "sleep 600 ms"]] },
        { name: "weather", start: 0, end: 400, waits: [[0, 400, "sleep 400 ms"]], state: "failed" },
      ],
    },
  ]);
  assertEquals(
    formatSummary(summarize(recorded)),
    `
Tasks        4: 3 done, 1 failed
At once      2.0 on average, 3 at most
Took         600 ms instead of 1.20 s one by one, which saved 600 ms
Waited for   sleeping: 1.20 s in 3 waits
The end      waited for orders (600 ms, sleeping)`.trimStart(),
  );
});

Deno.test("formatSummary() breaks what is too long between words, and goes on below the text", () => {
  const recorded = sketch([{
    name: "a task with a long name",
    start: 0,
    end: 9,
    waits: [[0, 9, "its turn at a.example", "network"]],
  }]);
  assertEquals(
    formatSummary(summarize(recorded), { width: 40 }),
    `
Tasks        1, done
At once      1.0 on average, 1 at most
Took         9 ms instead of 9 ms one by
             one
Waited for   its turn at a.example: 9 ms
The end      waited for a task with a
             long name (9 ms, the
             network)`.trimStart(),
  );
});

Deno.test("formatSummary() says what is missing, and when the loop stood still", () => {
  const text = formatSummary(
    summarize(sketch(many(2, "job", 100, 0), { dropped: 7, stalls: [{ start: 0, end: 60, span: null }] })),
  );
  assertStringIncludes(text, "Stood still  once, 60 ms in all");
  assertStringIncludes(text, "Missing      7 of the oldest");
});

Deno.test("formatSummary() has something to say about nothing", () => {
  assertEquals(formatSummary(summarize(sketch([]))), "Tasks        0");
});
