import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { toSvg } from "../../../lib/trace/draw/svg.ts";
import { many, sketch } from "../recording.ts";

/** Check that tags are closed in order, and that nothing stands in the text that is markup. */
function checkWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, close, name, empty] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (close) assertEquals(open.pop(), name);
    else if (!empty) open.push(name!);
  }
  assertEquals(open, []);
  assertEquals(/&(?!#\d+;)/.test(svg), false);
}

Deno.test("the SVG shows each task by its name and its time", () => {
  const svg = toSvg(sketch([{ name: "users", start: 0, end: 200, waits: [[0, 150, "sleep 150 ms"]] }]));
  checkWellFormed(svg);
  assertMatch(svg, />users<\/text>/);
  assertMatch(svg, />200 ms<\/text>/);
});

Deno.test("the SVG has colours for light and for dark", () => {
  const svg = toSvg(sketch([{ name: "users", start: 0, end: 200 }]));
  assertStringIncludes(svg, "@media(prefers-color-scheme:dark)");
  const defined = new Set([...svg.matchAll(/--([a-z]+):#/g)].map(([, name]) => name));
  const used = [...svg.matchAll(/var\(--([a-z]+)\)/g)].map(([, name]) => name);
  assertEquals(used.filter((name) => !defined.has(name)), []);
});

Deno.test("the SVG shows any name and error as it is", () => {
  const evil = `</text><script>alert("1")</script>&amp;'\u0000\ud800`;
  const svg = toSvg(sketch([{ name: evil, start: 0, end: 1, state: "failed", error: evil }]));
  checkWellFormed(svg);
  assertEquals(svg.includes("<script"), false);
  assertEquals(svg.includes("\u0000"), false);
});

Deno.test("the SVG folds what does not fit", () => {
  const svg = toSvg(sketch([{ name: "main", start: 0, end: 20_000, inside: many(10_000, "job", 10, 1) }]));
  checkWellFormed(svg);
  assertStringIncludes(svg, "job × 10000");
  assertEquals(svg.length < 100_000, true);
});

Deno.test("the SVG marks the critical path, and explains no colour that it does not use", () => {
  const svg = toSvg(sketch([{ name: "users", start: 0, end: 200 }]));
  assertStringIncludes(svg, `class="path"`);
  assertStringIncludes(svg, ">critical path<");
  assertEquals(svg.includes(">lock or queue<"), false);
});

Deno.test("the SVG of nothing is a picture", () => {
  checkWellFormed(toSvg(sketch([])));
});
