import { assertEquals } from "@std/assert";
import { formatMs } from "../../lib/text/durations.ts";

Deno.test("formatMs() keeps the digits that matter", () => {
  for (
    const [ms, text] of [
      [0, "0 µs"],
      [0.0123, "12 µs"],
      [0.5, "0.5 ms"],
      [9.94, "9.9 ms"],
      [42.4, "42 ms"],
      [46.2, "46 ms"],
      [999.4, "999 ms"],
      [999.6, "1.00 s"],
      [1_234, "1.23 s"],
      [6_000, "6.00 s"],
      [59_900, "59.9 s"],
      [59_940, "59.9 s"],
      [59_960, "1:00 min"],
      [61_000, "1:01 min"],
      [200_000, "3:20 min"],
      [3_599_400, "59:59 min"],
      [3_599_600, "1:00:00 h"],
      [90_000_000, "25:00:00 h"],
      [3_600_000 + 62_000, "1:01:02 h"],
    ] as const
  ) assertEquals(formatMs(ms), text, String(ms));
});

Deno.test("formatMs() writes in the unit of what it is compared with", () => {
  assertEquals(formatMs(604, 1209), "0.60 s");
  assertEquals(formatMs(0.4, 46), "0 ms");
  assertEquals(formatMs(61_000, 3_600_000), "0:01:01 h");
});
