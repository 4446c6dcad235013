/** Rows of how soon a program starts. */

import type { Load, Row } from "../row.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** Measured with `--cpu-prof`, `strace -c`, and stand-ins: a bundle, and as many empty modules. */
const IMPORT_REASON =
  "Nothing of the platform is loaded for it: neither `node:async_hooks` (alone 1.3 to 1.4) nor timers (1.3 to 1.4), which come " +
  "when they are needed. What is left is that there are some 100 files: as many empty modules take 1.35 by themselves, each " +
  "being looked up, read and checked against three caches.";

const COMMAND_REASON =
  "Deno reads at start what an `import()` names in a literal, and all that that imports. The code of the commands is imported by " +
  "computed addresses, so that 20 files are left of 310: the table of commands, and what help and mistakes need, without a permission.";

/** Run a program to its end, n times. */
function run(program: string, args: readonly string[]): Load {
  return () => (n) => {
    let ended = 0;
    for (let i = 0; i < n; i++) {
      const { success, stderr } = new Deno.Command(program, { args: [...args], stdout: "null" }).outputSync();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      ended++;
    }
    return Promise.resolve(ended);
  };
}

/** Python itself, and not what a version manager puts in front of it. */
function python(...args: string[]): Load {
  return () => {
    const where = ["-c", "import sys; print(sys.executable)"];
    const { stdout } = new Deno.Command("python3", { args: where }).outputSync();
    return run(new TextDecoder().decode(stdout).trim(), args)();
  };
}

function deno(path: string, ...args: string[]): Load {
  return run(Deno.execPath(), ["run", "-A", "--config", CONFIG, new URL(path, import.meta.url).pathname, ...args]);
}

function rowOf(name: string, goal: number, ours: Load, peers: NonNullable<Row["peers"]>, reason: string): Row {
  return {
    name,
    against: "an empty script",
    sizes: [1],
    expected: (n) => n,
    floor: deno("../programs/empty.ts"),
    ours,
    goal,
    peers,
    rounds: 25,
    reason,
  };
}

/** The rows. */
export const startupRows: Row[] = [
  rowOf('`import "mod.ts"`', 1.3, deno("../programs/import_toolkit.ts"), {
    "node:async_hooks alone": deno("../programs/import_async_hooks.ts"),
    effect: deno("../programs/import_effect.ts"),
    "python3, import asyncio": python("-c", "import asyncio"),
  }, IMPORT_REASON),
  rowOf("`asyncio --version`", 1.3, deno("../../cli.ts", "--version"), {
    "python3 --version": python("--version"),
  }, COMMAND_REASON),
  rowOf("`asyncio --help`", 1.5, deno("../../cli.ts", "--help"), {
    "deno --help": run(Deno.execPath(), ["--help"]),
  }, COMMAND_REASON),
];
