import { assertEquals } from "@std/assert";
import { formatMs, ticksOf } from "../../../lib/trace/draw/moments.ts";

Deno.test("formatMs() keeps the digits that matter", () => {
  for (
    const [ms, text] of [
      [0, "0 µs"],
      [0.0123, "12 µs"],
      [0.5, "0.5 ms"],
      [9.94, "9.9 ms"],
      [42.4, "42 ms"],
      [999.4, "999 ms"],
      [999.6, "1.00 s"],
      [1_234, "1.23 s"],
      [59_900, "59.9 s"],
      [61_000, "1:01 min"],
      [3_600_000 + 62_000, "1:01:02 h"],
    ] as const
  ) assertEquals(formatMs(ms), text);
});

Deno.test("ticksOf() marks round times, in one unit", () => {
  assertEquals(ticksOf(0, 600, 4).map(({ label }) => label), ["0", "200 ms", "400 ms", "600 ms"]);
  assertEquals(ticksOf(0, 2_400, 5).map(({ label }) => label), ["0", "0.5 s", "1.0 s", "1.5 s", "2.0 s"]);
});

Deno.test("ticksOf() marks a part of the axis as precisely as it needs", () => {
  assertEquals(ticksOf(100.12, 100.18, 4).map(({ label }) => label), [
    "100.12 ms",
    "100.14 ms",
    "100.16 ms",
    "100.18 ms",
  ]);
});

Deno.test("ticksOf() copes with an axis of no length", () => {
  assertEquals(ticksOf(0, 0, 5), [{ time: 0, label: "0" }]);
});
