// Other programs, as part of this one: what they write, line by line; a pipeline; and an end for those that take too long,
// with all that they have started.
//
// Run: deno run --allow-run examples/running_programs.ts

import { run, timeout, TimeoutError } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own
import { ProcessError, runPipeline, runProcess, startProcess } from "../lib/process/mod.ts"; // "@asyncio/toolkit/process"

export async function main(): Promise<void> {
  const { stdout } = await runProcess("echo", ["$HOME; and no shell reads this"]);
  console.log(stdout.trimEnd());

  for await (const line of startProcess("seq", ["1000000"]).lines()) {
    console.log("line", line);
    if (line === "2") break;
  }

  const sorted = await runPipeline([["printf", "%s\\n", "pear", "fig", "pear"], ["sort"], ["uniq"]]);
  console.log(sorted.stdout.trimEnd().split("\n"));

  try {
    await runProcess("sh", ["-c", "echo out of paper >&2; exit 3"]);
  } catch (error) {
    if (error instanceof ProcessError) console.log(error.code, error.stderr);
  }

  try {
    await timeout(50, () => runProcess("sh", ["-c", "sleep 600 & sleep 600"]));
  } catch (error) {
    if (error instanceof TimeoutError) console.log("Both sleepers have ended:", error.message);
  }
}

if (import.meta.main) await run(main);

// Output:
// $HOME; and no shell reads this
// line 1
// line 2
// [ "fig", "pear" ]
// 3 out of paper
// Both sleepers have ended: Timed out after 50 ms in task "main…
