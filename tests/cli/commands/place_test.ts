import { assertEquals } from "@std/assert";
import { placeOf } from "../../../lib/cli/commands/place.ts";

Deno.test("placeOf() takes the folder off a path", () => {
  const cases: [path: string, folder: string, name: string | undefined, isAbsolute: boolean][] = [
    ["a", "", "a", false],
    ["", "", undefined, false],
    ["a/b", "a/", "b", false],
    ["../a", "../", "a", false],
    ["/a", "/", "a", true],
    ["/a/b/", "/a/b/", undefined, true],
    ["a\\b", "", "a\\b", false],
    ["c:x", "", "c:x", false],
  ];
  for (const [path, folder, name, isAbsolute] of cases) {
    assertEquals(placeOf(path, "linux"), { folder, name, isAbsolute }, path);
  }
});

Deno.test("placeOf() knows backslashes and drives of Windows", () => {
  const cases: [path: string, folder: string, name: string | undefined, isAbsolute: boolean][] = [
    ["a\\b/c", "a\\b/", "c", false],
    ["C:\\a\\b", "C:\\a\\", "b", true],
    ["c:x", "c:", "x", true],
    ["\\\\host\\share\\a", "\\\\host\\share\\", "a", true],
  ];
  for (const [path, folder, name, isAbsolute] of cases) {
    assertEquals(placeOf(path, "windows"), { folder, name, isAbsolute }, path);
  }
});
