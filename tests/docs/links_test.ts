// Links of the documentation that lead to another place of the repository lead somewhere.
import { assertEquals } from "@std/assert";
import { localLinks } from "./links.ts";
import { markdownFiles, ROOT } from "./programs.ts";

/** The anchors that a page has: one for each heading, as GitHub and JSR make them. */
function anchorsOf(text: string): Set<string> {
  const headings = text.matchAll(/^#+ (.*)$/gm);
  return new Set(
    headings.map(([, heading]) =>
      heading!.toLowerCase().replace(/[`*_]/g, "").replace(/[^\p{L}\p{N} -]/gu, "").replaceAll(" ", "-")
    ),
  );
}

for (const file of await markdownFiles()) {
  Deno.test(`${file} has no link that leads nowhere`, async () => {
    const page = new URL(file, ROOT);
    const dead: string[] = [];
    for (const target of localLinks(file, await Deno.readTextFile(page))) {
      const url = new URL(target, page);
      const anchor = decodeURIComponent(url.hash.slice(1));
      url.hash = "";
      const exists = await Deno.stat(url).then(() => true, () => false);
      if (!exists) dead.push(target);
      else if (anchor !== "" && !anchorsOf(await Deno.readTextFile(url)).has(anchor)) dead.push(target);
    }
    assertEquals(dead, []);
  });
}

Deno.test("the anchor of a heading is what a link to it says", () => {
  assertEquals([...anchorsOf("# I want to … → use …\n## `run`, and *more*\n")], ["i-want-to---use-", "run-and-more"]);
});
