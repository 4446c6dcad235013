import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createTask, TimeoutError } from "../../mod.ts";
import { ProcessError, runPipeline, startProcess } from "../../lib/process/mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { isLinux, livingWith, marked, newMark } from "./living.ts";
import { sh } from "./sh.ts";

/** `script`, as a part of a pipeline. */
function part(script: string): [string, ...string[]] {
  return ["sh", "-c", script];
}

asyncTest("runPipeline() hands on what each writes, and gives what the last one does", async () => {
  const { code, stdout } = await runPipeline([["printf", "b\\na\\nb\\n"], ["sort"], ["uniq", "-c"]]);
  assertEquals([code, stdout.trim().split(/\s+/)], [0, ["1", "a", "2", "b"]]);
});

asyncTest("runPipeline() feeds the first, and has the messages of all in their order", async () => {
  const options = { stdin: ["one", "two"], env: { WORD: "said" } };
  const { stdout, stderr } = await runPipeline(
    [part("echo first $WORD >&2; cat"), part("cat; echo last $WORD >&2")],
    options,
  );
  assertEquals([stdout, stderr], ["one\ntwo\n", "first said\nlast said\n"]);
});

asyncTest("runPipeline() runs a single command, and refuses none", async () => {
  assertEquals(
    (await runPipeline([["echo", "alone"]], { stdout: "bytes" })).stdout,
    new TextEncoder().encode("alone\n"),
  );
  await assertRejects(() => runPipeline([]), TypeError, "there is no command");
});

for (
  const [which, commands] of Object.entries({
    first: [part("echo mine >&2; exit 3"), part("cat"), part("cat")],
    second: [part("echo x"), part("cat > /dev/null; echo mine >&2; exit 3"), part("cat")],
    last: [part("echo x"), part("cat"), part("cat > /dev/null; echo mine >&2; exit 3")],
  })
) {
  asyncTest(`runPipeline() throws when its ${which} process fails`, async () => {
    const error = await assertRejects(() => runPipeline(commands), ProcessError, '"sh" exited with code 3: mine');
    assertEquals(error.command[2]!.includes("mine"), true);
    const { code, signal } = await runPipeline(commands, { check: false });
    assertEquals([code, signal], [3, null]);
  });
}

asyncTest("runPipeline() throws the failure that was first, of several", async () => {
  const commands = [part("exit 4"), part("cat > /dev/null; exit 5"), part("cat > /dev/null; exit 6")];
  await assertRejects(() => runPipeline(commands), ProcessError, "code 4");
});

asyncTest("runPipeline() takes it for no failure that one before has written to nobody", async () => {
  assertEquals((await runPipeline([["yes"], ["cat"], ["head", "-n", "1"]])).stdout, "y\n");
  // Nor where a shell passes that on.
  assertEquals((await runPipeline([part("yes; exit $?"), ["head", "-n", "1"]])).stdout, "y\n");
});

Deno.test({
  name: "runPipeline() ends one that never writes, with what it has started, after the last has ended",
  ignore: !isLinux,
  fn: async () => {
    const mark = newMark();
    const options = { grace: 50, env: marked(mark) };
    assertEquals((await runPipeline([part("sleep 600 & wait"), ["echo", "done"]], options)).stdout, "done\n");
    assertEquals(livingWith(mark), []);
  },
});

Deno.test({
  name: "runPipeline() ends all when time runs out, when one cannot be started, and when one writes too much",
  ignore: !isLinux,
  fn: async () => {
    const mark = newMark();
    const env = marked(mark);
    await assertRejects(
      () => runPipeline([["sleep", "600"], ["cat"], ["sleep", "600"]], { timeout: 50, env }),
      TimeoutError,
    );
    await assertRejects(() => runPipeline([["sleep", "600"], ["no_such_program"]], { env }), Deno.errors.NotFound);
    await assertRejects(
      () => runPipeline([["yes"], ["cat"]], { maxBuffer: 1_000, env }),
      ProcessError,
      '"cat" wrote more',
    );
    assertEquals(livingWith(mark), []);
  },
});

asyncTest("Process.pipe() leaves the last one to be read as it goes", async () => {
  // More than all pipes in between hold, so that the last one is still writing when nobody reads any more.
  const last = startProcess("seq", ["10000000"]).pipe("grep", ["7$"]).pipe("cat");
  const lines: string[] = [];
  for await (const line of last.lines()) if (lines.push(line) === 3) break;
  assertEquals(lines, ["7", "17", "27"]);
  assertEquals((await last.status()).signal, "SIGPIPE");
});

asyncTest("Process.status() of the last one throws for one before it that has failed", async () => {
  const last = startProcess(...sh("echo x; exit 3")).pipe("cat");
  assertEquals(await Array.fromAsync(last.lines()), ["x"]);
  await assertRejects(() => last.status(), ProcessError, '"sh" exited with code 3');
});

Deno.test("Process.status() of the last one throws when one before it runs out of time, and so do those who read", async () => {
  const last = startProcess("sleep", ["600"], { timeout: 50 }).pipe("cat").pipe("cat");
  await assertRejects(() => Array.fromAsync(last.lines()), TimeoutError, '50 ms in task "sleep"');
  await assertRejects(() => last.status(), TimeoutError);
});

asyncTest("Process.pipe() takes what nobody else reads", async () => {
  const yes = startProcess("yes");
  const reading = yes.lines();
  await reading.next();
  assertThrows(() => yes.pipe("cat"), TypeError, "nobody else reads");
  await assertRejects(() => yes.status());
  assertThrows(() => startProcess("true", [], { stdout: "null" }).pipe("cat"), TypeError, 'not "piped"');
});

Deno.test({
  name: "Process.stop() of the last one ends the whole pipeline",
  ignore: !isLinux,
  fn: async () => {
    const mark = newMark();
    const env = marked(mark);
    const last = startProcess("sleep", ["600"], { env }).pipe("cat", [], { env }).pipe("cat", [], { env });
    assertEquals(await last.stop(), "cooperative");
    assertEquals([livingWith(mark), await last.status()], [[], { code: 143, signal: "SIGTERM" }]);
  },
});

Deno.test({
  name: "a pipeline ends with its task",
  ignore: !isLinux,
  fn: async () => {
    const mark = newMark();
    const env = marked(mark);
    const task = createTask(async () => {
      const last = startProcess("yes", [], { env }).pipe("cat", [], { env }).pipe("cat", [], { env });
      for await (const _ of last.lines()) task.cancel();
    });
    await task.settled();
    assertEquals([task.state, livingWith(mark)], ["cancelled", []]);
  },
});
