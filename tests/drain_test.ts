// The example of draining, with signals as a system sends them. Each test takes as long as a process takes to start, and its
// jobs, half a second. On Windows no program can send another one a signal that it could hear.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startDeno } from "./program.ts";

const test = Deno.build.os === "windows" ? () => {} : Deno.test;

function start() {
  return startDeno(["run", "examples/drain.ts"], { cwd: new URL("../", import.meta.url) });
}

/** How many jobs were done. */
function jobsIn(stdout: string): number {
  return stdout.match(/is done/g)?.length ?? 0;
}

for (const [signal, exitCode] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
  test(`examples/drain.ts does 8 of 8 jobs when ${signal} comes in the middle, and then ends`, async () => {
    await using program = start();
    await program.printed("job 2 is done");
    program.kill(signal);
    const { code, stdout, stderr } = await program.ended();
    assertEquals([code, jobsIn(stdout), stderr], [exitCode, 8, ""]);
  });
}

test("examples/drain.ts leaves at once at the second signal", async () => {
  await using program = start();
  await program.printed("8 jobs are there");
  program.kill("SIGTERM");
  await program.printed("job 2 is done");
  program.kill("SIGTERM");
  const { code, stdout, stderr } = await program.ended();
  assertEquals(code, 143);
  assert(jobsIn(stdout) < 8);
  // Who was still at work.
  assertStringIncludes(stderr, "workers [running]");
});
