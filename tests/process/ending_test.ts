// How processes end, counted in /proc. Each test takes as long as processes do, and as their grace.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CancelledError, createTask, isCancelled, race, taskGroup, timeout, TimeoutError } from "../../mod.ts";
import { type Process, runProcess, startProcess } from "../../lib/process/mod.ts";
import { isLinux, livingWith, marked, newMark } from "./living.ts";
import { sh } from "./sh.ts";

/** Resolves when the process has printed its first line: it has got as far as that. The pipe stays open, as shells say more. */
async function ready(process: Process): Promise<void> {
  await process.lines("stderr").next();
}

/** A shell may do this for ever, and sees a signal soon. Something that waits in the background might have just been forked, and miss it. */
const WAIT = "while :; do sleep 0.01; done";

/** Scripts that are hard to end, and what it takes. Each says on stderr that it is there. */
const SCRIPTS: Record<string, [script: string, stopped: string]> = {
  "ends on SIGTERM": ["echo >&2; sleep 600", "cooperative"],
  "cleans up on SIGTERM": [`trap 'sleep 0.02; exit 0' TERM; echo >&2; ${WAIT}`, "cooperative"],
  "ignores SIGTERM": ["trap '' TERM; echo >&2; sleep 600; sleep 600", "killed"],
  "has a child that ignores SIGTERM": ["(trap '' TERM; echo >&2; sleep 600; sleep 600) & wait", "killed"],
  "has left its child behind": ["(sleep 600 & sleep 600 &) ; echo >&2; sleep 600", "cooperative"],
  "has a child in a group of its own": ["timeout 600 sh -c 'echo >&2; sleep 600'; true", "cooperative"],
  "has a child in a group of its own that ignores SIGTERM": [
    `timeout 600 sh -c "trap '' TERM; echo >&2; sleep 600; sleep 600"; true`,
    "killed",
  ],
  "was stopped": ["(kill -s STOP $$; sleep 600) & echo >&2; wait", "cooperative"],
};

for (const [what, [script, stopped]] of Object.entries(SCRIPTS)) {
  Deno.test({
    name: `a process that ${what} is ended with its task, and nothing of it is left`,
    ignore: !isLinux,
    fn: async () => {
      const mark = newMark();
      const task = createTask(async () => {
        const process = startProcess(...sh(script), {
          stderr: "piped",
          grace: stopped === "killed" ? 100 : 5_000,
          env: marked(mark),
        });
        await ready(process);
        task.cancel("enough");
        await process.status();
      });
      const { error } = await task.then(() => ({ error: null }), (error) => ({ error }));
      assert(error instanceof CancelledError);
      assertEquals([error.stopped, error.reason, livingWith(mark)], [stopped, "enough", []]);
    },
  });
}

Deno.test({
  name: "a process that ends by itself takes what it has started with it",
  ignore: !isLinux,
  fn: async () => {
    const mark = newMark();
    const { stdout } = await runProcess(...sh("sleep 600 & sleep 600 & echo done"), { env: marked(mark) });
    assertEquals([stdout, livingWith(mark)], ["done\n", []]);
  },
});

Deno.test({
  name: "a process ends with the function that has started it",
  ignore: !isLinux,
  fn: async () => {
    const mark = newMark();
    let process: Process | undefined;
    await createTask(() => {
      process = startProcess("sleep", ["600"], { env: marked(mark) });
    });
    assertEquals(livingWith(mark), []);
    await assertRejects(() => process!.status(), CancelledError);
  },
});

Deno.test("a process ends with the group, or the race, that it belongs to", async () => {
  assertEquals(
    await taskGroup(async (group) => {
      group.createTask(() => runProcess("sleep", ["600"]));
      await runProcess("true");
      group.cancel();
    }),
    undefined,
  );
  assertEquals((await race(() => runProcess("sleep", ["600"]), () => runProcess("echo", ["first"]))).stdout, "first\n");
});

Deno.test("a process that has made a group of its own holds no pipe for longer than the grace", async () => {
  const holds = "setsid sleep 5 & echo done";
  assertEquals((await runProcess(...sh(holds), { grace: 50 })).stdout, "done\n");
  const process = startProcess(...sh(holds), { grace: 50 });
  assertEquals(await Array.fromAsync(process.lines()), ["done"]);
  assertEquals(await process.status(), { code: 0, signal: null });
});

Deno.test("a process that others hold the pipes of may be slow to be read: nothing of its own is lost", async () => {
  const process = startProcess(...sh("seq 5000; setsid sleep 5 &"), { grace: 20 });
  await process.status();
  // Longer than the grace, while all is in the pipe.
  await new Promise((resolve) => setTimeout(resolve, 60));
  const lines = await Array.fromAsync(process.lines());
  assertEquals([lines.length, lines.at(-1)], [5_000, "5000"]);
});

Deno.test("a process that others write to the pipe of, after its end, is at its end all the same", async () => {
  const process = startProcess(...sh("setsid timeout 5 yes & read _"), { stdin: "piped", grace: 50 });
  let lines = 0;
  for await (const _ of process.lines()) if (++lines === 1_000) await process.stdin.close();
  assertEquals(await process.status(), { code: 1, signal: null });
  assert(lines >= 1_000);
});

Deno.test("Process.stop() ends a process, says what it took, and leaves code and signal to be asked for", async () => {
  const process = startProcess("sleep", ["600"]);
  assertEquals(await process.stop(), "cooperative");
  assertEquals(await process.status(), { code: 143, signal: "SIGTERM" });
  assertEquals(await process.stop(), undefined);
  assertEquals(process.kill(), false);
});

