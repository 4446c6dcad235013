// What the shells make of the completions. Tests of those that this machine lacks are ignored by name; each takes as long
// as one takes to start.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../commands.ts";
import { completionsForBash } from "../../../lib/cli/completions/bash.ts";
import { completionsForFish } from "../../../lib/cli/completions/fish.ts";
import { completionsForZsh } from "../../../lib/cli/completions/zsh.ts";
import { Process } from "../../program.ts";
import { asyncio } from "../asyncio.ts";

const NAMES = COMMANDS.map(({ name }) => name);
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: completionsForBash(COMMANDS),
  zsh: completionsForZsh(COMMANDS),
  fish: completionsForFish(COMMANDS),
};

/** Run a script in a shell, in a folder of its own that has a folder "my books" and a file "my list". */
async function runIn(shell: string, script: string): Promise<{ code: number; out: string; err: string }> {
  const cwd = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${cwd}/my books`);
    await Deno.writeTextFile(`${cwd}/my list`, "");
    const { code, stdout, stderr } = await new Process(shell, ["-c", script], { cwd }).ended();
    return { code, out: stdout, err: stderr };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

/** Shells that this machine has. */
const AVAILABLE: string[] = [];
for (const shell of Object.keys(SCRIPTS)) {
  if (await runIn(shell, "exit 0").then(({ code }) => code === 0, () => false)) AVAILABLE.push(shell);
}

/** A test of what a shell does; where there is no such shell, it is ignored, and says so. */
function shellTest(shell: string, behaviour: string, fn: () => Promise<void>): void {
  const missing = !AVAILABLE.includes(shell);
  Deno.test(
    `${shell} ${behaviour}${missing ? ` (ignored: no ${shell} is installed here)` : ""}`,
    { ignore: missing },
    fn,
  );
}

/** How each shell is asked for what may follow some words; the last one is incomplete. */
const ASK: Readonly<Record<string, (words: string[]) => string>> = {
  bash(words) {
    const line = words.map((word) => `'${word}'`).join(" ");
    return `${SCRIPTS.bash}\nCOMP_WORDS=(${line}); COMP_CWORD=${
      words.length - 1
    }; _asyncio; printf '%s\\n' "\${COMPREPLY[@]}"`;
  },
  fish(words) {
    // A file name with a space comes with the space marked.
    return `${SCRIPTS.fish}\ncomplete -C '${words.join(" ")}' | string replace -r '\\t.*' '' | string unescape`;
  },
};

async function complete(shell: string, ...words: string[]): Promise<string[]> {
  const { out, err } = await runIn(shell, ASK[shell]!(["asyncio", ...words]));
  assertEquals(err, "");
  return out.split("\n").map((line) => line.replace(/\/$/, "")).filter((line) => line !== "").sort();
}

for (const shell of Object.keys(SCRIPTS)) {
  Deno.test(`asyncio completions ${shell} prints what knows every command and option`, async () => {
    const { code, stdout, stderr } = await asyncio(["completions", shell], { permissions: ["--allow-read"] });
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(stdout, `${SCRIPTS[shell]}\n`);
    for (const { name, options } of COMMANDS) {
      assertStringIncludes(stdout, name);
      for (const option of Object.keys(options)) assertStringIncludes(stdout, option);
    }
  });
}

Deno.test("asyncio completions refuses a shell that it does not know, and exits with 2", async () => {
  const { code, stderr } = await asyncio(["completions", "bahs"]);
  assertEquals(code, 2);
  assertEquals(stderr, 'error: There is no shell "bahs"\nhint: Did you mean asyncio completions bash?\n');
});

for (const shell of Object.keys(SCRIPTS)) {
  shellTest(shell, "takes the completions without a complaint", async () => {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/asyncio`, SCRIPTS[shell]!);
    const { code, out, err } = await runIn(shell, `${shell} -n '${folder}/asyncio'`);
    await Deno.remove(folder, { recursive: true });
    assertEquals({ code, out, err }, { code: 0, out: "", err: "" });
  });
}

for (const shell of Object.keys(ASK)) {
  shellTest(shell, "completes commands", async () => {
    assertEquals(await complete(shell, ""), NAMES.toSorted());
    assertEquals(await complete(shell, "de"), ["delays", "demo"]);
    assertEquals(await complete(shell, "--quiet", "li"), ["list"]);
    assertEquals(await complete(shell, "--color", "never", "li"), ["list"]);
  });

  shellTest(shell, "completes the options of a command", async () => {
    const options = await complete(shell, "mixed", "--");
    assertEquals(options, [
      "--color",
      "--help",
      "--json",
      "--limit",
      "--quiet",
      "--requests",
      "--timeline",
      "--trace",
      "--version",
    ]);
    assertEquals(await complete(shell, "list", "--j"), ["--json"]);
    assertEquals(await complete(shell, "run", "--j"), []);
  });

  shellTest(shell, "completes names and values", async () => {
    assertEquals(await complete(shell, "run", "gather"), ["gather_vs_await"]);
    assertEquals(await complete(shell, "completions", ""), [...Object.keys(SCRIPTS)].sort());
    assertEquals(await complete(shell, "list", "--color", "a"), ["always", "auto"]);
    assertEquals(await complete(shell, "mixed", "--limit", ""), []);
  });

  shellTest(shell, "completes folders where a folder is meant", async () => {
    assertEquals(await complete(shell, "download", "--dir", "my"), ["my books"]);
  });
}

shellTest("bash", "completes a value behind an equals sign, which is a word of its own to it", async () => {
  assertEquals(await complete("bash", "list", "--color", "="), ["always", "auto", "never"]);
  assertEquals(await complete("bash", "list", "--color", "=", "n"), ["never"]);
  assertEquals(await complete("bash", "--color", "=", "never", "li"), ["list"]);
});
