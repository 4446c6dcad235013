import { assertEquals } from "@std/assert";
import { suggest } from "../../../lib/cli/words/suggest.ts";

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

Deno.test("suggest() takes letters that changed places for a smaller slip than others", () => {
  assertEquals(suggest("jbos", ["json", "jobs"]), "jobs");
});
