// The package as strangers use it: from a registry, with nothing in Deno's cache. Each step is a process that fetches all
// of it anew, and takes a second or two.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { type Ended, Process, runDeno } from "../program.ts";
import { serveRegistry } from "./registry.ts";

const CLI = `jsr:${config.name}/cli`;
const COMMAND = Deno.build.os === "windows" ? "asyncio.cmd" : "asyncio";

/** A machine on which nothing has been installed yet. */
class FreshMachine implements AsyncDisposable {
  private constructor(readonly folder: string, readonly registry: { url: string } & AsyncDisposable) {}

  static async start(): Promise<FreshMachine> {
    return new FreshMachine(await Deno.makeTempDir({ prefix: "asyncio fresh " }), await serveRegistry());
  }

  get env(): Record<string, string> {
    return { JSR_URL: this.registry.url, DENO_DIR: `${this.folder}/cache` };
  }

  deno(...args: string[]): Promise<Ended> {
    return runDeno(args, { cwd: this.folder, env: this.env });
  }

  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/${name}`, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("deno run jsr:@asyncio/toolkit/cli runs an exercise", async () => {
  await using machine = await FreshMachine.start();
  const { code, stdout, stderr } = await machine.deno("run", "--quiet", "--no-prompt", CLI, "delays", "1", "2", "3");
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^Delay simulation\n/);
});

Deno.test("deno install makes a command of it", async () => {
  await using machine = await FreshMachine.start();
  const { code, stderr } = await machine.deno(
    ...["install", "--global", "--name", "asyncio", "--root", machine.folder],
    ...["--allow-net=127.0.0.1", "--allow-read", "--allow-write", CLI],
  );
  assertEquals(code, 0, stderr);
  // All its code has come with it: the registry is not needed any more.
  await machine.registry[Symbol.asyncDispose]();
  const asyncio = (...args: string[]) =>
    new Process(`${machine.folder}/bin/${COMMAND}`, args, {
      cwd: machine.folder,
      env: { ...machine.env, NO_COLOR: "1" },
    }).ended();
  const list = await asyncio("list", "--quiet");
  assertEquals(list.code, 0, list.stderr);
  assertStringIncludes(list.stdout, "  event_loop ");
  for (const args of [["run", "event_loop"], ["errors", "--virtual", "--timeline"], ["mixed", "--limit", "10"]]) {
    const { code, stderr } = await asyncio(...args);
    assertEquals(code, 0, stderr);
  }
});

Deno.test("every entry point can be imported, checked, and asks for no permission", async () => {
  await using machine = await FreshMachine.start();
  // The command line is a program, and exports nothing.
  const entryPoints = Object.keys(config.exports).filter((name) => name !== "./cli");
  const lines = entryPoints.map((name, i) => `import * as e${i} from "jsr:${config.name}${name.slice(1)}";`);
  // One is imported for what it does.
  const checks = entryPoints.map((name, i) =>
    `console.log(Object.keys(e${i}).length > 0 || ${name === "./trace/register"});`
  );
  await machine.write("all.ts", [...lines, ...checks].join("\n"));
  const { code, stdout, stderr } = await machine.deno("run", "--check", "--no-prompt", "all.ts");
  assertEquals(code, 0, stderr);
  assertEquals(stdout, "true\n".repeat(entryPoints.length));
});

Deno.test("a script runs workers of the published package, without a permission", async () => {
  await using machine = await FreshMachine.start();
  await machine.write(
    "cores.ts",
    `import { run, runInWorker } from "jsr:${config.name}";
     await run(async () => console.log(await runInWorker((a: number, b: number) => a * b, [6, 7])));`,
  );
  const { code, stdout, stderr } = await machine.deno("run", "--no-prompt", "cores.ts");
  assertEquals({ code, stdout }, { code: 0, stdout: "42\n" }, stderr);
});

Deno.test("deno add puts the package into a project, and asyncio runs there under its name", async () => {
  await using machine = await FreshMachine.start();
  await machine.write("deno.json", "{}");
  const added = await machine.deno("add", `jsr:${config.name}`);
  assertEquals(added.code, 0, added.stderr);
  await machine.write("main.ts", `import { sleep } from "${config.name}";\nconsole.log(await sleep(1, "awake"));`);
  const { stdout, stderr } = await machine.deno("run", "--no-prompt", "main.ts");
  assertEquals(stdout, "awake\n", stderr);
});
