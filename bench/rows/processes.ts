/** Rows of processes. Each may cost 1.15 of what the platform takes for a process of the same kind: in a group of its own. */

import { many } from "../floors/work.ts";
import type { Load, Row } from "../row.ts";

const decoder = new TextDecoder();

type Echo = (text: string) => Promise<string>;

/**
 * What a program writes. With a group of its own, as there is no ending what it has started without; `output()` of the
 * platform makes none. For that the platform forks itself instead of spawning, which takes the longer the more memory it
 * has: so the floor has loaded what ours has.
 */
async function written(command: string, args: string[], detached = true): Promise<Uint8Array<ArrayBuffer>> {
  if (detached) await import("../../lib/process/mod.ts");
  const options = { args, detached, stdin: "null", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(command, options).spawn();
  const [stdout] = await Promise.all([child.stdout.bytes(), child.stderr.bytes(), child.status]);
  return stdout;
}

function echo(detached: boolean): Echo {
  return async (text) => decoder.decode(await written("echo", [text], detached));
}

async function runProcess(): Promise<Echo> {
  const { runProcess } = await import("../../lib/process/mod.ts");
  return async (text) => (await runProcess("echo", [text])).stdout;
}

/** One after the other. */
function inTurn(way: () => Echo | Promise<Echo>): Load {
  return async () => {
    const run = await way();
    return async (n) => {
      let right = 0;
      for (let i = 0; i < n; i++) if (await run(String(i)) === `${i}\n`) right++;
      return right;
    };
  };
}

/** All at once. */
function together(way: () => Echo | Promise<Echo>): Load {
  return async () => {
    const run = await way();
    return async (n) => {
      const texts = await Promise.all(many(n, (i) => run(String(i))));
      return texts.filter((text, i) => text === `${i}\n`).length;
    };
  };
}

const MIB = 1 << 20;

const GOAL = 1.15;

const GROUP = "Nearly all of it is the fork for the group, and its spread that of a loaded machine.";

/** The rows. */
export const processRows: Row[] = [
  {
    name: "a process, and what it wrote, one after the other",
    against: "`Deno.Command`, in a group of its own",
    sizes: [20, 100],
    expected: (n) => n,
    floor: inTurn(() => echo(true)),
    ours: inTurn(runProcess),
    peers: { "Deno.Command, without a group": inTurn(() => echo(false)) },
    goal: GOAL,
    reason: GROUP,
  },
  {
    name: "processes, and what they wrote, all at once",
    against: "`Deno.Command`, in a group of its own",
    sizes: [20, 100],
    expected: (n) => n,
    floor: together(() => echo(true)),
    ours: together(runProcess),
    peers: { "Deno.Command, without a group": together(() => echo(false)) },
    goal: GOAL,
    reason: GROUP,
  },
  {
    name: "what a process writes, collected, by MiB",
    against: "`Deno.Command`, in a group of its own",
    sizes: [1, 32],
    expected: (n) => n * MIB,
    floor: () => async (n) => (await written("head", ["-c", String(n * MIB), "/dev/zero"])).byteLength,
    ours: async () => {
      const { runProcess } = await import("../../lib/process/mod.ts");
      return async (n) => {
        const { stdout } = await runProcess("head", ["-c", String(n * MIB), "/dev/zero"], { stdout: "bytes" });
        return stdout.byteLength;
      };
    },
    goal: GOAL,
    reason:
      "The platform reads it all outside of JavaScript. Here each chunk of 64 KiB is counted, so that there is a limit.",
  },
  {
    name: "lines of a process",
    against: "the text as a whole, split",
    sizes: [1_000, 100_000],
    expected: (n) => n,
    floor: () => async (n) => decoder.decode(await written("seq", [String(n)])).split("\n").length - 1,
    ours: async () => {
      const { startProcess } = await import("../../lib/process/mod.ts");
      return async (n) => {
        let lines = 0;
        for await (const _ of startProcess("seq", [String(n)]).lines()) lines++;
        return lines;
      };
    },
    goal: GOAL,
    reason: "To cut a text is one call. To give its lines one by one is a step of a loop, and a promise, for each.",
  },
];