Deno.test("Process.stop() kills what does not end by itself, also when it is called twice", async () => {
  const process = startProcess(...sh("trap '' TERM; echo >&2; sleep 600; sleep 600"), { stderr: "piped", grace: 50 });
  await ready(process);
  assertEquals(await Promise.all([process.stop(), process.stop()]), ["killed", "killed"]);
  assertEquals(await process.status(), { code: 137, signal: "SIGKILL" });
});

Deno.test("Process.stop() works in a task that was cancelled, as await using does", async () => {
  const stopped: unknown[] = [];
  const task = createTask(async () => {
    const process = startProcess("sleep", ["600"]);
    try {
      task.cancel();
      await process.status();
    } finally {
      stopped.push(await process.stop(), (await createTask(() => 1).settled()).status);
    }
  });
  await assertRejects(() => task, CancelledError);
  assertEquals(stopped, ["cooperative", "rejected"]);
});

Deno.test({
  name: "await using ends a process at the end of its block, also when that fails",
  ignore: !isLinux,
  fn: async () => {
    const mark = newMark();
    await assertRejects(
      async () => {
        await using _ = startProcess("sleep", ["600"], { env: marked(mark) });
        throw new Error("in the block");
      },
      Error,
      "in the block",
    );
    assertEquals(livingWith(mark), []);
  },
});

Deno.test("Process.kill() sends a signal to the process and its children, and is no error", async () => {
  const process = startProcess(...sh(`trap 'echo got it; exit 7' USR1; echo >&2; ${WAIT}`), {
    stderr: "piped",
  });
  await ready(process);
  assertEquals(process.kill("SIGUSR1"), true);
  assertEquals(await Array.fromAsync(process.lines()), ["got it"]);
  assertEquals(await process.status(), { code: 7, signal: null });
  await process.stop();
});

Deno.test("Process.kill() refuses a signal that is none", async () => {
  await using process = startProcess("sleep", ["600"]);
  let error: unknown;
  try {
    process.kill("SIGNONE" as Deno.Signal);
  } catch (thrown) {
    error = thrown;
  }
  assert(error instanceof TypeError);
});

Deno.test("Process.status() may be given up by its signal, and the process runs on", async () => {
  await using process = startProcess("sleep", ["600"]);
  const reason = new Error("waited long enough");
  assertEquals(await assertRejects(() => process.status({ signal: AbortSignal.abort(reason) })), reason);
  const controller = new AbortController();
  const waiting = process.status({ signal: controller.signal });
  controller.abort(reason);
  assertEquals(await assertRejects(() => waiting), reason);
  assertEquals(process.kill("SIGCONT"), true);
});

Deno.test("a process that was timed out tells so those who read it, instead of an end", async () => {
  const process = startProcess(...sh("echo half; sleep 600"), { timeout: 100 });
  const lines: string[] = [];
  await assertRejects(
    async () => {
      for await (const line of process.lines()) lines.push(line);
    },
    TimeoutError,
    '100 ms in task "sh"',
  );
  assertEquals(lines, ["half"]);
  await assertRejects(() => process.status(), TimeoutError);
});

Deno.test("a process that is being ended is still read: its last words break no pipe", async () => {
  const file = await Deno.makeTempFile();
  try {
    const script = `trap 'echo saving; echo saved; exit 0' TERM; echo >&2; ${WAIT}`;
    await createTask(async () => {
      const process = startProcess(...sh(script), { stdout: { file }, stderr: "piped" });
      await ready(process);
    });
    assertEquals(await Deno.readTextFile(file), "saving\nsaved\n");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a process whose reader is cancelled with it may end as it likes", async () => {
  const file = await Deno.makeTempFile();
  try {
    const script =
      `trap 'i=0; while [ $i -lt 100 ]; do echo last words; i=$((i + 1)); done; echo > ${file}; exit 0' TERM
      echo ready; ${WAIT}`;
    const task = createTask(async () => {
      for await (const _ of startProcess(...sh(script)).lines()) task.cancel();
    });
    await assertRejects(() => task, CancelledError);
    assertEquals(await Deno.readTextFile(file), "\n");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test({
  name: "a process whose time is over at once is ended all the same, and its files are closed",
  ignore: !isLinux,
  fn: async () => {
    const mark = newMark();
    for (const ms of [0, 1e-9]) {
      const options = { timeout: ms, env: marked(mark), stdin: { file: "/dev/null" }, stdout: { file: "/dev/null" } };
      const error = await assertRejects(() => runProcess("sleep", ["600"], options), TimeoutError);
      assertEquals((error.cause as CancelledError).stopped, "cooperative");
      await assertRejects(() => runProcess("cat", [], { timeout: ms, stdin: { text: "x" } }), TimeoutError);
    }
    assertEquals(livingWith(mark), []);
  },
});

Deno.test("the cancellation of a process in a timeout says what ending it took", async () => {
  const error = await assertRejects(
    () => timeout(50, () => runProcess(...sh("trap '' TERM; sleep 600; sleep 600"), { grace: 50 })),
    TimeoutError,
  );
  assert(isCancelled(error.cause));
  assertEquals(error.cause.stopped, "killed");
});

Deno.test({
  name: "a program that may run one command only ends that process, and it is verified to be gone",
  ignore: !isLinux,
  fn: async () => {
    const mod = new URL("../../lib/process/mod.ts", import.meta.url).href;
    const code = `import { startProcess } from "${mod}";
      const sleep = startProcess("sleep", ["600"]);
      console.log(await sleep.stop(), JSON.stringify(await sleep.status()));`;
    const { stdout } = await runProcess(Deno.execPath(), [
      "run",
      "--no-config",
      "--no-prompt",
      "--allow-run=sleep",
      "-",
    ], {
      stdin: { text: code },
      env: { NO_COLOR: "1" },
    });
    assertStringIncludes(stdout, 'cooperative {"code":143,"signal":"SIGTERM"}');
  },
});
