import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CancelledError, createTask, sleep } from "../../mod.ts";
import { ProcessError, type ProcessInput, runProcess, startProcess } from "../../lib/process/mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { sh } from "./sh.ts";

const BYTES = new TextEncoder().encode("b\na\n");

/** All that a process may read, for the lines b and a. */
const INPUTS: Record<string, () => Exclude<ProcessInput, "piped">> = {
  bytes: () => BYTES,
  text: () => ({ text: "b\na\n" }),
  "a list of lines": () => ["b", "a"],
  "a stream": () => new Blob([BYTES]).stream(),
  "an async iterable of lines": async function* () {
    yield "b";
    await sleep(1);
    yield "a";
  },
  "an async iterable of bytes": async function* () {
    for (const byte of BYTES) yield new Uint8Array([byte]);
  },
};

for (const [name, input] of Object.entries(INPUTS)) {
  asyncTest(`a process reads ${name}`, async () => {
    assertEquals((await runProcess("sort", [], { stdin: input() })).stdout, "a\nb\n");
  });
}

asyncTest("a process reads files and writes them, anew or behind what is there", async () => {
  const file = await Deno.makeTempFile();
  try {
    await runProcess("echo", ["one"], { stdout: { file } });
    await runProcess("echo", ["two"], { stdout: { file } });
    await runProcess(...sh("echo three >&2"), { stderr: { file: new URL(`file://${file}`), append: true } });
    assertEquals((await runProcess("cat", [], { stdin: { file } })).stdout, "two\nthree\n");
  } finally {
    await Deno.remove(file);
  }
});

asyncTest("a process is not started when its file cannot be opened, and no other file stays open", async () => {
  const file = await Deno.makeTempFile();
  try {
    const options = { stdin: { file }, stdout: { file: "/no/such/folder/file" } };
    assertThrows(() => startProcess("cat", [], options), Deno.errors.NotFound, "/no/such/folder/file");
    assertThrows(
      () => startProcess("no_such_program", [], { stdin: { file } }),
      Deno.errors.NotFound,
      "no_such_program",
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test({
  name: "a process whose file takes nothing, as on a full disk, fails with that, be it the first write or the last",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    for (const size of [1, 100_000, 1_000_000]) {
      await assertRejects(
        () => runProcess("head", ["-c", String(size), "/dev/zero"], { stdout: { file: "/dev/full" } }),
        Error,
        "No space left on device",
      );
    }
  },
});

Deno.test({
  name: "a process is not started with a named pipe for a file, which would stop the program until that is open",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/pipe`;
      await runProcess("mkfifo", [file]);
      for (const path of [file, new URL(`file://${file}`)]) {
        assertThrows(
          () => startProcess("cat", [], { stdin: { file: path } }),
          TypeError,
          "with a named pipe for a file",
        );
        assertThrows(
          () => startProcess("ls", [], { stdout: { file: path } }),
          TypeError,
          "with a named pipe for a file",
        );
      }
      // Opened by the program, it is a stream as any.
      const writing = runProcess("echo", ["hello"], {
        stdout: (await Deno.open(file, { read: true, write: true })).writable,
      });
      const reading = await Deno.open(file);
      assertEquals((await runProcess("head", ["-n", "1"], { stdin: reading.readable })).stdout, "hello\n");
      await writing;
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

asyncTest("a process writes to a stream, which is closed at its end", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const [text] = await Promise.all([
    new Response(readable as ReadableStream<Uint8Array<ArrayBuffer>>).text(),
    runProcess("echo", ["streamed"], { stdout: writable }),
  ]);
  assertEquals(text, "streamed\n");
});

asyncTest("a process reads nothing unless it is told to", async () => {
  assertEquals((await runProcess("cat")).stdout, "");
});

asyncTest("a process ends with the error of what it reads, or writes to", async () => {
  async function* broken(): AsyncGenerator<string> {
    yield "first";
    throw new RangeError("no more");
  }
  await assertRejects(() => runProcess("cat", [], { stdin: broken() }), RangeError, "no more");
  const full = new WritableStream({
    write: () => {
      throw new RangeError("full");
    },
  });
  await assertRejects(() => runProcess("yes", [], { stdout: full }), RangeError, "full");
});

asyncTest("a process that reads only the beginning is no error, and what it reads is closed", async () => {
  const closed: string[] = [];
  async function* endless(): AsyncGenerator<string> {
    try {
      for (let n = 0;; n++) yield String(n);
    } finally {
      closed.push("endless");
    }
  }
  assertEquals((await runProcess("head", ["-n", "2"], { stdin: endless() })).stdout, "0\n1\n");
  assertEquals((await runProcess("true", [], { stdin: new Uint8Array(1 << 20) })).code, 0);
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1 << 16)),
    cancel: () => void closed.push("stream"),
  });
  assertEquals((await runProcess("true", [], { stdin: stream })).code, 0);
  assertEquals(closed, ["endless", "stream"]);
});

asyncTest("a process does not wait for what it reads once it has ended", async () => {
  async function* stuck(): AsyncGenerator<string> {
    yield "once";
    await new Promise(() => {});
  }
  assertEquals((await runProcess("head", ["-n", "1"], { stdin: stuck() })).stdout, "once\n");
  assertEquals((await runProcess("true", [], { stdin: new ReadableStream<Uint8Array>() })).code, 0);
});

