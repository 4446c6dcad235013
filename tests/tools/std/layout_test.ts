import { assertEquals, assertStringIncludes } from "@std/assert";
import { untyped } from "../../../tools/std/declare.ts";
import { reachableModules } from "../../../tools/std/modules.ts";

/** Write files into a new folder, and hand its URL to `use`. */
async function withFiles(files: Record<string, string>, use: (folder: URL) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const base = new URL(`file://${folder}/`);
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(new URL(`${path}/..`, base), { recursive: true });
      await Deno.writeTextFile(new URL(path, base), text);
    }
    await use(base);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("reachableModules() takes what is imported from other folders into the package", async () => {
  const files = {
    "npm/async/mod.js": 'export * from "./channel.js";\n',
    "npm/async/channel.js":
      'import {\n  Deque,\n} from "../data-structures/deque.js";\nimport { f } from "../fmt/f.js";\n',
    "npm/async/_unused.js": "",
    "npm/data_structures/deque.js": 'import { grow } from "./_grow.js";\n',
    "npm/data_structures/_grow.js": "export const grow = 1;\n",
    "npm/fmt/f.js": 'import { g } from "../async/_g.js";\n * import { x } from "../in/a/comment.js";\n',
    "npm/async/_g.js": "export const g = 1;\n",
  };
  await withFiles(files, async (folder) => {
    const modules = await reachableModules("async", new URL("npm/", folder), new URL("types/", folder));
    assertEquals(Object.fromEntries(modules.map(({ path, code, entry }) => [path, { code, entry }])), {
      "_data_structures/_grow.js": { code: "export const grow = 1;\n", entry: false },
      "_data_structures/deque.js": { code: 'import { grow } from "./_grow.js";\n', entry: false },
      "_fmt/f.js": {
        code: 'import { g } from "../_g.js";\n * import { x } from "../in/a/comment.js";\n',
        entry: false,
      },
      "_g.js": { code: "export const g = 1;\n", entry: false },
      "channel.js": {
        code: 'import {\n  Deque,\n} from "./_data_structures/deque.js";\nimport { f } from "./_fmt/f.js";\n',
        entry: true,
      },
      "mod.js": { code: 'export * from "./channel.js";\n', entry: true },
    });
  });
});

Deno.test("reachableModules() prefers a file of our own to the package's", async () => {
  const files = {
    "npm/cli/width.js": 'import data from "./_lost.json" with { type: "json" };\n',
    "types/cli/width.js": "export const width = 1;\n",
  };
  await withFiles(files, async (folder) => {
    const modules = await reachableModules("cli", new URL("npm/", folder), new URL("types/", folder));
    assertEquals(modules, [{ path: "width.js", code: "export const width = 1;\n", entry: true }]);
  });
});

Deno.test("untyped() declares every export, and passes re-exports on", () => {
  const declared = untyped(
    [
      "export function a(x) {}",
      "export async function b() {}",
      "export async function* c() {}",
      "export const d = 1;",
      "export class E {}",
      'export * from "./f.js";',
      'export { g, h as i } from "./g.js";',
      "const hidden = 1;",
      "// export const commented = 1;",
    ].join("\n"),
  );
  for (const name of ["a", "b", "c", "d", "E"]) assertStringIncludes(declared, `export declare const ${name}: any;`);
  assertStringIncludes(declared, "export type E = any;");
  assertStringIncludes(declared, 'export * from "./f.js";');
  assertStringIncludes(declared, 'export { g, h as i } from "./g.js";');
  assertEquals(/hidden|commented/.test(declared), false);
});
