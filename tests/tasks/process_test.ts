// What a program as a whole sees: how it ends, and what it says on stderr. Each test starts a process, some 100 ms.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runProgram } from "../program.ts";

const REAL_TIME = new URL("../../lib/core/platform.ts", import.meta.url).href;

Deno.test("a program ends at once after success: no timer or listener keeps it alive", async () => {
  const { code, stdout, stderr, ms } = await runProgram(
    "createTask, gather, sleep",
    `
    const { signal } = new AbortController();
    const task = createTask(() => sleep(60_000), { signal: AbortSignal.timeout(60_000) });
    await sleep(1, undefined, { signal });
    task.cancel();
    await task.settled();
    await gather(() => sleep(60_000), () => Promise.reject(new Error("first"))).catch(() => {});
    console.log("end");
    `,
  );
  assertEquals([code, stdout, stderr], [0, "end", ""]);
  assert(ms < 30_000, `took ${ms} ms`);
});

Deno.test("a function that ends takes the sleeps with it that nobody awaited", async () => {
  const { code, ms } = await runProgram(
    "createTask, sleep",
    `await createTask(() => Promise.race([sleep(60_000), sleep(1)]));`,
  );
  assertEquals(code, 0);
  assert(ms < 30_000, `took ${ms} ms`);
});

Deno.test("a pending sleep keeps the process alive, however long it is", async () => {
  const short = await runProgram("sleep", `sleep(20).then(() => console.log("awake"));`);
  assertEquals([short.code, short.stdout], [0, "awake"]);
  const forever = await runProgram(
    "sleep",
    `
    const timer = setTimeout(() => { console.log("still alive"); Deno.exit(3); }, 20);
    Deno.unrefTimer(timer);
    await sleep(Infinity);
    `,
  );
  assertEquals([forever.code, forever.stdout], [3, "still alive"]);
});

Deno.test("importing the toolkit starts nothing and needs no permission", async () => {
  const { code, stdout, stderr } = await runProgram("sleep", `console.log(typeof sleep);`);
  assertEquals([code, stdout, stderr], [0, "function", ""]);
});

Deno.test("a cancelled task that nobody awaits is no crash", async () => {
  const { code, stdout, stderr } = await runProgram(
    "createTask, sleep",
    `
    for (const options of [{}, { eager: true }]) createTask(() => sleep(60_000), options).cancel();
    const running = createTask(() => sleep(60_000));
    await sleep(1);
    running.cancel();
    await sleep(5);
    console.log("end");
    `,
  );
  assertEquals([code, stdout, stderr], [0, "end", ""]);
});

Deno.test("a failed task that nobody awaits is an unhandled rejection, told once, with its own stack", async () => {
  for (const options of ["{}", "{ eager: true }"]) {
    const { code, stdout, stderr } = await runProgram(
      "createTask, sleep",
      `
      async function loadPage() { throw new RangeError("page missing"); }
      createTask(loadPage, ${options});
      // The crash ends it, long before.
      await sleep(60_000);
      console.log("must not come here");
      `,
    );
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /Uncaught \(in promise\) RangeError: page missing/);
    assertEquals(stderr.match(/Uncaught/g)?.length, 1);
    assertStringIncludes(stderr, "at loadPage");
  }
});

Deno.test("a failed task that asked for itself and that nobody awaits is an unhandled rejection, too", async () => {
  const { code, stderr } = await runProgram(
    "createTask, currentTask, sleep",
    `
    createTask(async () => { currentTask(); throw new Error("lost"); }, { eager: true });
    await sleep(60_000);
    `,
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Error: lost");
});

Deno.test("a failed task that is awaited later in the same turn is not reported", async () => {
  const { code, stdout, stderr } = await runProgram(
    "createTask",
    `
    const task = createTask(() => { throw new Error("handled"); });
    await null;
    await null;
    console.log(await task.catch((error) => error.message));
    `,
  );
  assertEquals([code, stdout, stderr], [0, "handled", ""]);
});

Deno.test("a failed function of gather() whose task was asked for is not reported: gather() sees to it", async () => {
  const { code, stdout, stderr } = await runProgram(
    "currentTask, gather, sleep",
    `
    const error = await gather(() => { currentTask(); throw new Error("seen"); }).catch((error) => error);
    await sleep(5);
    console.log(error.message);
    `,
  );
  assertEquals([code, stdout, stderr], [0, "seen", ""]);
});

Deno.test("a gather() that nobody awaits and that fails is an unhandled rejection", async () => {
  const { code, stderr } = await runProgram(
    "gather, sleep",
    `gather(() => Promise.reject(new Error("lost"))); await sleep(60_000);`,
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Error: lost");
});

Deno.test("a task that is cancelled and still running after 5 s is reported once, with name and remedy", async () => {
  const { code, stdout, stderr } = await runProgram(
    "createTask",
    // Time runs a hundred times faster there.
    `
    const { realTime } = await import(${JSON.stringify(REAL_TIME)});
    const { setTimeout: platform } = globalThis;
    const { now } = realTime;
    realTime.setTimeout = (fn, ms) => platform(fn, ms / 100);
    realTime.now = () => now() * 100;
    const foreign = Promise.withResolvers();
    const stuck = createTask(() => foreign.promise, { name: "stuck task", eager: true });
    const quick = createTask(() => foreign.promise, { name: "quick task" });
    stuck.cancel();
    quick.cancel();
    await new Promise((resolve) => platform(resolve, 150));
    foreign.resolve("ended");
    console.log(await stuck);
    `,
  );
  assertEquals([code, stdout], [0, "ended"]);
  assertEquals(stderr.match(/stuck task/g)?.length, 1);
  assertMatch(stderr, /Task "stuck task" was cancelled 5 s ago and is still running\..*cancellable\(promise\)/);
  assert(!stderr.includes("quick task"), "one that was never started has nothing to end");
});
