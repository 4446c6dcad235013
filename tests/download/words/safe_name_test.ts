import { assertEquals } from "@std/assert";
import { LONGEST_SUFFIX } from "../../../lib/download/words/part_names.ts";
import { nameInUrl, numbered, safeName } from "../../../lib/download/words/safe_name.ts";

Deno.test("safeName() leaves good names alone", () => {
  for (const name of ["a.txt", "Ünïcödé 文件.tar.gz", "no extension", "a.b.c", "(1).jpg", "🎉.png"]) {
    assertEquals(safeName(name), name);
  }
});

Deno.test("safeName() makes bad names good", () => {
  const cases: Record<string, string> = {
    "../../etc/passwd": "passwd",
    "..\\..\\boot.ini": "boot.ini",
    "/absolute": "absolute",
    "C:\\x\\y.txt": "y.txt",
    "folder/": "folder",
    "a/..": "a",
    "..": "index.html",
    ".": "index.html",
    "": "index.html",
    "   ": "index.html",
    "/": "index.html",
    ".bashrc": "bashrc",
    "-rf": "rf",
    "--output=x": "output=x",
    ". .hidden": "hidden",
    "a.txt. . ": "a.txt",
    "a\0b\x1b[31m.txt": "ab[31m.txt",
    "invoice\u202Efdp.exe": "invoicefdp.exe",
    "zero\u200Bwidth\uFEFF": "zerowidth",
    "line\u2028break\u2029": "linebreak",
    "tag\u{E0041}": "tag",
    'a<b>c:d"e|f?g*h': "a_b_c_d_e_f_g_h",
    "CON": "_CON",
    "nul.txt": "_nul.txt",
    "com1 .log": "_com1 .log",
    "LPT¹": "_LPT¹",
    "console.log": "console.log",
    "com10": "com10",
    "e\u0301": "\u00E9",
    "\uD800x": "x",
  };
  for (const [name, safe] of Object.entries(cases)) assertEquals(safeName(name), safe, JSON.stringify(name));
});

Deno.test("safeName() keeps the extension of a name that is too long, and cuts no character", () => {
  const encoder = new TextEncoder();
  for (const letter of ["a", "é", "文", "🎉"]) {
    for (const extension of ["", ".txt", ".tar.gz"]) {
      const safe = safeName(letter.repeat(300) + extension);
      assertEquals(safe.slice(safe.length - extension.length), extension);
      assertEquals(safe.slice(0, safe.length - extension.length).replaceAll(letter, ""), "");
      const bytes = encoder.encode(`${safe} (99999).part.json`).length;
      assertEquals(bytes <= 255 && bytes > 245, true, `${bytes}`);
    }
  }
  assertEquals(encoder.encode(safeName(`a.${"x".repeat(400)}`)).length < 255, true);
});

Deno.test("safeName() of random characters is one visible name, and safe already", () => {
  const seed = 20261122;
  let state = seed;
  const random = (below: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
  const alphabet = [..."ab.-/\\ :*\0\n\u202e\u200b\u0301é文🎉\uD83C", "CON", "nul.", "..", "../"];
  for (let i = 0; i < 5000; i++) {
    const name = Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)]).join("");
    const safe = safeName(name);
    const context = `seed ${seed}, ${JSON.stringify(name)} gives ${JSON.stringify(safe)}`;
    assertEquals(safeName(safe), safe, context);
    assertEquals(/[/\\\p{Cc}\p{Cf}\p{Cs}]|^[.\s-]|[.\s]$|^$/u.test(safe), false, context);
  }
});

Deno.test("nameInUrl() is the last part of the path, decoded", () => {
  const cases: Record<string, string> = {
    "http://h/a/b%20c.txt?d=e.f#g": "b c.txt",
    "http://h/": "index.html",
    "http://h": "index.html",
    "http://h/a/": "index.html",
    "http://h/..%2F..%2Fetc%2Fpasswd": "passwd",
    "http://h/%2e%2e%5cx": "x",
    "http://h/100%": "100%",
    "http://h/%FF.bin": "%FF.bin",
    "http://h/%E6%96%87": "文",
  };
  for (const [url, name] of Object.entries(cases)) assertEquals(nameInUrl(new URL(url)), name, url);
});

Deno.test("numbered() puts the number before the extension", () => {
  const second = (name: string) => numbered(name).take(2).toArray()[1];
  assertEquals(second("a.txt"), "a (1).txt");
  assertEquals(second("a.tar.gz"), "a (1).tar.gz");
  assertEquals(second("a"), "a (1)");
  assertEquals(second("v1.0 final"), "v1.0 final (1)");
});

Deno.test("safeName() keeps as much of a long name as there is room for, to the byte, and cuts no character", () => {
  // Of the 255 bytes that a name may have, those of a number and of the longest that is hung on while it comes are kept free.
  const room = 255 - " (99999)".length - LONGEST_SUFFIX.length;
  for (const [character, bytes] of [["é", 2], ["文", 3], ["🎉", 4]] as const) {
    for (let shift = 0; shift < bytes; shift++) {
      const name = safeName(`${"a".repeat(shift)}${character.repeat(200)}.txt`);
      const kept = Math.floor((room - ".txt".length - shift) / bytes);
      assertEquals(name, `${"a".repeat(shift)}${character.repeat(kept)}.txt`);
    }
  }
});
