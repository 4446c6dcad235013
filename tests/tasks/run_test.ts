// What run() gives its caller, and how programs end that use it. Tests that start a process take some 100 ms.
import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { onProgramEnd } from "../../lib/tasks/run.ts";
import { turn } from "../core/manual_clock.ts";
import { CancelledError, createTask, currentTask, InvalidStateError, run, sleep } from "../../mod.ts";
import { runProgram } from "../program.ts";
import { cleanUp, leavesNothing, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

const RUN = new URL("../../lib/tasks/run.ts", import.meta.url).href;

asyncTest("run() gives what main returns", async () => {
  assertEquals(await run(() => "at once"), "at once");
  assertEquals(await run(() => sleep(1, "later")), "later");
});

asyncTest("run() throws what main throws, as it is", async () => {
  const thrown = new Error("mine");
  assertStrictEquals(await assertRejects(() => run(() => Promise.reject(thrown))), thrown);
});

asyncTest("run() runs main as a task that is named after it", async () => {
  async function program(): Promise<string> {
    await turn();
    return currentTask()!.name;
  }
  assertEquals(await run(program), "program");
  assertEquals(await run(() => currentTask()!.name), "main");
});

asyncTest("run() cancels what main has left behind, detached tasks too, and waits for it", async () => {
  const log: string[] = [];
  await leavesNothing(() =>
    run(async () => {
      const nap = (name: string) => () => sleep(Infinity).finally(() => cleanUp()).finally(() => log.push(name));
      createTask(nap("child"), { eager: true });
      createTask(nap("detached"), { eager: true, detached: true });
      await turn();
    })
  );
  assertEquals(log, ["child", "detached"]);
});

asyncTest("run() closes what was opened, the last first, when the tasks have ended", async () => {
  const log: string[] = [];
  await run(() => {
    onProgramEnd(() => void log.push("opened first"));
    onProgramEnd(() => turn().then(() => void log.push("opened last")));
    onProgramEnd(() => void log.push("taken back"))();
    createTask(() => sleep(Infinity).finally(() => log.push("task")), { eager: true, detached: true });
  });
  assertEquals(log, ["task", "opened last", "opened first"]);
});

asyncTest("run() inside another throws", async () => {
  await run(() => assertRejects(() => run(() => {}), InvalidStateError, "Cannot call run() as it is running already"));
});

asyncTest("run() again, after the first, is fine", async () => {
  assertEquals([await run(() => 1), await run(() => 2)], [1, 2]);
});

asyncTest("run() in a task ends with that", async () => {
  const log: string[] = [];
  const { task } = await started(() => run(() => sleep(Infinity).finally(() => log.push("cleaned up"))));
  task.cancel("enough");
  const error = await assertRejects(() => task, CancelledError);
  assertEquals([error.reason, log], ["enough", ["cleaned up"]]);
});

asyncTest("run() rejects what is no function", async () => {
  await assertRejects(() => run(7 as never), TypeError, "Cannot run as a function is needed: current value is 7");
});

asyncTest("run() starts nothing when a signal cannot be listened for", async () => {
  let ran = false;
  await leavesNothing(async () => {
    const signals: Deno.Signal[] = ["SIGTERM", "SIGKILL"];
    await assertRejects(() => run(() => void (ran = true), { signals }), TypeError);
    await cleanUp();
  });
  assert(!ran);
});

Deno.test("run(): a program ends at once when main has, with exit code 0", async () => {
  const { code, stdout, stderr, ms } = await runProgram(
    "createTask, run, sleep, timeout",
    `
    console.log(await run(async () => {
      createTask(() => sleep(60_000));
      return await timeout(60_000, () => sleep(1, "value"));
    }, { debug: true }));
    `,
  );
  assertEquals([code, stdout, stderr], [0, "value", ""]);
  assert(ms < 30_000, `took ${ms} ms`);
});

Deno.test("run(): a program whose main fails ends with exit code 1, after the cleanup", async () => {
  const { code, stdout, stderr } = await runProgram(
    "createTask, run, sleep",
    `
    await run(async () => {
      createTask(() => sleep(60_000).finally(() => console.log("cleaned up")), { eager: true });
      throw new RangeError("main failed");
    });
    `,
  );
  assertEquals([code, stdout], [1, "cleaned up"]);
  assertMatch(stderr, /Uncaught \(in promise\) RangeError: main failed/);
});

Deno.test("run(): errors of leftovers are printed at the end, with their number", async () => {
  const { code, stdout, stderr } = await runProgram(
    "createTask, run, sleep",
    `
    console.log(await run(() => {
      for (const name of ["first", "second"]) {
        createTask(() => sleep(60_000).catch(() => { throw new Error(name); }), { eager: true });
      }
      return "value";
    }));
    `,
  );
  assertEquals([code, stdout], [0, "value"]);
  assertMatch(stderr, /^2 errors were superseded:\nError: first\n[^]*\nError: second\n/);
});

Deno.test("run(): errors that another one has displaced are printed at the end, each once", async () => {
  const { code, stderr } = await runProgram(
    "gather, race, run, sleep",
    `
    const failing = (name) => sleep(60_000).catch(() => { throw new Error(name); });
    await run(async () => {
      await gather(() => failing("displaced"), () => Promise.reject(new Error("seen"))).catch(() => {});
      const lost = Promise.reject(new Error("lost a race"));
      await race(() => 1, lost);
      await race(() => 1, lost.then());
    });
    `,
  );
  assertEquals(code, 0);
  assertMatch(stderr, /^2 errors were superseded:/);
  assertEquals([/^Error: displaced/gm, /^Error: lost a race/gm].map((each) => stderr.match(each)?.length), [1, 1]);
  assert(!stderr.includes("seen"));
});

Deno.test("run(): an error that closing throws is printed at the end", async () => {
  const { code, stderr } = await runProgram(
    "run",
    `
    const { onProgramEnd } = await import(${JSON.stringify(RUN)});
    await run(() => { onProgramEnd(() => { throw new Error("cannot close"); }); });
    `,
  );
  assertEquals(code, 0);
  assertMatch(stderr, /^1 error was superseded:\nError: cannot close/);
});

Deno.test("run(): of very many errors the first 20 are printed, and all are counted", async () => {
  const { stderr } = await runProgram(
    "createTask, run, sleep",
    `
    await run(() => {
      for (let i = 0; i < 100; i++) createTask(() => sleep(60_000).catch(() => { throw new Error("number " + i); }), { eager: true });
    });
    `,
  );
  assertMatch(stderr, /^100 errors were superseded:/);
  assertEquals(stderr.match(/^Error: number/gm)?.length, 20);
});

Deno.test("run(): errors that read the same are printed once, with how many there were", async () => {
  const { stderr } = await runProgram(
    "createTask, run, sleep",
    `
    await run(() => {
      const failing = (message) => createTask(() => sleep(60_000).catch(() => { throw new Error(message); }), { eager: true });
      for (let i = 0; i < 8; i++) failing("disk full");
      failing("no route");
    });
    `,
  );
  assertMatch(stderr, /^9 errors were superseded:\nError: disk full\n[^]*\nand 7 like it\nError: no route\n/);
  assertEquals(stderr.match(/^Error: /gm)?.length, 2);
});

Deno.test("run(): an error that comes after the end is printed as it comes", async () => {
  const { code, stdout, stderr } = await runProgram(
    "race, run, sleep",
    `
    const late = Promise.withResolvers();
    await run(() => race(() => 1, late.promise));
    late.reject(new Error("late"));
    await sleep(1);
    console.log("end");
    `,
  );
  assertEquals([code, stdout], [0, "end"]);
  assertMatch(stderr, /An error came too late to be thrown: Error: late/);
});
