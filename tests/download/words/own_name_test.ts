import { assertEquals } from "@std/assert";
import { ownName } from "../../../lib/download/words/safe_name.ts";

Deno.test("ownName() keeps what the system can store, and leads out of no folder", () => {
  const cases: [text: string, folder: string, name: string | undefined][] = [
    ["a.txt", "", "a.txt"],
    [".env", "", ".env"],
    ["-rf", "", "-rf"],
    ["12:30", "", "12:30"],
    ["a\\b", "", "a\\b"],
    ["a/b/c.txt", "a/b", "c.txt"],
    ["./a/b.txt", "a", "b.txt"],
    ["/etc/passwd", "etc", "passwd"],
    ["../../a", "", "a"],
    ["a/../../b/../c", "", "c"],
    ["a/", "a", undefined],
    ["a/..", "", "index.html"],
    ["..", "", "index.html"],
    ["", "", "index.html"],
    ["/", "", "index.html"],
  ];
  for (const [text, folder, name] of cases) assertEquals(ownName(text, "linux"), { folder, name }, text);
});

Deno.test("ownName() makes a name one that Windows can store", () => {
  const cases: [text: string, folder: string, name: string | undefined][] = [
    [".env", "", ".env"],
    ["12:30", "", "12_30"],
    ["a\\b/c.", "a/b", "c"],
    ["C:\\x", "C_", "x"],
    ["..\\..\\x", "", "x"],
    ["con.txt", "", "_con.txt"],
    ["nul/a", "_nul", "a"],
    ["a\x00b", "", "a_b"],
    [". .", "", "index.html"],
  ];
  for (const [text, folder, name] of cases) assertEquals(ownName(text, "windows"), { folder, name }, text);
});
