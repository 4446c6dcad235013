// What the package needs from others, which decides where it can be used.
import { assert, assertEquals } from "@std/assert";
import { runDeno, runProgram } from "../program.ts";
import { ROOT } from "./published_files.ts";

/** How many modules an import of mod.ts may load: what there is, and room for a few ideas with a file each. */
const MOST_MODULES = 110;

/** What `deno info` tells of a module. */
interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: { readonly code?: { readonly specifier: string }; readonly isDynamic?: boolean }[];
}

/** All that an entry point names, also what it imports for its types, or later. */
async function modulesOf(path: string): Promise<ModuleInfo[]> {
  const { stdout } = await runDeno(["info", "--json", path], { cwd: ROOT });
  return (JSON.parse(stdout) as { modules: ModuleInfo[] }).modules;
}

/** The modules that run when an entry point is imported. */
async function loadedModules(path: string): Promise<Set<string>> {
  const modules = new Map((await modulesOf(path)).map((each) => [each.specifier, each]));
  const loaded = new Set([new URL(path, ROOT).href]);
  for (const specifier of loaded) {
    for (const { code, isDynamic } of modules.get(specifier)?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) loaded.add(code.specifier);
    }
  }
  return loaded;
}

/** The modules that come from elsewhere when one of ours is imported. */
async function foreignModules(path: string): Promise<string[]> {
  return (await modulesOf(path)).map(({ specifier }) => specifier)
    .filter((specifier) => !/^(file|node):/.test(specifier) || specifier.includes("/@std/"));
}

for (const path of ["mod.ts", "lib/testing/mod.ts"]) {
  Deno.test(`${path} imports nothing but the platform`, async () => {
    assertEquals(await foreignModules(path), []);
  });
}

Deno.test("mod.ts imports neither tracing nor testing, downloads or the command line", async () => {
  const found = (await modulesOf("mod.ts")).filter(({ specifier }) =>
    /\/lib\/(trace|testing|download|cli)\//.test(specifier)
  );
  assertEquals(found.map(({ specifier }) => specifier), []);
});

Deno.test("mod.ts loads no module of Node, and of ours few enough", async () => {
  const loaded = [...await loadedModules("mod.ts")];
  assertEquals(loaded.filter((specifier) => specifier.startsWith("node:")), []);
  // Each costs some 0.3 ms, an empty program 25 ms, and on its first way from the registry a request.
  assert(loaded.length <= MOST_MODULES, `mod.ts loads ${loaded.length} modules, more than ${MOST_MODULES}`);
});

Deno.test("importing mod.ts has the platform load nothing that it loads when it is looked at", async () => {
  const watch = `
    globalThis.touched = [];
    for (const [name, { get, ...rest }] of Object.entries(Object.getOwnPropertyDescriptors(globalThis))) {
      if (get === undefined || !rest.configurable) continue;
      Object.defineProperty(globalThis, name, { ...rest, get: () => (touched.push(name), get.call(globalThis)) });
    }`;
  const { stdout, stderr } = await runProgram("gather", "console.log(JSON.stringify(globalThis.touched));", {
    first: `data:text/javascript,${encodeURIComponent(watch)}`,
  });
  assertEquals(stderr, "");
  assertEquals(JSON.parse(stdout), []);
});
