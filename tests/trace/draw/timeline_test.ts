import { unicodeWidth } from "@std/cli/unicode-width";
import { stripAnsiCode } from "@std/fmt/colors";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { drawTimeline, type TimelineOptions } from "../../../lib/trace/draw/timeline.ts";
import type { Recorded } from "../../../lib/trace/record/recorded.ts";
import { many, sketch, type SpanSketch } from "../recording.ts";

const lines = (recorded: Recorded, options?: TimelineOptions) => drawTimeline(recorded, options).split("\n");

const SLEEP: SpanSketch = { name: "users", start: 0, end: 200, waits: [[0, 200, "sleep 200 ms"]] };

Deno.test("timeline() draws each task as a bar, indented by what it is in", () => {
  const recorded = sketch([{
    name: "main",
    start: 0,
    end: 600,
    inside: [
      SLEEP,
      { name: "orders", start: 0, end: 600, waits: [[0, 300, "sleep 300 ms"]] },
      { name: "late", start: 400, end: 500, state: "failed" },
    ],
  }]);
  assertEquals(
    drawTimeline(recorded, { width: 60 }),
    `
         ╷0           ╷200 ms      ╷400 ms
main     ┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈   600 ms
├ users  ─────────────                             200 ms
├ orders ───────────────────━━━━━━━━━━━━━━━━━━━━   600 ms
└ late                             ━━━━━━╸       ✗ 100 ms

━━ own code, or a promise of others   ── waiting   ✗ failed`.slice(1),
  );
});

Deno.test("timeline() tells waits for the network, for processes and for others apart, also without colours", () => {
  const recorded = sketch([
    { name: "page", start: 0, end: 60, waits: [[0, 40, "GET https://a.example/", "network"]] },
    { name: "sort", start: 0, end: 60, waits: [[0, 40, "sort rows.txt", "process"]] },
    { name: "nap", start: 0, end: 60, waits: [[0, 60, "sleep 60 ms"]] },
  ]);
  const [, page, sort, nap, , legend] = lines(recorded, { width: 36 });
  for (const [line, bar] of [[page, "≈≈≈≈≈≈━━━"], [sort, "≡≡≡≡≡≡━━━"], [nap, "──────"]] as const) {
    assertStringIncludes(line!, bar);
  }
  assertStringIncludes(legend!, "── waiting   ≈≈ network   ≡≡ process");
});

Deno.test("timeline() stays within its width, with 5 tasks or 500, in any script", () => {
  const names = [
    "fetchUser",
    "a name that is far too long for any terminal",
    "取得データ一覧",
    "🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀",
  ];
  for (const count of [5, 500]) {
    for (const width of [40, 80, 132]) {
      const recorded = sketch(names.flatMap((name) => many(count / 5, name, 50, 3)));
      for (const line of lines(recorded, { width, color: true }).slice(0, -2)) {
        const columns = unicodeWidth(stripAnsiCode(line));
        assertEquals(columns <= width, true, `${columns} of ${width} columns: ${line}`);
      }
    }
  }
});

Deno.test("timeline() has room for 500 tasks in the lines that there are", () => {
  const recorded = sketch([{ name: "main", start: 0, end: 1_600, inside: many(500, "request", 100, 3) }]);
  const [, main, request, ...rest] = lines(recorded, { rows: 10 });
  assertStringIncludes(main!, "1.60 s");
  assertStringIncludes(request!, "request × 500");
  assertStringIncludes(request!, "≤ 34");
  assertEquals(rest, ["", "▂▅ how many at once"]);
});

Deno.test("timeline() folds no more than it has to", () => {
  const recorded = sketch([...many(30, "many", 10, 1), ...many(4, "few", 10, 1), SLEEP]);
  const labels = lines(recorded, { rows: 8 }).slice(1, 7).map((line) => line.split(/ {2,}| [▁-█─━╶]/)[0]);
  assertEquals(labels, ["many × 30", "few-1", "few-2", "few-3", "few-4", "users"]);
});

Deno.test("timeline() says how many it has left out when nothing can be folded", () => {
  const letters = [..."abcdefghij"];
  const recorded = sketch(letters.map((name) => ({ name, start: 0, end: 10 })));
  assertStringIncludes(drawTimeline(recorded, { rows: 4 }), "\n… and 7 more\n");
});

Deno.test("timeline() counts the failures among tasks that share a line", () => {
  const jobs = many(50, "job", 10, 1).map((job, i) => i % 10 === 0 ? { ...job, state: "failed" as const } : job);
  assertStringIncludes(drawTimeline(sketch(jobs), { rows: 3 }), "✗5");
});

Deno.test("timeline() gives the event loop a line when it stood still", () => {
  const recorded = sketch([{ name: "main", start: 0, end: 100 }], { stalls: [{ start: 20, end: 80, span: 1 }] });
  const loop = lines(recorded).find((line) => line.startsWith("event loop"))!;
  assertStringIncludes(loop, "▒▒▒");
  assertStringIncludes(loop, "60 ms");
});

Deno.test("timeline() gives each worker a line", () => {
  const run = (start: number, end: number, where: string) => ({ runs: [{ start, end, where }] });
  const recorded = sketch([
    { name: "fib-1", start: 0, end: 100, ...run(5, 90, "pool/1") },
    { name: "fib-2", start: 0, end: 60, ...run(5, 50, "pool/2") },
  ]);
  const rows = lines(recorded).filter((line) => line.startsWith("pool/"));
  assertEquals(rows.map((row) => [row.slice(0, 6), row.includes("═")]), [["pool/1", true], ["pool/2", true]]);
});

Deno.test("timeline() leaves out a gather, whose tasks stand for it", () => {
  const recorded = sketch([{ name: "gather-1", kind: "gather", start: 0, end: 200, inside: [SLEEP] }]);
  assertEquals(lines(recorded).some((line) => line.startsWith("gather")), false);
  assertEquals(lines(recorded)[1]!.startsWith("users"), true);
});

Deno.test("timeline() shows a task of no length", () => {
  const recorded = sketch([{ name: "long", start: 0, end: 1_000 }, { name: "short", start: 500, end: 500 }]);
  assertEquals(/short +[╺╸╴╶━]/.test(drawTimeline(recorded)), true);
});

Deno.test("timeline() uses colours only when it is told to", () => {
  const recorded = sketch([SLEEP]);
  assertEquals(drawTimeline(recorded), stripAnsiCode(drawTimeline(recorded, { color: true })));
  assertEquals(drawTimeline(recorded) === drawTimeline(recorded, { color: true }), false);
});

Deno.test("timeline() of nothing says so", () => {
  assertEquals(drawTimeline(sketch([])), "no tasks");
});
