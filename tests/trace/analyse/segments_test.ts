import { assertEquals } from "@std/assert";
import { segmentsOf } from "../../../lib/trace/analyse/segments.ts";
import { spanTree } from "../../../lib/trace/analyse/span_tree.ts";
import { sketch, type SpanSketch } from "../recording.ts";

const cut = (span: SpanSketch) =>
  segmentsOf(spanTree(sketch([span]))[0]!).map(({ start, end, activity }) => [start, end, activity]);

Deno.test("segmentsOf() cuts a task into its waits and its own code", () => {
  assertEquals(cut({ name: "a", start: 0, end: 10, waits: [[2, 5, "sleep 3 ms"], [6, 7, "a promise", "promise"]] }), [
    [0, 2, "own"],
    [2, 5, "sleep"],
    [5, 6, "own"],
    [6, 7, "promise"],
    [7, 10, "own"],
  ]);
});

Deno.test("segmentsOf() leaves to the spans inside what is theirs, overlapping or not", () => {
  const inside = [{ name: "b", start: 1, end: 5 }, { name: "c", start: 3, end: 8 }];
  assertEquals(cut({ name: "a", start: 0, end: 10, inside }), [[0, 1, "own"], [1, 8, "inside"], [8, 10, "own"]]);
});

Deno.test("segmentsOf() shows a wait of its own rather than what goes on inside meanwhile", () => {
  const inside = [{ name: "b", start: 0, end: 10 }];
  assertEquals(cut({ name: "a", start: 0, end: 10, inside, waits: [[4, 6, "sleep 2 ms"]] }), [
    [0, 4, "inside"],
    [4, 6, "sleep"],
    [6, 10, "inside"],
  ]);
});

Deno.test("segmentsOf() tells the time before the start from the rest", () => {
  assertEquals(cut({ name: "a", start: 0, started: 4, end: 10 }), [[0, 4, "queued"], [4, 10, "own"]]);
  assertEquals(cut({ name: "a", start: 0, started: null, end: 10, state: "cancelled" }), [[0, 10, "queued"]]);
});

Deno.test("segmentsOf() tells waiting for a worker from running in it", () => {
  const call: SpanSketch = { name: "fib", start: 0, end: 10, waits: [[0, 10, "worker fib", "worker"]] };
  assertEquals(cut({ ...call, runs: [{ start: 4, end: 9, where: "worker 1" }] }), [
    [0, 4, "queued"],
    [4, 9, "worker"],
    [9, 10, "queued"],
  ]);
});
