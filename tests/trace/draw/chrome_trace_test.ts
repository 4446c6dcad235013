import { assertAlmostEquals, assertEquals } from "@std/assert";
import { createTask, gather, sleep, timeout } from "../../../mod.ts";
import { toChromeTrace } from "../../../lib/trace/draw/chrome_trace.ts";
import type { Recorded } from "../../../lib/trace/record/recorded.ts";
import { many, record, sketch } from "../recording.ts";

interface Event {
  ph: string;
  name: string;
  cat: string;
  pid: number;
  tid: number;
  ts: number;
  dur: number;
  id: number;
  args: Record<string, unknown>;
}

const eventsOf = (recorded: Recorded): Event[] => JSON.parse(toChromeTrace(recorded)).traceEvents;
const slicesOf = (recorded: Recorded) => eventsOf(recorded).filter(({ ph }) => ph === "X");

/** What the format demands: slices of one row lie inside each other, or one after the other. */
function checkNesting(slices: Event[]): void {
  for (const row of Map.groupBy(slices, ({ pid, tid }) => `${pid}/${tid}`).values()) {
    const open: Event[] = [];
    for (const slice of row.sort((a, b) => a.ts - b.ts || b.dur - a.dur)) {
      while (open.length > 0 && end(open.at(-1)!) <= nano(slice.ts)) open.pop();
      const around = open.at(-1);
      if (around !== undefined) assertEquals(end(slice) <= end(around), true, `${slice.name} in ${around.name}`);
      open.push(slice);
    }
  }
}

const nano = (micro: number) => Math.round(micro * 1000);
const end = ({ ts, dur }: Event) => nano(ts) + nano(dur);

Deno.test("Chrome's format has a slice for each span and each wait, in microseconds", () => {
  const recorded = sketch([{ name: "users", start: 1, end: 2.5, waits: [[1.5, 2, "sleep 0.5 ms"]] }]);
  assertEquals(slicesOf(recorded).map(({ name, ts, dur, cat }) => ({ name, ts, dur, cat })), [
    { name: "users", ts: 1_000, dur: 1_500, cat: "task" },
    { name: "sleep 0.5 ms", ts: 1_500, dur: 500, cat: "wait,sleep" },
  ]);
});

Deno.test("Chrome's format has slices that nest, whatever overlaps", async () => {
  const recorded = await record(async () => {
    const jobs = Array.from({ length: 40 }, (_, i) => async () => {
      await sleep(i % 7);
      await gather(() => sleep(i % 5), () => timeout(10, () => sleep(i % 3)));
      await Promise.all([createTask(() => sleep(3)), sleep(i % 4)]);
    });
    await gather(jobs, { concurrency: 7 });
  });
  assertEquals(recorded.spans.length > 150, true);
  checkNesting(slicesOf(recorded));
});

Deno.test("Chrome's format puts a span into the row of what is around it where there is room", () => {
  const inside = [{ name: "first", start: 0, end: 5 }, { name: "beside", start: 2, end: 4 }, {
    name: "next",
    start: 6,
    end: 9,
  }];
  const rows = new Map(
    slicesOf(sketch([{ name: "main", start: 0, end: 10, inside }])).map(({ name, tid }) => [name, tid]),
  );
  assertEquals(rows.get("first"), rows.get("main"));
  assertEquals(rows.get("next"), rows.get("main"));
  assertEquals(rows.get("beside") === rows.get("main"), false);
});

Deno.test("Chrome's format uses a row again", () => {
  const rows = new Set(slicesOf(sketch(many(1_000, "job", 5, 10))).map(({ tid }) => tid));
  assertEquals(rows.size, 1);
});

Deno.test("Chrome's format flags what was cancelled and what has failed", () => {
  const events = eventsOf(sketch([
    { name: "a", start: 1, end: 2, state: "cancelled", cancelledAt: 1.5 },
    { name: "b", start: 1, end: 2, state: "failed", error: "Error: boom" },
  ]));
  const [a, b] = events.filter(({ ph }) => ph === "X");
  assertEquals([a!.args.state, b!.args.state, b!.args.error], ["cancelled", "failed", "Error: boom"]);
  const instant = events.find(({ ph }) => ph === "i")!;
  assertEquals([instant.name, instant.ts, instant.tid], ["cancelled", 1_500, a!.tid]);
});

Deno.test("Chrome's format leads from a call to its run in a worker", () => {
  const events = eventsOf(sketch([{ name: "fib", start: 0, end: 9, runs: [{ where: "pool/1", start: 2, end: 8 }] }]));
  const [call, run] = events.filter(({ ph }) => ph === "X");
  const [from, to] = ["s", "f"].map((phase) => events.find(({ ph }) => ph === phase)!);
  assertEquals([from!.pid, from!.tid, to!.pid, to!.tid], [call!.pid, call!.tid, run!.pid, run!.tid]);
  assertEquals(from!.id, to!.id);
  const names = events.filter(({ ph, pid }) => ph === "M" && pid === run!.pid).map(({ args }) => args.name);
  assertEquals(names, ["workers", "pool/1"]);
});

Deno.test("Chrome's format has a row for the event loop when it stood still", () => {
  const recorded = sketch([{ name: "greedy", start: 0, end: 99 }], { stalls: [{ start: 10, end: 80, span: 1 }] });
  const stall = slicesOf(recorded).find(({ cat }) => cat === "stall")!;
  assertAlmostEquals(stall.dur, 70_000);
  assertEquals(stall.args, { "held by": "greedy" });
});

Deno.test("Chrome's format takes a hundred thousand spans at once", () => {
  assertEquals(slicesOf(sketch(many(100_000, "job", 1_000_000, 0))).length, 200_000);
});
