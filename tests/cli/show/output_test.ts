import { assertEquals } from "@std/assert";
import { choosePalette, type ColorChoice } from "../../../lib/cli/show/output.ts";

const CASES: [ColorChoice, { noColor?: string; forceColor?: string; isTerminal?: boolean }, colored: boolean][] = [
  ["auto", { isTerminal: true }, true],
  ["auto", { isTerminal: false }, false],
  ["auto", { isTerminal: true, noColor: "1" }, false],
  ["auto", { isTerminal: true, noColor: "" }, true],
  ["auto", { isTerminal: false, forceColor: "1" }, true],
  ["auto", { isTerminal: false, forceColor: "" }, false],
  ["auto", { isTerminal: false, forceColor: "1", noColor: "1" }, false],
  ["always", { isTerminal: false, noColor: "1" }, true],
  ["never", { isTerminal: true, forceColor: "1" }, false],
];

for (const [choice, { noColor, forceColor, isTerminal = false }, colored] of CASES) {
  const where = isTerminal ? "a terminal" : "a pipe";
  const variables = `NO_COLOR=${noColor ?? "(unset)"} FORCE_COLOR=${forceColor ?? "(unset)"}`;
  Deno.test(`choosePalette() with --color=${choice}, ${variables}, on ${where}: ${colored ? "colours" : "none"}`, () => {
    const palette = choosePalette(choice, { noColor, forceColor, isTerminal });
    assertEquals(palette.good("text") !== "text", colored);
  });
}
