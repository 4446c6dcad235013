// What others see of the wait for a process: virtual time, traces, the task tree.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { createTask, effectiveDeadline, gather, sleep, timeout } from "../../mod.ts";
import { type Process, runProcess, startProcess } from "../../lib/process/mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { formatTaskTree, startTrace } from "../../lib/trace/mod.ts";
import { sh } from "./sh.ts";

asyncTest("a virtual clock stands still while a process runs, and its output is collected", async (clock) => {
  const done: string[] = [];
  await gather(
    async () => {
      await timeout(1, () => runProcess(...sh("sleep 0.05; echo done")));
      done.push(`process at ${clock.now()}`);
    },
    async () => {
      await sleep(1_000);
      done.push(`sleep at ${clock.now()}`);
    },
  );
  assertEquals(done, ["process at 0", "sleep at 1000"]);
});

asyncTest("a virtual clock stands still while a line of a process is waited for", async (clock) => {
  const process = startProcess(...sh("for n in 1 2 3; do sleep 0.02; echo $n; done"));
  const sleeping = createTask(() => sleep(1_000));
  for await (const _ of process.lines()) assertEquals(clock.now(), 0);
  await process.status();
  await sleeping;
  assertEquals(clock.now(), 1_000);
});

asyncTest("a virtual clock goes on while a process may be waiting for the program", async (clock) => {
  async function* slowly(): AsyncGenerator<string> {
    for (const line of ["one", "two"]) {
      await sleep(60_000);
      yield line;
    }
  }
  assertEquals((await runProcess("cat", [], { stdin: slowly() })).stdout, "one\ntwo\n");
  // More than a pipe holds, read slowly.
  let lines = 0;
  for await (const _ of startProcess("seq", ["20000"]).lines()) if (++lines % 5_000 === 0) await sleep(60_000);
  assertEquals([lines, clock.now()], [20_000, 6 * 60_000]);
});

asyncTest("the wait for a process is of the kind process, and says for which", async () => {
  using trace = startTrace();
  const process = startProcess("cat", [], { stdin: "piped" });
  const task = createTask(() => process.status(), { name: "watcher" });
  await sleep(0);
  assertStringIncludes(formatTaskTree(), `the end of cat (pid ${process.pid})`);
  await process.stdin.close();
  await task;
  trace.stop();
  const spans = trace.recorded().spans;
  const waits = spans.find(({ name }) => name === "watcher")!.waits;
  assertEquals(waits.map(({ kind, what }) => [kind, what]), [["process", `the end of cat (pid ${process.pid})`]]);
  assertEquals(spans.some(({ name }) => name === "cat"), true);
});

asyncTest("a line of a process that is waited for says so", async () => {
  await using process: Process = startProcess("cat", [], { stdin: "piped" });
  const task = createTask(() => process.lines().next(), { name: "reader" });
  await sleep(0);
  assertStringIncludes(formatTaskTree(), `a line of cat (pid ${process.pid})`);
  task.cancel();
  await task.settled();
});

Deno.test("a process knows the deadline around it", async () => {
  await timeout(60_000, async () => {
    const left = effectiveDeadline() - performance.now();
    const { stdout } = await runProcess("echo", [String(Math.round(left))]);
    assertEquals(Number(stdout) > 50_000, true);
  });
});
