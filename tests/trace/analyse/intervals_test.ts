import { assertEquals } from "@std/assert";
import { lastEnd, overlapWith, peakOf, totalOf, union } from "../../../lib/trace/analyse/intervals.ts";

const of = (...pairs: [number, number][]) => pairs.map(([start, end]) => ({ start, end }));

Deno.test("union() joins stretches that overlap or touch", () => {
  assertEquals(union(of([5, 6], [0, 2], [1, 3], [3, 4])), of([0, 4], [5, 6]));
});

Deno.test("union() takes in what is inside", () => {
  assertEquals(union(of([0, 10], [2, 3])), of([0, 10]));
});

Deno.test("totalOf() adds up lengths", () => {
  assertEquals(totalOf(of([0, 2], [5, 6])), 3);
});

Deno.test("overlapWith() measures what a stretch shares with others", () => {
  const overlap = overlapWith(of([10, 20], [30, 40]));
  for (
    const [start, end, shared] of [[0, 5, 0], [0, 15, 5], [15, 35, 10], [20, 30, 0], [0, 100, 20], [12, 13, 1], [
      50,
      60,
      0,
    ]]
  ) assertEquals(overlap({ start: start!, end: end! }), shared!, `${start} to ${end}`);
});

Deno.test("peakOf() counts one that ends as another begins once", () => {
  assertEquals(peakOf(of([0, 10], [10, 20], [5, 15])), 2);
  assertEquals(peakOf([]), 0);
});

Deno.test("lastEnd() is no matter of how many there are", () => {
  assertEquals(lastEnd(Array.from({ length: 200_000 }, (_, i) => ({ start: i, end: i + 1 }))), 200_000);
});
