import { assertEquals } from "@std/assert";
import { bold } from "@std/fmt/colors";
import { cut, glossary, pad, table, widthOf, wrap } from "../../lib/text/layout.ts";

Deno.test("widthOf() counts columns, not characters, and no colours", () => {
  assertEquals(widthOf("日本"), 4);
  assertEquals(widthOf(bold("text")), 4);
});

Deno.test("pad() fills on either side, and leaves what is too long", () => {
  assertEquals(pad("ab", 4), "ab  ");
  assertEquals(pad("ab", 4, "right"), "  ab");
  assertEquals(pad("abcdef", 4), "abcdef");
});

Deno.test("cut() shortens to the width, wide characters and all", () => {
  assertEquals(cut("abcdef", 6), "abcdef");
  assertEquals(cut("abcdef", 4), "abc…");
  assertEquals(cut("日本語", 4), "日…");
  assertEquals(cut("abc", 0), "");
});

Deno.test("wrap() breaks between words, and keeps the indent", () => {
  assertEquals(wrap("one two three", 7), ["one two", "three"]);
  assertEquals(wrap("  one two three", 9), ["  one two", "  three"]);
});

Deno.test("wrap() gives a word that is too long a line of its own", () => {
  assertEquals(wrap("a incomprehensible b", 5), ["a", "incomprehensible", "b"]);
});

Deno.test("glossary() sets explanations in one column", () => {
  assertEquals(glossary([["a", "one two three four five six"], ["long", "seven"]], 28), [
    "  a     one two three four",
    "        five six",
    "  long  seven",
  ]);
});

Deno.test("table() aligns each column", () => {
  assertEquals(table([["name", "n"], ["a", "100"]], ["left", "right"]), ["name    n", "a     100"]);
  assertEquals(table([], ["left"]), []);
});
