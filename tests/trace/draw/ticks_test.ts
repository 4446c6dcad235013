import { assertEquals } from "@std/assert";
import { ticksOf } from "../../../lib/trace/draw/ticks.ts";

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
