// What a program under run() does when it is sent real signals. Each test starts a process, some 100 ms. On Windows no
// program can send another one a signal that it could hear.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Program } from "../program.ts";

const test = Deno.build.os === "windows" ? () => {} : Deno.test;

test("run(): the first Ctrl-C cancels main, its cleanup runs, and the exit code is 130", async () => {
  await using program = new Program(
    "run, shield, sleep",
    `
    await run(async () => {
      try {
        console.log("ready");
        await sleep(60_000);
      } catch (error) {
        console.log(error.name, error.reason);
        throw error;
      } finally {
        await shield(() => sleep(10));
        console.log("cleaned up");
      }
    });
    console.log("never");
    `,
  );
  await program.printed("ready");
  program.kill("SIGINT");
  const { code, stdout, stderr } = await program.ended();
  assertEquals([code, stdout, stderr], [130, "ready\nAbortError received SIGINT\ncleaned up", ""]);
});

test("run(): the exit code is 130 also where `await using` makes a SuppressedError of two cancellations", async () => {
  await using program = new Program(
    "run, sleep",
    `
    await run(async () => {
      await using connection = {
        async [Symbol.asyncDispose]() {
          console.log("closing");
          await sleep(1);
        },
      };
      console.log("ready");
      await sleep(60_000);
    });
    console.log("never");
    `,
  );
  await program.printed("ready");
  program.kill("SIGINT");
  const { code, stdout, stderr } = await program.ended();
  assertEquals([code, stdout, stderr], [130, "ready\nclosing", ""]);
});

test("run(): SIGTERM does the same, with exit code 143", async () => {
  await using program = new Program(
    "run, sleep",
    `
    await run(() => {
      console.log("ready");
      return sleep(60_000).finally(() => console.log("cleaned up"));
    });
    `,
  );
  await program.printed("ready");
  program.kill("SIGTERM");
  const { code, stdout } = await program.ended();
  assertEquals([code, stdout], [143, "ready\ncleaned up"]);
});

test("run(): a signal ends tasks of all kinds, and leftovers, in good order", async () => {
  await using program = new Program(
    "createTask, gather, run, sleep, taskGroup",
    `
    const nap = (name) => sleep(60_000).finally(() => console.log(name));
    await run(() =>
      taskGroup(async (group) => {
        createTask(() => nap("detached"), { detached: true });
        group.createTask(() => nap("in a group"));
        createTask(() => console.log("ready"));
        await gather(() => nap("gathered"));
      })
    );
    `,
  );
  await program.printed("ready");
  program.kill("SIGINT");
  const { code, stdout, stderr } = await program.ended();
  assertEquals([code, stderr], [130, ""]);
  assertEquals(stdout.split("\n").sort(), ["detached", "gathered", "in a group", "ready"]);
  assert(stdout.endsWith("detached"), "what main has left behind ends last");
});

test("run(): the second Ctrl-C leaves at once, and prints the tasks that were running", async () => {
  await using program = new Program(
    "gather, run, shield, sleep, timeout",
    `
    async function main() {
      console.log("ready");
      try {
        await timeout(60_000, () => gather(
          async function stubborn() {
            try {
              await sleep(60_000);
            } finally {
              console.log("cancelled");
              await shield(() => sleep(60_000));
            }
          },
          function foreign() { return new Promise((resolve) => setTimeout(resolve, 60_000)); },
        ));
      } finally {
        console.log("never");
      }
    }
    await run(main);
    `,
  );
  await program.printed("ready");
  program.kill("SIGINT");
  await program.printed("cancelled");
  program.kill("SIGINT");
  const { code, stdout, stderr, ms } = await program.ended();
  assertEquals([code, stdout], [130, "ready\ncancelled"]);
  assertMatch(stderr, /^main \[cancelling\]/);
  assertMatch(stderr, /├─ stubborn-\d+ \[cancelling\].*, waits for sleep 60000 ms/);
  assertMatch(stderr, /└─ foreign-\d+ \[cancelling\]/);
  assert(ms < 30_000);
});

