// What the command line promises to those who call it from a shell: exit codes, and what goes to which stream. Each test
// is a process, and takes as long as one takes to start.
import { assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { COMMANDS } from "./commands.ts";
import { Process, runDeno } from "../program.ts";
import { asyncio } from "./asyncio.ts";

const ROOT = new URL("../../", import.meta.url);

/** What `deno info --json` prints, as far as it is used here. */
interface Graph {
  modules: { specifier: string; dependencies?: { code?: { specifier?: string } }[] }[];
}

/** What a clone takes to run a command at all: it reads its own files. */
const READ = ["--allow-read"];

// deno-lint-ignore no-control-regex
const COLOR = /\x1b\[/;

Deno.test("asyncio --version prints name and version", async () => {
  const expected = { code: 0, stdout: `asyncio ${config.version}\n`, stderr: "" };
  assertEquals(await asyncio(["--version"]), expected);
  assertEquals(await asyncio(["-V"], { permissions: [] }), expected);
});

Deno.test("asyncio reads no code of a command before it is called", async () => {
  const { stdout } = await runDeno(["info", "--json", "cli.ts"], { cwd: ROOT });
  const { modules }: Graph = JSON.parse(stdout);
  const read = new Set([new URL("cli.ts", ROOT).href]);
  // What only types name is not read.
  for (const url of read) {
    const { dependencies = [] } = modules.find(({ specifier }) => specifier === url) ?? {};
    for (const { code } of dependencies) if (code?.specifier !== undefined) read.add(code.specifier);
  }
  const ours = [...read].filter((url) => url.endsWith(".ts")).map((url) => url.slice(ROOT.href.length));
  assertEquals(ours.filter((path) => !/^(lib\/(cli|text)\/|examples\/_|cli.ts$)/.test(path)), [
    "lib/trace/format_names.ts",
  ]);
  assertEquals(ours.length <= 20, true, ours.join("\n"));
});

Deno.test("asyncio in a clone that may not read says what is missing", async () => {
  const { code, stderr } = await asyncio(["delays"], { permissions: [] });
  assertEquals(code, 2);
  assertMatch(stderr, /^error: Requires read access to .*--allow-read flag\nhint: In a clone, .*its own files\n$/);
});

Deno.test("asyncio --help lists every command, and needs no permission", async () => {
  const { code, stdout, stderr } = await asyncio(["--help"], { permissions: [] });
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  for (const { name, summary } of COMMANDS) {
    assertMatch(stdout, new RegExp(`^  ${name} +${RegExp.escape(summary)}$`, "m"));
  }
});

Deno.test("asyncio --help states the exit codes", async () => {
  const { stdout } = await asyncio(["--help"], { permissions: [] });
  for (const code of [0, 1, 2, 130, 143]) assertMatch(stdout, new RegExp(`^  ${code} +\\S`, "m"));
});

Deno.test("asyncio --help fits a terminal of 80 columns", async () => {
  for (const words of [[], ...COMMANDS.map(({ name }) => [name])]) {
    const { stdout } = await asyncio([...words, "--help"], { permissions: [] });
    assertEquals(stdout.split("\n").filter((line) => line.length > 80), []);
  }
});

for (const { name, summary, options, examples } of COMMANDS) {
  Deno.test(`asyncio ${name} --help explains each option, with examples`, async () => {
    const { code, stdout, stderr } = await asyncio([name, "--help"], { permissions: [] });
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertStringIncludes(stdout, `${summary}\n`);
    for (const option of Object.keys(options)) assertMatch(stdout, new RegExp(`--${option}\\b`));
    for (const example of examples) assertStringIncludes(stdout, `\n  ${example}`);
  });
}

Deno.test("asyncio without a command shows help on standard error and exits with 2", async () => {
  const { code, stdout, stderr } = await asyncio([]);
  assertEquals({ code, stdout }, { code: 2, stdout: "" });
  assertStringIncludes(stderr, "Usage: asyncio <command> [options]");
});

Deno.test("asyncio suggests the command that was meant, without a stack trace, and exits with 2", async () => {
  assertEquals(await asyncio(["dmeo"]), {
    code: 2,
    stdout: "",
    stderr: 'error: There is no command "dmeo"\nhint: Did you mean asyncio demo?\n',
  });
});

Deno.test("asyncio suggests the option that was meant, and exits with 2", async () => {
  assertEquals(await asyncio(["mixed", "--limt", "5"]), {
    code: 2,
    stdout: "",
    stderr: "error: There is no option --limt\nhint: Did you mean --limit?\n",
  });
});

Deno.test("asyncio names a value that makes no sense, and exits with 2", async () => {
  assertEquals(await asyncio(["delays", "100", "NaN"]), {
    code: 2,
    stdout: "",
    stderr: 'error: Cannot use the delay as it must be a number of milliseconds from 0: current value is "NaN"\n',
  });
});

Deno.test("asyncio list prints each program with what it shows", async () => {
  const { code, stdout, stderr } = await asyncio(["list"]);
  assertEquals({ code, stderr }, { code: 0, stderr: "asyncio run NAME runs one\n" });
  assertMatch(stdout, /^ {2}event_loop +Who runs while a function waits$/m);
});

Deno.test("asyncio list --json prints names and summaries for machines", async () => {
  const { stdout } = await asyncio(["list", "--json"]);
  const programs = JSON.parse(stdout);
  assertEquals(programs[1], { name: "event_loop", summary: "Who runs while a function waits" });
});

Deno.test("asyncio run prints what the program prints", async () => {
  const expected = "Hello\n  Ada counts 1\n  Grace counts 1\nWorld\n  Ada counts 2\n  Grace counts 2\n";
  assertEquals(await asyncio(["run", "event_loop"], { permissions: READ }), { code: 0, stdout: expected, stderr: "" });
});

Deno.test("asyncio says which permission is missing, and exits with 1", async () => {
  const { code, stdout, stderr } = await asyncio(["run", "web_requests"], { permissions: READ });
  assertEquals({ code, stdout }, { code: 1, stdout: "" });
  assertMatch(stderr, /^error: Requires net access to "127\.0\.0\.1:0".*--allow-net.*\n$/);
});

Deno.test("asyncio puts results on standard output and narration on standard error", async () => {
  const { code, stdout, stderr } = await asyncio(["delays", "1", "2", "3"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^Delay simulation\n\nOne by one, [\d.]+ (?:µs|ms|s)\n/);
  assertMatch(stdout, /\n[\d.]+ (?:µs|ms|s) → [\d.]+ (?:µs|ms|s), .* (saved|lost)\n$/);
  assertEquals(stderr.trimEnd().split("\n").length, 6);
  assertMatch(stderr, /^one by one: user answered "Ada" after [\d.]+ (?:µs|ms|s)\n/);
});

Deno.test("asyncio --quiet leaves narration out, and results in", async () => {
  const { stdout, stderr } = await asyncio(["delays", "1", "2", "3", "--quiet"]);
  assertMatch(stdout, /^Delay simulation\n/);
  assertEquals(stderr, "");
});

Deno.test("asyncio delays --json prints the report for machines", async () => {
  const { stdout } = await asyncio(["delays", "10", "20", "30", "--json"]);
  const { delays, sequential, concurrent, savedMs } = JSON.parse(stdout);
  assertEquals(delays, [10, 20, 30]);
  assertEquals(sequential.calls.map(({ name }: { name: string }) => name), ["user", "orders", "weather"]);
  assertEquals(concurrent.calls.map(({ answer }: { answer: string }) => answer), ["Ada", "3 orders", "sunny"]);
  assertEquals(sequential.ms >= 60 && concurrent.ms >= 30, true, stdout);
  assertAlmostEquals(savedMs, sequential.ms - concurrent.ms, 0.01);
});

Deno.test("asyncio delays --virtual prints what real hours would give, at once", async () => {
  const hour = 3_600_000;
  const { code, stdout, stderr } = await asyncio(["delays", ...[1, 2, 3].map((n) => `${n * hour}`), "--virtual"]);
  assertEquals(code, 0);
  assertMatch(
    stdout,
    /\nOne by one, 6:00:00 h\n[^]*\nAt once, 3:00:00 h\n[^]*\n6:00:00 h → 3:00:00 h, 3:00:00 h saved\n$/,
  );
  assertEquals(
    stderr.split("\n").slice(0, 3),
    [["user", "Ada", 1], ["orders", "3 orders", 3], ["weather", "sunny", 6]].map(([name, answer, hours]) =>
      `one by one: ${name} answered "${answer}" after ${Number(hours) * hour} ms`
    ),
  );
});

Deno.test("asyncio errors --virtual prints the same as without", async () => {
  assertEquals(await asyncio(["errors", "--virtual"]), await asyncio(["errors"]));
});

Deno.test("asyncio errors shows what became of each task", async () => {
  const { code, stdout } = await asyncio(["errors"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^await, one by one +finished +failed +not started +the error$/m);
  assertMatch(stdout, /^gather, functions +finished +failed +cancelled +the error$/m);
  assertMatch(stdout, /^gather, promises +finished +failed +finished +the error$/m);
  assertMatch(stdout, /^returnExceptions +finished +failed +finished +a list$/m);
});

Deno.test("asyncio does not colour a pipe", async () => {
  const { stdout, stderr } = await asyncio(["delays", "1", "1", "1"]);
  assertEquals(COLOR.test(stdout + stderr), false);
});

Deno.test("asyncio colours a pipe with FORCE_COLOR, but not with NO_COLOR beside it", async () => {
  const forced = await asyncio(["list"], { env: { FORCE_COLOR: "1" } });
  assertMatch(forced.stdout, COLOR);
  const both = await asyncio(["list"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
  assertEquals(COLOR.test(both.stdout), false);
});

Deno.test("asyncio --color decides before the environment does", async () => {
  const always = await asyncio(["dmeo", "--color=always"], { env: { NO_COLOR: "1" } });
  assertMatch(always.stderr, COLOR);
  const never = await asyncio(["--color", "never", "dmeo"], { env: { FORCE_COLOR: "1" } });
  assertEquals(COLOR.test(never.stderr), false);
});

Deno.test("asyncio ends without a word when the reader of a pipe has left", async () => {
  const script = '"$0" run --no-prompt --allow-read cli.ts list --quiet | true';
  const { code, stderr } = await new Process("sh", ["-c", script, Deno.execPath()], { cwd: ROOT }).ended();
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
});

if (Deno.build.os === "linux") {
  // `script` makes a terminal that does not know its size.
  Deno.test("asyncio takes a terminal that does not know its size for one of 80 columns", async () => {
    const command = `${Deno.execPath()} run --no-prompt --allow-read cli.ts list`;
    const { stdout } = await new Process("script", ["-qec", command, "/dev/null"], { cwd: ROOT }).ended();
    assertStringIncludes(stdout, "Three fetches, blocking and concurrent");
  });
}
