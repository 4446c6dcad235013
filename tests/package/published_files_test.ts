// What strangers get: everything that they need, and nothing else. Takes as long as `deno publish` takes to look at it all.
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { localLinks } from "../docs/links.ts";
import { publishedFiles, ROOT } from "./published_files.ts";

/** Folders and files of the repository that are for those who work on it. */
const INTERNAL = [".ci", ".github", "bench", "tests", "tools", "CONTRIBUTING.md"];

/** Every file that git would add, below a folder of the repository or at its root. */
function* filesOf(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory) yield* filesOf(`${folder}${name}/`);
    else yield folder + name;
  }
}

const published = await publishedFiles();

Deno.test("the package has every module of lib/, every example, every guide, and what belongs to them", () => {
  const expected = ["lib/", "examples/", "docs/"].flatMap((folder) => [...filesOf(folder)]);
  expected.push("CHANGELOG.md", "LICENSE", "README.md", "cli.ts", "deno.json", "mod.ts");
  assertEquals(published, expected.sort());
});

Deno.test("the package has nothing in it for those who work on it", () => {
  assertEquals(published.filter((path) => INTERNAL.includes(path.split("/")[0]!)), []);
});

Deno.test("the package has every entry point", () => {
  const entryPoints = Object.values(config.exports).map((path) => path.replace("./", ""));
  assertEquals(entryPoints.filter((path) => !published.includes(path)), []);
});

Deno.test("no page of the package links to a file that is not in it", async () => {
  const dead: string[] = [];
  for (const file of published.filter((path) => path.endsWith(".md"))) {
    const page = new URL(file, ROOT);
    for (const target of localLinks(file, await Deno.readTextFile(page))) {
      const path = decodeURIComponent(new URL(target, page).pathname).slice(decodeURIComponent(ROOT.pathname).length);
      // A folder is there when something is in it.
      const isThere = published.some((other) => other === path || other.startsWith(path.replace(/\/*$/, "/")));
      if (!isThere) dead.push(`${file}: ${target}`);
    }
  }
  assertEquals(dead, []);
});
