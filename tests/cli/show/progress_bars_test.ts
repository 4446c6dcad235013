import { assertEquals, assertStringIncludes } from "@std/assert";
import { choosePalette } from "../../../lib/cli/show/output.ts";
import { ProgressBars } from "../../../lib/cli/show/progress_bars.ts";
import { progressLine } from "../../../lib/cli/show/progress_line.ts";
import { Speedometer } from "../../../lib/cli/show/progress_bars.ts";
import { widthOf } from "../../../lib/text/layout.ts";
import { asyncTest } from "../../../lib/testing/mod.ts";

const PAINT = choosePalette("never", { noColor: undefined, forceColor: undefined, isTerminal: true });
const HIDE = "\x1b[?25l";
const SHOW = "\x1b[?25h";

/** Bars on a terminal of the given size, and everything they wrote. */
function bars({ width = 80, height = 24, count = 1 } = {}) {
  const written: string[] = [];
  const screen = { isTerminal: true, width, height, paint: PAINT, colored: false };
  return { screen, bars: new ProgressBars<string>(screen, count, (text) => written.push(text)), written };
}

/** The lines of what was drawn last. */
function lines(written: readonly string[]): string[] {
  return written.at(-1)!.split(HIDE)[1]!.split("\n").slice(0, -1);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("progressLine() shows name, bar and amount", () => {
  const line = progressLine({ name: "a.bin", received: 500, size: 1000 }, null, 60, PAINT);
  assertEquals(line, `${"a.bin".padEnd(18)}  ${"━".repeat(9)}${"─".repeat(9)}  500 B / 1 kB`);
});

Deno.test("progressLine() shows only the amount while the size is not known", () => {
  const line = progressLine({ name: "a.bin", received: 500, size: null }, null, 60, PAINT);
  assertEquals(line, `${"a.bin".padEnd(38)}  500 B`);
});

Deno.test("progressLine() shows speed and time left where there is room", () => {
  const progress = { name: "a.bin", received: 1_000_000, size: 4_000_000 };
  for (const width of [80, 100]) {
    assertStringIncludes(progressLine(progress, 500_000, width, PAINT), "1 MB / 4 MB          500 kB/s  6.00 s left");
  }
  assertEquals(progressLine(progress, 500_000, 60, PAINT).includes("left"), false);
  assertEquals(progressLine({ ...progress, size: null }, 500_000, 100, PAINT).includes("left"), false);
  assertEquals(progressLine(progress, 0, 100, PAINT).includes("left"), false);
});

Deno.test("progressLine() is never wider than the terminal", () => {
  const progress = { name: "日本語".repeat(30), received: 999_999_999, size: 1_000_000_000 };
  for (const width of [10, 20, 40, 60, 80, 90, 200]) {
    const columns = widthOf(progressLine(progress, 123_456_789, width, PAINT));
    assertEquals(columns <= Math.max(width, 21), true, `${columns} columns of ${width}`);
  }
});

Deno.test("Speedometer tells the speed of late", () => {
  const speedometer = new Speedometer();
  assertEquals(speedometer.speed(0), null);
  speedometer.read(1000, 0);
  assertEquals(speedometer.speed(0), null);
  for (let at = 100; at <= 10_000; at += 100) speedometer.read(1000 + at * 2, at);
  assertEquals(speedometer.speed(10_000), 2000);
  for (let at = 10_100; at <= 20_000; at += 100) speedometer.read(21_000 + (at - 10_000) * 5, at);
  assertEquals(speedometer.speed(20_000), 5000);
});

Deno.test("Speedometer goes down when nothing comes, and starts over when less comes", () => {
  const speedometer = new Speedometer();
  speedometer.read(0, 0);
  speedometer.read(1000, 1000);
  assertEquals(speedometer.speed(2000), 500);
  speedometer.read(10, 3000);
  assertEquals(speedometer.speed(3000), null);
});

Deno.test("ProgressBars shows a line for each, and one for all", () => {
  const { bars: all, written } = bars({ width: 60, count: 3 });
  using _all = all;
  all.end("done", 1000);
  all.update("a", { name: "a.bin", received: 500, size: 1000 });
  all.update("b", { name: "b.bin", received: 100, size: 500 });
  all.redraw();
  const [a, b, total, ...more] = lines(written);
  assertStringIncludes(a!, "500 B / 1 kB");
  assertStringIncludes(b!, "100 B / 500 B");
  assertStringIncludes(total!, "1 of 3 fi");
  assertStringIncludes(total!, "1.6 kB / 2.5 kB");
  assertEquals(more, []);
});

Deno.test("ProgressBars knows no size of all while some have not begun", () => {
  const { bars: all, written } = bars({ width: 60, count: 3 });
  using _all = all;
  all.update("a", { name: "a.bin", received: 500, size: 1000 });
  all.redraw();
  assertEquals(lines(written)[1]!.trimEnd().endsWith("  500 B"), true);
});

Deno.test("ProgressBars draws no more lines than it can take back", () => {
  const { bars: all, written } = bars({ height: 5, count: 20 });
  using _all = all;
  for (let i = 0; i < 20; i++) all.update(`${i}`, { name: `${i}`, received: 0, size: 1 });
  all.redraw();
  assertEquals(lines(written).length, 4);
});

Deno.test("ProgressBars takes back what it has drawn, and shows the cursor again", () => {
  const { bars: all, written } = bars();
  all.update("a", { name: "a", received: 0, size: 1 });
  all[Symbol.dispose]();
  assertEquals(written.at(-1), `\x1b[1A\r\x1b[J${SHOW}`);
});

Deno.test("ProgressBars takes back lines that a narrower terminal has broken", () => {
  const { screen, bars: all, written } = bars({ width: 80 });
  all.update("a", { name: "a", received: 0, size: 1 });
  const { length } = lines(written)[0]!;
  screen.width = 20;
  all[Symbol.dispose]();
  assertEquals(written.at(-1), `\x1b[${Math.ceil(length / 20)}A\r\x1b[J${SHOW}`);
});

Deno.test("ProgressBars makes room for other lines", () => {
  const { bars: all, written } = bars();
  using _all = all;
  all.update("a", { name: "a", received: 0, size: 1 });
  all.clear();
  all.clear();
  assertEquals(written.slice(1), [`\x1b[1A\r\x1b[J${SHOW}`]);
});

asyncTest("ProgressBars is redrawn ten times a second, and shows the latest", async () => {
  const { bars: all, written } = bars({ width: 60 });
  using _all = all;
  for (let received = 0; received <= 1000; received += 10) {
    all.update("a", { name: "a", received, size: 1000 });
    await pause(2);
  }
  await pause(110);
  // At 0, 100, 200 and 300 ms; the last update came just after 200.
  assertEquals(written.length, 4);
  assertStringIncludes(lines(written)[0]!, "1 kB / 1 kB");
}, { globals: true });

Deno.test("ProgressBars is redrawn when the terminal changes its size", async () => {
  const { screen, bars: all, written } = bars({ width: 80 });
  using _all = all;
  all.update("a", { name: "a", received: 1, size: 2 });
  await pause(110);
  const { length } = written;
  screen.width = 20;
  Deno.kill(Deno.pid, "SIGWINCH");
  while (written.length === length) await pause(5);
  assertEquals(lines(written), [progressLine({ name: "a", received: 1, size: 2 }, null, 20, PAINT)]);
});
