import { assertEquals, assertStringIncludes } from "@std/assert";
import { choosePalette } from "../../lib/cli/palette.ts";
import { ProgressBars } from "../../lib/cli/progress_bars.ts";

const PAINT = choosePalette("never", { noColor: undefined, forceColor: undefined, isTerminal: true });

/** Bars on a terminal of the given size, and everything they wrote. */
function bars(width = 80, height = 24) {
  const written: string[] = [];
  const screen = { isTerminal: true, width, height, paint: PAINT };
  return { bars: new ProgressBars<string>(screen, (text) => written.push(text)), written };
}

Deno.test("ProgressBars shows name, bar and amount", () => {
  const { bars: all, written } = bars(60);
  using _all = all;
  all.update("a", { name: "a.bin", received: 500, size: 1000 });
  const line = written.at(-1)!.split("\x1b[J")[1]!;
  assertEquals(line, `${"a.bin".padEnd(12)}  ${"━".repeat(12)}${"─".repeat(12)}  500 B / 1 kB\n`);
});

Deno.test("ProgressBars shows only the amount while the size is not known", () => {
  const { bars: all, written } = bars(60);
  using _all = all;
  all.update("a", { name: "a.bin", received: 500, size: null });
  assertStringIncludes(written.at(-1)!, "a.bin");
  assertStringIncludes(written.at(-1)!, "  500 B\n");
});

Deno.test("ProgressBars is never wider than the terminal", () => {
  for (const width of [10, 20, 40, 60, 80, 200]) {
    const { bars: all, written } = bars(width);
    using _all = all;
    all.update("a", { name: "日本語".repeat(30), received: 999_999_999, size: 1_000_000_000 });
    const line = written.at(-1)!.split("\x1b[J")[1]!.trimEnd();
    assertEquals(line.length <= Math.max(width, 21), true, `${line.length} columns of ${width}`);
  }
});

Deno.test("ProgressBars draws no more lines than it can take back", () => {
  const { bars: all, written } = bars(80, 5);
  using _all = all;
  for (let i = 0; i < 20; i++) all.update(`${i}`, { name: `${i}`, received: 0, size: 1 });
  all.remove("0");
  assertEquals(written.at(-1)!.split("\n").length - 1, 4);
});

Deno.test("ProgressBars takes back what it has drawn", () => {
  const { bars: all, written } = bars();
  all.update("a", { name: "a", received: 0, size: 1 });
  all[Symbol.dispose]();
  assertEquals(written.at(-1), "\x1b[1A\r\x1b[J");
});

Deno.test("ProgressBars is redrawn in moderation", () => {
  const { bars: all, written } = bars();
  using _all = all;
  for (let i = 0; i < 1000; i++) all.update("a", { name: "a", received: i, size: 1000 });
  assertEquals(written.length < 100, true);
});
