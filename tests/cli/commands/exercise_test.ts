import { assertEquals } from "@std/assert";
import { choosePalette } from "../../../lib/cli/show/output.ts";
import { saving } from "../../../lib/cli/commands/exercise.ts";

const PAINT = choosePalette("never", { noColor: undefined, forceColor: undefined, isTerminal: false });

for (
  const [before, after, text] of [
    [6000, 3000, "6.00 s → 3.00 s, 3.00 s saved"],
    [1209, 604, "1.21 s → 0.60 s, 0.60 s saved"],
    [60, 30, "60 ms → 30 ms, 30 ms saved"],
    [30, 60, "30 ms → 60 ms, 30 ms lost"],
  ] as const
) {
  Deno.test(`saving() says ${text}`, () => {
    assertEquals(saving(before, after, PAINT), text);
  });
}