Deno.test("a process that writes to what never takes it ends with its task", async () => {
  const stuck = new WritableStream({ write: () => new Promise(() => {}) });
  const task = createTask(() => runProcess("echo", ["x"], { stdout: stuck }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  task.cancel();
  assertEquals((await task.settled()).status, "rejected");
});

asyncTest("Process.lines() gives lines without their breaks, whatever those are", async () => {
  const cases: [written: string, lines: string[]][] = [
    ["", []],
    ["one", ["one"]],
    ["one\\n", ["one"]],
    ["\\n\\n", ["", ""]],
    ["one\\r\\ntwo\\rthree\\nfour", ["one", "two", "three", "four"]],
    ["10%%\\r20%%\\r", ["10%", "20%"]],
    ["gr\\303\\274n\\n", ["grün"]],
  ];
  for (const [written, lines] of cases) {
    assertEquals(await Array.fromAsync(startProcess("printf", [written]).lines()), lines, written);
  }
});

asyncTest("Process.lines() joins what comes in pieces", async () => {
  const process = startProcess("cat", [], { stdin: "piped" });
  const writer = process.stdin.getWriter();
  const pieces: (string | Uint8Array<ArrayBuffer>)[] = [
    "on",
    "e\r",
    "\ntwo\nth",
    new Uint8Array([0xc3]),
    new Uint8Array([0xa9, 10]),
  ];
  const lines: string[] = [];
  const reading = createTask(async () => {
    for await (const line of process.lines()) lines.push(line);
  });
  for (const piece of pieces) {
    await writer.write(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
    await sleep(1);
  }
  await writer.close();
  await reading;
  assertEquals(lines, ["one", "two", "thé"]);
});

asyncTest("Process.lines() holds a process back that writes faster than it is read", async () => {
  const process = startProcess(
    ...sh("i=0; while [ $i -lt 100000 ]; do echo line $i; i=$((i + 1)); done; echo done >&2"),
    {
      stderr: "piped",
    },
  );
  let lines = 0;
  for await (const _ of process.lines()) {
    if (++lines === 10) break;
  }
  // The rest, which is more than a pipe holds, was never written.
  assertEquals(await process.status(), { code: 141, signal: "SIGPIPE" });
  assertEquals(await Array.fromAsync(process.lines("stderr")), []);
});

asyncTest("Process.lines() fails for a line longer than maxBuffer, instead of keeping it", async () => {
  const process = startProcess("head", ["-c", "1000000", "/dev/zero"], { maxBuffer: 100_000 });
  await assertRejects(
    () => Array.fromAsync(process.lines()),
    RangeError,
    "longer than maxBuffer: current value is 100000",
  );
  await process.stop();
});

asyncTest("Process.lines() can be given up by a signal", async () => {
  await using process = startProcess("cat", [], { stdin: "piped" });
  const controller = new AbortController();
  const reading = Array.fromAsync(process.lines("stdout", { signal: controller.signal }));
  await process.stdin.getWriter().write(BYTES);
  controller.abort(new Error("enough"));
  await assertRejects(() => reading, Error, "enough");
});

asyncTest("Process.stdout is a stream of bytes, to be read into a buffer of one's own as well", async () => {
  const process = startProcess("echo", ["hello"]);
  const reader = process.stdout.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(3));
  assertEquals(new TextDecoder().decode(value), "hel");
  assertEquals((await reader.read(new Uint8Array(10))).value, new TextEncoder().encode("lo\n"));
  assertEquals((await reader.read(new Uint8Array(10))).done, true);
  await process.status();
});

asyncTest("Process.stdin, stdout and stderr say when they are not piped", async () => {
  const process = startProcess("true", [], { stdout: "null" });
  assertThrows(() => process.stdin, TypeError, 'Cannot use stdin of "true" as it is not "piped"');
  assertThrows(() => process.stdout, TypeError, 'Cannot use stdout of "true" as it is not "piped"');
  assertThrows(() => process.lines("stderr"), TypeError, 'Cannot use stderr of "true" as it is not "piped"');
  await process.status();
});

asyncTest("Process.stdin fails once the process has ended", async () => {
  const process = startProcess("true", [], { stdin: "piped" });
  await process.status();
  await assertRejects(
    () => process.stdin.getWriter().write(BYTES),
    TypeError,
    'Cannot write to "true" as it has ended',
  );
});

asyncTest("a question and its answer go to and fro", async () => {
  await using process = startProcess("cat", [], { stdin: "piped" });
  const writer = process.stdin.getWriter();
  const answers = process.lines();
  for (const question of ["one", "two", "three"]) {
    await writer.write(new TextEncoder().encode(`${question}\n`));
    assertEquals((await answers.next()).value, question);
  }
  await writer.close();
  assertEquals((await answers.next()).done, true);
});

asyncTest("runProcess() collects ten MiB in both directions", async () => {
  const stdin = new Uint8Array(10 << 20).fill(7);
  const { stdout } = await runProcess("cat", [], { stdin, stdout: "bytes" });
  assert(stdout.length === stdin.length && stdout.every((byte) => byte === 7));
});

asyncTest("a failure of a process with its output elsewhere has no messages to show", async () => {
  const error = await assertRejects(() => runProcess(...sh("echo no >&2; exit 1"), { stderr: "null" }), ProcessError);
  assertEquals([error.message, error.stderr], ['"sh" exited with code 1', ""]);
});

asyncTest(
  "a write that a process is ended in the middle of fails with the cancellation, not with a broken pipe",
  async () => {
    const task = createTask(async () => {
      const process = startProcess("sleep", ["600"], { stdin: "piped" });
      const writing = process.stdin.getWriter().write(new Uint8Array(1 << 20));
      await sleep(1);
      task.cancel();
      await writing;
    });
    await assertRejects(() => task, CancelledError);
  },
);
