import { assertAlmostEquals, assertEquals } from "@std/assert";
import { growth, growthOfNLogN, median, spread } from "../../bench/statistics.ts";

Deno.test("median() of an even number of values lies between the middle two", () => {
  assertEquals([median([3, 1, 2]), median([4, 1, 3, 2])], [2, 2.5]);
});

Deno.test("spread() is what half of the values keep to", () => {
  assertEquals(spread([1, 2, 3, 4, 100]), 1);
});

Deno.test("growth() finds the power of n", () => {
  const sizes = [10, 100, 1_000];
  assertAlmostEquals(growth(sizes, sizes.map((n) => 3 * n ** 2)), 2);
  assertAlmostEquals(growth(sizes, sizes), 1);
});

Deno.test("growthOfNLogN() lies a little above 1", () => {
  assertAlmostEquals(growthOfNLogN([1_000, 100_000]), 1.11, 0.01);
});
