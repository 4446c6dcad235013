import { assertEquals } from "@std/assert";
import { duration } from "../../lib/cli/duration.ts";

for (
  const [ms, text] of [
    [0, "0 ms"],
    [0.4, "0 ms"],
    [46.2, "46 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [6000, "6.0 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min 0 s"],
    [200_000, "3 min 20 s"],
    [3_599_400, "59 min 59 s"],
    [3_599_600, "1 h 0 min"],
    [90_000_000, "25 h 0 min"],
  ] as const
) {
  Deno.test(`duration() writes ${ms} as ${text}`, () => {
    assertEquals(duration(ms), text);
  });
}

Deno.test("duration() writes in the unit of what it is compared with", () => {
  assertEquals(duration(604, 1209), "0.6 s");
});
