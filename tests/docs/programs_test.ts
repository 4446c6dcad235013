// What the documentation says that its programs print, they print. That they run, and that their types are right, is seen
// to by `deno test --doc`.
import { assertEquals } from "@std/assert";
import { type Block, blocksOf, fits, markdownFiles, printedBy, ROOT, statedOutput } from "./programs.ts";

/** What `deno test --doc` takes for a program. */
const LANGUAGES = ["ts", "typescript", "js", "javascript", "tsx", "jsx", "mts", "cts", "mjs", "cjs"];

const blocks: Block[] = [];
for (const file of await markdownFiles()) {
  blocks.push(...blocksOf(file, await Deno.readTextFile(new URL(file, ROOT))));
}
const programs = blocks.filter(({ info }) => info === "ts");

for (const { file, line, code } of programs) {
  if (!code.includes("console.log(")) continue;
  Deno.test(`${file}:${line} prints what it states`, async () => {
    const stated = statedOutput(code);
    const printed = await printedBy(code);
    // Lines that fit are shown as stated, so that a difference shows only those that do not.
    assertEquals(printed.map((line, i) => fits(line, stated[i] ?? "") ? stated[i] : line), stated);
  });
}

Deno.test("no program of the documentation is left out of the tests", () => {
  const left = blocks.filter(({ info }) => info !== "ts" && LANGUAGES.includes(info.split(/[\s,{]/)[0]!));
  assertEquals(left.map(({ file, line, info }) => `${file}:${line} is "${info}"`), []);
});

Deno.test("every program of the documentation imports the package by its name", () => {
  const foreign = programs.filter(({ code }) => /from "(\.|jsr:|npm:|https?:)/.test(code));
  assertEquals(foreign.map(({ file, line }) => `${file}:${line}`), []);
});

Deno.test("statedOutput() reads the comments behind or below console.log, or the one that ends the program", () => {
  assertEquals(statedOutput('console.log("a"); // a\nconsole.log(\n  1,\n); // 1\n'), ["a", undefined]);
  assertEquals(statedOutput("loop(console.log);\n\n// Output:\n// a\n//   b\n"), ["a", "  b"]);
});

Deno.test("printedBy() collects what a program prints, as the console shows it", async () => {
  assertEquals(await printedBy('console.log("a", 1, [2], "b");'), ["a 1 [ 2 ] b"]);
});
