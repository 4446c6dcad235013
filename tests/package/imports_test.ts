// What the package needs from others, which decides where it can be used.
import { assertEquals } from "@std/assert";
import { runDeno } from "../program.ts";
import { ROOT } from "./published_files.ts";

/** The modules that come from elsewhere when one of ours is imported. */
async function foreignModules(path: string): Promise<string[]> {
  const { stdout } = await runDeno(["info", "--json", path], { cwd: ROOT });
  const { modules } = JSON.parse(stdout) as { modules: { specifier: string; kind?: string }[] };
  return modules.filter(({ specifier }) => !/^(file|node):/.test(specifier) || specifier.includes("/@std/"))
    .map(({ specifier }) => specifier);
}

for (const path of ["mod.ts", "lib/testing/mod.ts"]) {
  Deno.test(`${path} imports nothing but the platform`, async () => {
    assertEquals(await foreignModules(path), []);
  });
}

Deno.test("mod.ts imports neither tracing nor testing, downloads or the command line", async () => {
  const { stdout } = await runDeno(["info", "--json", "mod.ts"], { cwd: ROOT });
  const { modules } = JSON.parse(stdout) as { modules: { specifier: string }[] };
  const found = modules.filter(({ specifier }) => /\/lib\/(trace|testing|download|cli)\//.test(specifier));
  assertEquals(found.map(({ specifier }) => specifier), []);
});
