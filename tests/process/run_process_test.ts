import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CancelledError, createTask, gather, timeout, TimeoutError } from "../../mod.ts";
import { ProcessError, runProcess } from "../../lib/process/mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { sh } from "./sh.ts";

asyncTest("runProcess() gives code, signal, and what was written as text", async () => {
  assertEquals(await runProcess(...sh("echo out; echo err >&2")), {
    code: 0,
    signal: null,
    stdout: "out\n",
    stderr: "err\n",
  });
});

asyncTest("runProcess() gives bytes, or nothing, where that is asked for", async () => {
  const { stdout, stderr } = await runProcess(...sh("printf '\\377'; echo err >&2"), {
    stdout: "bytes",
    stderr: "null",
  });
  const bytes: Uint8Array<ArrayBuffer> = stdout;
  const nothing: undefined = stderr;
  assertEquals([bytes, nothing], [new Uint8Array([255]), undefined]);
});

asyncTest("runProcess() throws for another code than 0, with the end of the messages", async () => {
  const script = "for n in 1 2 3 4 5; do echo message $n >&2; done; exit 3";
  const error = await assertRejects(() => runProcess(...sh(script)), ProcessError);
  assertEquals(error.message, '"sh" exited with code 3: message 3\nmessage 4\nmessage 5');
  assertEquals([error.code, error.signal, error.command], [3, null, ["sh", "-c", script]]);
  assertEquals(error.stderr, [1, 2, 3, 4, 5].map((n) => `message ${n}`).join("\n"));
});

asyncTest("runProcess() throws for a process that was ended by a signal, and names that", async () => {
  const error = await assertRejects(() => runProcess(...sh("kill -9 $$")), ProcessError, "was ended by SIGKILL");
  assertEquals([error.code, error.signal], [137, "SIGKILL"]);
});

asyncTest("runProcess() takes any end for a result with check: false", async () => {
  const { code, signal, stdout } = await runProcess(...sh("echo half; exit 3"), { check: false });
  assertEquals([code, signal, stdout], [3, null, "half\n"]);
});

asyncTest("runProcess() keeps the last 4096 characters of the messages in its error", async () => {
  const script = "i=0; while [ $i -lt 1000 ]; do echo 0123456789 >&2; i=$((i + 1)); done; exit 1";
  const error = await assertRejects(() => runProcess(...sh(script)), ProcessError);
  assertEquals(error.stderr.length <= 4_096 && error.stderr.length > 4_000, true);
});

for (const name of ["stdout", "stderr"] as const) {
  asyncTest(`runProcess() ends a process that writes more than maxBuffer to ${name}`, async () => {
    const error = await assertRejects(
      () => runProcess(...sh(`yes ${name === "stderr" ? ">&2" : ""}`), { maxBuffer: 1_000 }),
      ProcessError,
    );
    assertStringIncludes(error.message, `"sh" wrote more than 1000 bytes to ${name}`);
  });
}

asyncTest("runProcess() takes as much as maxBuffer", async () => {
  assertEquals((await runProcess("printf", ["12345"], { maxBuffer: 5 })).stdout, "12345");
});

Deno.test("runProcess() throws a TimeoutError when its time has run out, and says how the process was ended", async () => {
  const error = await assertRejects(
    () => runProcess("sleep", ["60"], { timeout: 20 }),
    TimeoutError,
    '20 ms in task "sleep"',
  );
  assertEquals((error.cause as CancelledError).stopped, "cooperative");
});

Deno.test("runProcess() ends with a timeout around it", async () => {
  await assertRejects(() => timeout(20, () => runProcess("sleep", ["60"])), TimeoutError);
});

asyncTest("runProcess() throws the reason of its signal", async () => {
  const controller = new AbortController();
  const running = runProcess("sleep", ["60"], { signal: controller.signal });
  const reason = new Error("changed my mind");
  controller.abort(reason);
  assertEquals(await assertRejects(() => running), reason);
});

asyncTest("runProcess() starts nothing when its signal has fired, or its task is cancelled", async () => {
  await assertRejects(
    () => runProcess("no_such_program", [], { signal: AbortSignal.abort(new Error("too late")) }),
    Error,
    "too late",
  );
  const task = createTask(() => runProcess("no_such_program"), { eager: false });
  task.cancel();
  await assertRejects(() => task, CancelledError);
});

asyncTest("runProcess() ends when a sibling fails", async () => {
  const failing = new Error("sibling");
  const started = performance.now();
  const error = await assertRejects(() =>
    gather(() => runProcess("sleep", ["60"]), async () => {
      await runProcess("true");
      throw failing;
    })
  );
  assertEquals(error, failing);
  assertEquals(performance.now() - started < 30_000, true);
});

asyncTest("runProcess() runs many side by side", async () => {
  const results = await gather(Array.from({ length: 20 }, (_, n) => () => runProcess("echo", [String(n)])));
  assertEquals(results.map(({ stdout }) => Number(stdout)), Array.from({ length: 20 }, (_, n) => n));
});
