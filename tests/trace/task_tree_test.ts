import { assertEquals, assertMatch } from "@std/assert";
import { checkpoint, createTask, gather, Lock, run, shield, sleep, timeout } from "../../mod.ts";
import { formatTaskTree } from "../../lib/trace/task_tree.ts";
import { type Ended, Program } from "../program.ts";

Deno.test("formatTaskTree() draws tasks below what started them, with what each waits for", async () => {
  const lines = await run(async () => {
    const lock = new Lock({ name: "db" });
    using _ = await lock.acquire();
    createTask(async () => {
      await gather(() => sleep(60_000), function writer() {
        return lock.run(() => 0);
      });
    }, { name: "outer", eager: true });
    return formatTaskTree().replaceAll(/-\d+/g, "").split("\n");
  }, { signals: [] });
  assertEquals(lines, [
    "main [running]",
    "└─ outer [running], waits for gather of 2",
    "   ├─ task [running], waits for sleep 60000 ms",
    '   └─ writer [running], waits for db, held by task "main"',
  ]);
});

Deno.test("formatTaskTree() tells how much time is left", async () => {
  await timeout(60_000, async () => {
    await using _ = createTask(() => sleep(90_000), { name: "slow", eager: true });
    assertMatch(formatTaskTree(), /^slow \[running\], waits for sleep 90000 ms, deadline in (60000|59\d\d\d) ms$/m);
  });
});

Deno.test("formatTaskTree() tells since when a task has been cancelled, and why", async () => {
  const over = new AbortController();
  const cleanUp = () => sleep(60_000, undefined, { signal: over.signal }).catch(() => {});
  const task = createTask(() => sleep(60_000).finally(() => shield(cleanUp)), { name: "tidy", eager: true });
  task.cancel();
  await sleep(0);
  assertMatch(
    formatTaskTree(),
    /^tidy \[cancelling\], cancelled \d+ ms ago: Task "tidy" was cancelled, waits for sleep 60000 ms$/,
  );
  over.abort();
  await task.settled();
});

Deno.test("formatTaskTree() of nothing says so", () => {
  assertEquals(formatTaskTree(), "no tasks");
});

// Processes, which take a good part of a second each.
const WAITING = `
  await run(async () => {
    createTask(() => sleep(60_000), { name: "nap", eager: true });
    console.log("ready");
    await sleep(300);
    console.log("still here");
  });
`;

/** Send a program SIGQUIT once it is ready, and wait for its end. */
async function sentQuit(program: Program): Promise<Ended> {
  await program.printed("ready");
  program.kill("SIGQUIT");
  return await program.ended();
}

Deno.test("Ctrl-\\ prints the tasks of a program, which goes on", async () => {
  await using program = new Program("createTask, run, sleep", WAITING);
  const { code, stdout, stderr } = await sentQuit(program);
  assertEquals([code, stdout], [0, "ready\nstill here"]);
  assertEquals(stderr.split("\n"), [
    "main [running], waits for sleep 300 ms",
    "└─ nap [running], waits for sleep 60000 ms",
  ]);
});

Deno.test("Ctrl-\\ in debug mode tells where tasks were created and where they wait", async () => {
  await using program = new Program("createTask, run, sleep", WAITING, { env: { ASYNCIO_DEBUG: "1" } });
  const { stderr } = await sentQuit(program);
  assertMatch(
    stderr,
    /nap \[running\], for \d+ ms, waits for sleep 60000 ms at .*\.ts:4:\d+\)?, created at .*\.ts:4:\d+/,
  );
});

Deno.test("Ctrl-\\ does what it always does in a program that listens for no signals", async () => {
  await using program = new Program(
    "run, sleep",
    `await run(async () => (console.log("ready"), await sleep(60_000)), { signals: [] });`,
  );
  const { code } = await sentQuit(program);
  assertEquals(code, 131);
});

Deno.test("formatTaskTree() describes a deadlock below the tree", async () => {
  const [left, right] = [new Lock({ name: "left" }), new Lock({ name: "right" })];
  const take = (first: Lock, second: Lock) => async () => {
    using _ = await first.acquire();
    await checkpoint();
    await second.run(() => {});
  };
  await using _kant = createTask(take(left, right), { name: "Kant" });
  await using _hume = createTask(take(right, left), { name: "Hume" });
  for (let i = 0; i < 5; i++) await checkpoint();
  assertEquals(formatTaskTree().split("\n").slice(-3), [
    "Deadlock: 2 tasks wait for one another:",
    '  task "Kant" waits for right, held by task "Hume"',
    '  task "Hume" waits for left, held by task "Kant"',
  ]);
});
