// What is said of tasks that are cancelled and do not end. Each test starts a process, in which time runs a hundred times
// faster, so that the five seconds take fifty milliseconds.
import { assertEquals, assertMatch } from "@std/assert";
import { runProgram } from "../program.ts";

const REAL_TIME = new URL("../../lib/core/platform.ts", import.meta.url).href;

async function stderrOf(code: string): Promise<string> {
  const { code: status, stdout, stderr } = await runProgram(
    "cancellable, createTask, gather, run, shield, sleep, taskGroup, timeout",
    `
    const { realTime } = await import(${JSON.stringify(REAL_TIME)});
    const { setTimeout: platform } = globalThis;
    const { now } = performance;
    realTime.setTimeout = (fn, ms) => platform(fn, ms / 100);
    realTime.now = performance.now = () => now.call(performance) * 100;
    const pause = (ms) => new Promise((resolve) => platform(resolve, ms));
    ${code}
    console.log("end");
    `,
  );
  assertEquals([status, stdout], [0, "end"]);
  return stderr;
}

Deno.test("a task that lingers is named once, also when it is cancelled from several sides", async () => {
  const stderr = await stderrOf(`
    const foreign = Promise.withResolvers();
    await run(() => {
      const task = createTask(async function stuck() { await foreign.promise; }, { eager: true, detached: true });
      task.cancel();
      platform(foreign.resolve, 200);
      // Its end cancels it again, with all that is left.
      return pause(20);
    });
  `);
  assertEquals(stderr.match(/Task "stuck-\d+" was cancelled 5 s ago and is still running/g)?.length, 1);
});

Deno.test("a task that lingers is named wherever it is: in gather, group, timeout, or left behind", async () => {
  const stderr = await stderrOf(`
    const foreign = Promise.withResolvers();
    const named = (name) => ({ [name]: () => foreign.promise })[name];
    platform(foreign.resolve, 200);
    await Promise.allSettled([
      gather(named("gathered"), () => Promise.reject(new Error())),
      taskGroup((group) => { group.createTask(named("grouped"), { eager: true }); throw new Error(); }),
      createTask(() => timeout(1, named("timed")), { name: "timing" }),
      createTask(() => { createTask(named("left"), { eager: true }); }),
    ]);
  `);
  const names = [...stderr.matchAll(/^Task "([a-z]+)(?:-\d+)?" was cancelled/gm)].map(([, name]) => name).sort();
  assertEquals(names.slice(0, 3), ["gathered", "grouped", "left"]);
});

Deno.test("a task that takes less than that for its cleanup is not named, nor what a shield protects", async () => {
  const stderr = await stderrOf(`
    const quick = createTask(() => sleep(60_000).finally(() => pause(10)), { eager: true });
    quick.cancel();
    const shielded = createTask(() => shield(() => gather(async function inside() { await pause(150); })), { name: "outside", eager: true });
    shielded.cancel();
    await Promise.allSettled([quick, shielded]);
  `);
  assertMatch(stderr, /^Task "outside" was cancelled/);
  assertEquals(stderr.split("\n").length, 1);
});

Deno.test("a task that waits in a shield for what ends by itself is not named: it may be a server that drains", async () => {
  const stderr = await stderrOf(`
    const draining = createTask(() => shield(() => timeout(60_000, () => sleep(15_000))), { eager: true });
    draining.cancel();
    await draining.settled();
  `);
  assertEquals(stderr, "");
});

Deno.test("a program does not stay for the report", async () => {
  const { code, ms, stderr } = await runProgram(
    "createTask",
    `createTask(() => new Promise(() => {}), { eager: true }).cancel();`,
  );
  assertEquals([code, stderr], [0, ""]);
  // Five seconds would be the wait for the report.
  assertEquals(ms < 5_000, true);
});

Deno.test("a function that lingers outside of all tasks is named by what runs it", async () => {
  const stderr = await stderrOf(`
    const foreign = Promise.withResolvers();
    platform(foreign.resolve, 200);
    const controller = new AbortController();
    platform(() => controller.abort(), 1);
    await Promise.allSettled([
      timeout(1, () => foreign.promise),
      taskGroup(() => foreign.promise, { name: "requests", signal: controller.signal }),
    ]);
  `);
  const names = [...stderr.matchAll(/^The function of ([a-z]+)(?:-\d+)? was cancelled 5 s ago/gm)].map(([, name]) =>
    name
  );
  assertEquals(names.sort(), ["requests", "timeout"]);
});

Deno.test("a function that lingers in a task that was not cancelled is named with that task", async () => {
  const stderr = await stderrOf(`
    const foreign = Promise.withResolvers();
    platform(foreign.resolve, 200);
    await Promise.allSettled([
      createTask(() => timeout(1, () => foreign.promise), { name: "timing" }),
      createTask(() => timeout(2_000, () => gather(function below() { return foreign.promise; })), { name: "gathering" }),
    ]);
  `);
  assertMatch(stderr, /^The function of timeout-\d+ in task "timing" was cancelled 5 s ago/m);
  assertMatch(stderr, /^Task "below-\d+" was cancelled 5 s ago/m);
  assertEquals(stderr.split("\n").length, 2);
});

Deno.test("of tasks that linger in each other, the innermost is named alone", async () => {
  const stderr = await stderrOf(`
    const foreign = Promise.withResolvers();
    platform(foreign.resolve, 200);
    const outer = createTask(() => gather(async function middle() {
      await timeout(60_000, () => gather(async function inner() { await foreign.promise; }));
    }), { name: "outer", eager: true });
    outer.cancel();
    await outer.settled();
  `);
  assertMatch(stderr, /^Task "inner-\d+" was cancelled 5 s ago/);
  assertEquals(stderr.split("\n").length, 1);
});
