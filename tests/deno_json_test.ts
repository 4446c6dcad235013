// Checks that what `deno.json` says in two places is the same in both.
import { assertEquals, assertStringIncludes } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { VERSIONS } from "../tools/std/layout.ts";

Deno.test("the doc task covers every entry point", () => {
  const [, covered] = config.tasks.doc.command.split("deno doc --lint ");
  const entryPoints = Object.values(config.exports).map((path) => path.replace("./", ""));
  assertEquals(covered?.split(" ").sort(), entryPoints.sort());
});

Deno.test("every task says what it does", () => {
  const silent = Object.entries(config.tasks).filter(([, { description }]) => !description).map(([name]) => name);
  assertEquals(silent, []);
});

Deno.test("every @std package is asked for at the version that npm carries", () => {
  for (const [name, specifier] of Object.entries(config.imports)) {
    const version = VERSIONS[name.replace("@std/", "")];
    assertEquals(specifier, `jsr:${name}@^${version}`);
  }
});

Deno.test("continuous integration runs the test command of the README", async () => {
  const read = (path: string) => Deno.readTextFile(new URL(`../${path}`, import.meta.url));
  const command = "npx -y deno@2.9.6 task test";
  assertStringIncludes(await read("README.md"), command);
  assertStringIncludes(await read(".ci/run"), `\n${command} `);
});
