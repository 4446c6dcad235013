import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Found, report } from "../../bench/report.ts";
import type { Row } from "../../bench/row.ts";

const ROW: Row = {
  name: "naps",
  against: "a nap by hand",
  sizes: [10, 100, 1000],
  expected: (n) => n,
  floor: () => (n) => Promise.resolve(n),
  ours: () => (n) => Promise.resolve(n),
  goal: 1.5,
  reason: "Naps are long.",
};

function found(ratio: number, power = 1): Found[] {
  return ROW.sizes.flatMap((n) => [
    { row: "naps", n, contender: "floor", ratio: 1, spread: 0, cost: n, rounds: 5 },
    { row: "naps", n, contender: "ours", ratio, spread: 0.1, cost: ratio * n ** power, rounds: 5, goal: 1.5 },
  ]);
}

Deno.test("report() states goal and verdict of each size", () => {
  const text = report([ROW], found(1.25), []);
  assertStringIncludes(text, "| naps | 10 | a nap by hand | 1.25 ± 0.10 | 1.5 | met |");
  assertStringIncludes(text, "| naps | 1\u202f000 | a nap by hand | 1.25 ± 0.10 | 1.5 | met |");
});

Deno.test("report() gives the reason only where a goal is missed", () => {
  assertStringIncludes(report([ROW], found(2), []), "**naps.** Naps are long.");
  assertEquals(report([ROW], found(1), []).includes("Naps are long."), false);
});

Deno.test("report() says when cost grows faster than n log n", () => {
  assertStringIncludes(report([ROW], found(1, 2), []), "| 2.00 | 1.00 | 1.23 | **missed** |");
  assertStringIncludes(report([ROW], found(1), []), "| 1.00 | 1.00 | 1.23 | met |");
});

Deno.test("report() names who did not run, and why", () => {
  const failed: Found = { row: "naps", n: 10, contender: "uvloop", failure: "not installed" };
  assertStringIncludes(report([ROW], [...found(1), failed], []), "- uvloop: not installed (naps, n = 10)");
});
