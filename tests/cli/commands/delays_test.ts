import { assertEquals } from "@std/assert";
import { drawCalls } from "../../../lib/cli/commands/delays.ts";

const SPANS = [{ name: "a", start: 0, end: 50 }, { name: "bb", start: 50, end: 100 }];

Deno.test("drawCalls() draws each span where it was", () => {
  assertEquals(drawCalls(SPANS, 100, 28), [
    `  a   ${"━".repeat(10)}`,
    `  bb  ${" ".repeat(10)}${"━".repeat(10)}`,
  ]);
});

Deno.test("drawCalls() draws the shortest span, and one at the very end", () => {
  assertEquals(drawCalls([{ name: "a", start: 100, end: 100 }], 100, 17), [`  a  ${" ".repeat(9)}━`]);
});

Deno.test("drawCalls() is never wider than the terminal, nor than is clear", () => {
  for (const width of [40, 60, 80, 200]) {
    const widest = Math.max(...drawCalls(SPANS, 100, width).map((line) => line.length));
    assertEquals(widest <= Math.min(width, 78), true, `${widest} columns of ${width}`);
  }
});

Deno.test("drawCalls() draws calls that took no time", () => {
  assertEquals(drawCalls([{ name: "a", start: 0, end: 0 }], 0, 17), ["  a  ━"]);
});
