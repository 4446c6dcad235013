// Runs `tools/std.ts` as the tasks do: as a process, in a project of its own, with a registry on the loopback.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { directoryUrl } from "../../tools/std/npm_package.ts";
import { runDeno } from "../program.ts";
import { withNpmRegistry } from "./fixtures/npm_registry.ts";

const ROOT = new URL("../../", import.meta.url);
const PACKAGE = {
  name: "deno-std",
  version: "1.4.0",
  files: {
    "assert/mod.js": 'export * from "./fail.js";\n',
    "assert/fail.js":
      'import { say } from "../internal/say.js";\nexport function fail(msg) { throw new Error(say(msg)); }\n',
    "async/mod.js": 'export * from "./nothing_known.js";\n',
    "async/nothing_known.js": "export function nothingKnown(a, b) { return `${a}${b ?? ''}`; }\n",
    "cli/mod.js": "export {};\n",
    "fmt/bytes.js": "export function format(bytes) { return `${bytes} B`; }\n",
    "internal/say.js": "export function say(message) { return `said ${message}`; }\n",
    "bytes/mod.js": "export {};\n",
    "text/mod.js": "export {};\n",
  },
};

/** A copy of the tools in a folder of their own, which believes that JSR is, or is not, within reach. */
class Project implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async create(reachable: boolean): Promise<Project> {
    const project = new Project(await Deno.makeTempDir({ prefix: "asyncio std " }));
    await copy(new URL("tools/", ROOT), `${project.folder}/tools`);
    await Deno.mkdir(`${project.folder}/.std`);
    await Deno.writeTextFile(`${project.folder}/.std/probe.json`, JSON.stringify({ reachable, at: Date.now() }));
    return project;
  }

  /** Run Deno in the project, with a cache of its own so that nothing is known from before. */
  async deno(args: string[], env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
    const { code, stdout, stderr } = await runDeno(args, {
      cwd: this.folder,
      env: { JSR_URL: "", DENO_DIR: `${this.folder}/.cache`, ...env },
    });
    return { code, out: stdout.trim(), err: stderr.trim() };
  }

  std(env: Record<string, string> = {}, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return this.deno(["run", "-A", "--no-config", "tools/std.ts", ...args], env);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function copy(from: URL, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(new URL(`${name}/`, from), `${to}/${name}`);
    else await Deno.copyFile(new URL(name, from), `${to}/${name}`);
  }
}

Deno.test("tools/std.ts prints nothing where JSR answers", async () => {
  await using project = await Project.create(true);
  assertEquals(await project.std(), { code: 0, out: "", err: "" });
});

Deno.test("tools/std.ts leaves a registry alone that was chosen already", async () => {
  await using project = await Project.create(false);
  const chosen = "http://127.0.0.1:1/";
  assertEquals(await project.std({ JSR_URL: chosen }), { code: 0, out: chosen, err: "" });
});

Deno.test("tools/std.ts leads past the project to a registry inside it that was chosen already", async () => {
  await using project = await Project.create(false);
  const inside = `${directoryUrl(await Deno.realPath(project.folder)).href}.std/`;
  const { code, out } = await project.std({ JSR_URL: inside }, "--outside");
  assertEquals([code, out.startsWith(directoryUrl(project.folder).href)], [0, false]);
  assertEquals(await Deno.realPath(new URL(out)), await Deno.realPath(new URL(inside)));
  await Deno.remove(new URL("../", out), { recursive: true });
});

// Seven processes, of which three install a package: this takes longer than other tests do.
Deno.test("tools/std.ts lays @std out from npm, once, also when two tasks start together", async () => {
  await using project = await Project.create(false);
  await withNpmRegistry(PACKAGE, async (address, requests) => {
    const env = { NPM_CONFIG_REGISTRY: address };
    const [first, second] = await Promise.all([project.std(env), project.std(env)]);
    assertEquals(first, second);
    assertEquals([first.code, first.err.split("\n").length], [0, 1], first.err);
    assertStringIncludes(first.err, "deno-std@1.4.0");
    assertMatch(first.out, /^file:\/\/\/\S+\/\.std\/[0-9a-f]{16}\/$/);

    const before = requests();
    assertEquals(await project.std(env), first);
    assertEquals(requests(), before);
    const folders = [...Deno.readDirSync(`${project.folder}/.std`)].filter(({ isDirectory }) => isDirectory);
    assertEquals(folders.length, 1);

    await Deno.writeTextFile(
      `${project.folder}/program.ts`,
      `import { nothingKnown } from "jsr:@std/async@^1.5.0";
       import { format } from "jsr:@std/fmt@^1.0.10/bytes";
       import { fail } from "jsr:@std/assert@^1.0.19";
       console.log(nothingKnown("a"), nothingKnown("a", 1, true).anything, format(1));
       try { fail("no"); } catch (error) { console.log(String(error)); }`,
    );
    const ran = await project.deno(["run", "--check", "program.ts"], { JSR_URL: first.out });
    assertEquals([ran.code, ran.out], [0, "a undefined 1 B\nError: said no"], ran.err);

    const outside = await project.std(env, "--outside");
    assertEquals(outside.out.includes("/.std/"), false);
    assertEquals((await project.deno(["run", "program.ts"], { JSR_URL: outside.out })).out, ran.out);
    await Deno.remove(new URL("../", outside.out), { recursive: true });

    const declarations = `${project.folder}/tools/std_types/fmt/bytes.d.ts`;
    await Deno.writeTextFile(declarations, "\nexport type More = 1;\n", { append: true });
    assertEquals((await project.std(env)).out === first.out, false);
  });
});

Deno.test("tools/std.ts says so where npm cannot be reached either", async () => {
  await using project = await Project.create(false);
  const { code, out, err } = await project.std({ NPM_CONFIG_REGISTRY: "http://127.0.0.1:1/" });
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, "error: Cannot get @std");
  assertStringIncludes(err, "hint:");
  assertEquals(err.includes("    at "), false, "the user's own network is no place for a stack trace");
});

// Checks types in a process of its own, which takes about a second.
Deno.test("a wrong call to @std fails the type check", async () => {
  const calls = await Deno.readTextFile(new URL("fixtures/std_calls.ts", import.meta.url));
  const wrong = [...calls.matchAll(/@ts-expect-error/g)].length;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.copyFile(new URL("deno.json", ROOT), `${folder}/deno.json`);
    await Deno.writeTextFile(`${folder}/calls.ts`, calls.replaceAll("@ts-expect-error", ""));
    const { code, stderr } = await runDeno(["check", "calls.ts"], { cwd: folder });
    assertEquals(code, 1);
    assertStringIncludes(stderr, `Found ${wrong} errors.`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