test("run(): another signal counts as the second", async () => {
  await using program = new Program(
    "run, shield, sleep",
    `
    await run(async () => {
      console.log("ready");
      await shield(() => sleep(60_000, undefined).finally(() => console.log("never")));
    }, { signals: ["SIGINT", "SIGINT", "SIGTERM"] });
    `,
  );
  await program.printed("ready");
  program.kill("SIGTERM");
  program.kill("SIGINT");
  const { code, stdout } = await program.ended();
  // Whichever of the two has come first is the one it ends with.
  assert(code === 143 || code === 130, `exit code ${code}`);
  assertEquals(stdout, "ready");
});

test("run(): main that catches the cancellation and returns goes on after run()", async () => {
  await using program = new Program(
    "run, sleep",
    `
    const value = await run(async () => {
      console.log("ready");
      await sleep(60_000).catch(() => {});
      return "the value";
    });
    console.log(value);
    `,
  );
  await program.printed("ready");
  program.kill("SIGINT");
  const { code, stdout } = await program.ended();
  assertEquals([code, stdout], [0, "ready\nthe value"]);
});

test("run(): main that fails in its cleanup fails the program with that error", async () => {
  await using program = new Program(
    "run, sleep",
    `
    await run(async () => {
      console.log("ready");
      await sleep(60_000).finally(() => { throw new Error("cannot clean up"); });
    });
    `,
  );
  await program.printed("ready");
  program.kill("SIGINT");
  const { code, stderr } = await program.ended();
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Uncaught (in promise) Error: cannot clean up");
});

test("run(): a listener of the user's own is called as well", async () => {
  await using program = new Program(
    "run, sleep",
    `
    Deno.addSignalListener("SIGINT", () => console.log("my own"));
    await run(async () => {
      console.log("ready");
      await sleep(60_000);
    });
    `,
  );
  await program.printed("ready");
  program.kill("SIGINT");
  const { code, stdout } = await program.ended();
  assertEquals([code, stdout], [130, "ready\nmy own"]);
});

test("run({ signals: [] }) leaves signals to others", async () => {
  await using program = new Program(
    "currentTask, run, sleep",
    `
    await run(async () => {
      const task = currentTask();
      Deno.addSignalListener("SIGINT", () => {
        console.log("my own");
        setTimeout(() => Deno.exit(task.state === "running" ? 5 : 6), 5);
      });
      console.log("ready");
      await sleep(60_000);
    }, { signals: [] });
    `,
  );
  await program.printed("ready");
  program.kill("SIGINT");
  const { code, stdout } = await program.ended();
  assertEquals([code, stdout], [5, "ready\nmy own"]);
});

test("run(): signals have their usual effect again when it has ended", async () => {
  await using program = new Program(
    "run, sleep",
    `
    await run(() => {});
    console.log("ready");
    await sleep(60_000).finally(() => console.log("never"));
    `,
  );
  await program.printed("ready");
  program.kill("SIGINT");
  const { code, stdout } = await program.ended();
  assertEquals([code, stdout], [130, "ready"]);
});

test("run({ debug: true }) shows in the task tree how old tasks are, and where they were created", async () => {
  await using program = new Program(
    "run, shield, sleep",
    `
    await run(async function main() {
      try {
        console.log("ready");
        await sleep(60_000);
      } finally {
        console.log("cancelled");
        await shield(() => sleep(60_000));
      }
    }, { debug: true });
    `,
  );
  await program.printed("ready");
  program.kill("SIGINT");
  await program.printed("cancelled");
  program.kill("SIGINT");
  const { code, stderr } = await program.ended();
  assertEquals(code, 130);
  assertMatch(stderr, /^main \[cancelling\], for \d+ ms, .*created at /);
});

test("run(): the first Ctrl-C says at once what it cannot end, innermost alone, and that a second one leaves", async () => {
  await using program = new Program(
    "createTask, gather, run, sleep",
    `
    await run(async function main() {
      createTask(() => sleep(60_000), { name: "napping" });
      createTask(async () => {
        console.log("ready");
        await gather(async function upload() { await new Promise((resolve) => setTimeout(resolve, 60_000)); });
      }, { name: "uploads" });
      await sleep(60_000);
    });
    `,
  );
  await program.printed("ready");
  program.kill("SIGINT");
  await program.complained("Ctrl-C again leaves at once");
  program.kill("SIGINT");
  const { code, stderr } = await program.ended();
  assertEquals(code, 130);
  assertMatch(stderr, /^Task "upload-\d+" cannot be cancelled by SIGINT where it is now/);
});
