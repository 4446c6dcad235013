import { assertEquals } from "@std/assert";
import { editDistance, suggest } from "../../lib/cli/suggest.ts";

const COMMANDS = ["demo", "delays", "download", "mixed", "errors", "run", "list"];

for (
  const [word, meant] of [
    ["dmeo", "demo"],
    ["delay", "delays"],
    ["dl", undefined],
    ["down", "download"],
    ["mixd", "mixed"],
    ["lst", "list"],
    ["rnu", "run"],
    ["x", undefined],
    ["", undefined],
    ["completely-different", undefined],
  ] as const
) {
  Deno.test(`suggest() takes "${word}" for ${meant ?? "nothing known"}`, () => {
    assertEquals(suggest(word, COMMANDS), meant);
  });
}

Deno.test("suggest() knows nothing close to a word among no words", () => {
  assertEquals(suggest("demo", []), undefined);
});

for (
  const [a, b, distance] of [
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "", 3],
    ["abc", "abc", 0],
    ["abc", "abd", 1],
    ["abc", "acb", 1],
    ["abc", "ab", 1],
    ["kitten", "sitting", 3],
  ] as const
) {
  Deno.test(`editDistance() of "${a}" and "${b}" is ${distance}`, () => {
    assertEquals(editDistance(a, b), distance);
    assertEquals(editDistance(b, a), distance);
  });
}
