// Programs that a bundler has made one file of: functions, and the program inside of workers, travel as the text that it
// has written. Each takes some tenths of a second, as it is bundled and run in a process of its own.
import { assertEquals } from "@std/assert";
import { runDeno } from "../../program.ts";

const CONFIG = decodeURIComponent(new URL("../../../deno.json", import.meta.url).pathname);
const MOD = new URL("../../../mod.ts", import.meta.url).href;

const PROGRAM = `
import { run, runInWorker, WorkerPool } from ${JSON.stringify(MOD)};

function fibonacci(n: number): number {
  const inner = (n: number): number => n < 2 ? n : inner(n - 1) + inner(n - 2);
  function named() { return inner(n); }
  class Box { value = named(); }
  return new Box().value;
}
function* squares(n: number) {
  const square = (n: number) => n * n;
  for (let i = 0; i < n; i++) yield square(i);
}
const factor = Date.now();
const backend = Deno.args[0];

run(async () => {
  await using pool = new WorkerPool({ size: 1, backend });
  const there = await pool.run((callback: (n: number) => Promise<number>) => callback(1), [async (n: number) => n + 1]);
  const closure = await pool.run((n: number) => n * factor, [1]).catch((error) => error.constructor === Error || error.name);
  const lost = await pool.run((value: unknown) => value, [new Headers()]).catch((error) => error.path);
  const stopped = await pool.run((n: number) => { for (;;) n++; }, [1], { timeout: 50 }).catch((error) => error.stopped);
  const failed = await pool.run(() => { throw new RangeError("x"); }).catch((error) => error);
  const frames = failed.stack.includes("(worker:") || failed.stack.includes("at worker:");
  const values = await Array.fromAsync(pool.stream(squares, [3]));
  console.log(await runInWorker(fibonacci, [10]), ...values, there, closure, lost, stopped, failed.message, frames);
});
`;

const folder = await Deno.makeTempDir();
const source = `${folder}/program.ts`;
const bundled = `${folder}/bundled.js`;
await Deno.writeTextFile(source, PROGRAM);

function bundle(flags: readonly string[]): ReturnType<typeof runDeno> {
  return runDeno(["bundle", "--quiet", "--no-lock", "--config", CONFIG, ...flags, source, "--output", bundled]);
}

// Deno fetches its bundler the first time, which not every machine can.
const { code } = await bundle([]);
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

for (
  const flags of [
    [],
    ["--minify"],
    ["--keep-names"],
    ["--keep-names", "--minify"],
  ]
) {
  Deno.test({
    name: `a program bundled with ${flags.join(" ") || "no flags"} runs functions in workers`,
    ignore: code !== 0,
    async fn() {
      const made = await bundle(flags);
      assertEquals([made.code, made.stderr], [0, ""]);
      for (const backend of flags.includes("--keep-names") ? ["thread", "process"] : ["thread"]) {
        const { stdout, stderr } = await runDeno(["run", "-A", "--no-config", bundled, backend]);
        const stopped = backend === "thread" ? "terminated" : "killed";
        assertEquals([stdout, stderr], [`55 0 1 4 2 WorkerClosureError argument 0 ${stopped} x true\n`, ""]);
      }
    },
  });
}

Deno.test({
  name: "a program in which import.meta has no url runs functions in workers",
  ignore: code !== 0,
  async fn() {
    await bundle([]);
    // As bundlers write it for formats that are no modules.
    await Deno.writeTextFile(bundled, (await Deno.readTextFile(bundled)).replaceAll("import.meta.url", "undefined"));
    const { stdout, stderr } = await runDeno(["run", "-A", "--no-config", bundled, "thread"]);
    assertEquals([stdout, stderr], ["55 0 1 4 2 WorkerClosureError argument 0 terminated x true\n", ""]);
  },
});
