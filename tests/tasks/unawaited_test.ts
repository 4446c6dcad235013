// A failed child that nobody has awaited yet. Each test that starts a process takes some 100 ms.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  createTask,
  flattenErrors,
  gather,
  moveOnAfter,
  run,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
} from "../../mod.ts";
import { RootScope } from "../../lib/core/scope.ts";
import type { FailedChild } from "../../lib/core/unawaited.ts";
import { currentScope, runInScope } from "../../lib/core/ambient.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { runProgram } from "../program.ts";

const REAL_TIME = new URL("../../lib/core/platform.ts", import.meta.url).href;

/** Run `main` as a task, and give the names of the tasks that nobody awaited, and the errors that were superseded. */
async function judged(main: () => unknown): Promise<{ unawaited: string[]; superseded: string[]; error: unknown }> {
  const root = new RootScope(currentScope());
  const unawaited: string[] = [];
  const superseded: string[] = [];
  root.onUnawaited = (child: FailedChild) => unawaited.push(child.name);
  root.onSuperseded = (error) => superseded.push(String(error));
  const task = runInScope(root, () => createTask(main, { name: "owner" }));
  const outcome = await task.settled();
  root.close();
  return { unawaited, superseded, error: outcome.status === "rejected" ? outcome.reason : undefined };
}

function failing(name: string): Task<never> {
  return createTask((): never => {
    throw new Error(name);
  }, { name });
}

/** How somebody may come to the outcome of a task that has failed long before. */
const looks: Record<string, (task: Task<never>) => unknown> = {
  "await": async (task) => await task.catch(() => {}),
  "try": async (task) => {
    try {
      await task;
    } catch { /* seen */ }
  },
  "settled()": (task) => task.settled(),
  "exception()": (task) => task.exception(),
  "result()": (task) => {
    try {
      task.result();
    } catch { /* seen */ }
  },
  "Promise.all()": (task) => Promise.all([task]).catch(() => {}),
  "gather()": (task) => gather([task], { returnExceptions: true }),
  "returned": async (task) => await (async () => await task)().catch(() => {}),
};

for (const [how, look] of Object.entries(looks)) {
  asyncTest(`a failed task that its owner looks at later is not reported: ${how}`, async () => {
    assertEquals(
      await judged(async () => {
        const task = failing("child");
        await sleep(10);
        await look(task);
      }),
      { unawaited: [], superseded: [], error: undefined },
    );
  });
}

/** Functions whose end is that of an owner. */
const owners: Record<string, (body: () => Promise<void>) => Promise<unknown>> = {
  "createTask()": (body) => createTask(body),
  "gather()": (body) => gather(body),
  "timeout()": (body) => timeout(60_000, body),
  "moveOnAfter()": (body) => moveOnAfter(60_000, body),
  "shield()": (body) => shield(body),
  "taskGroup()": (body) => taskGroup(body),
};

for (const [what, own] of Object.entries(owners)) {
  asyncTest(`a failed task that nobody has awaited is reported at the end of its owner: ${what}`, async () => {
    const log: string[] = [];
    const { unawaited, superseded } = await judged(async () => {
      await own(async () => {
        failing("child");
        await sleep(10);
        log.push("the owner goes on");
      });
    });
    assertEquals([log, unawaited, superseded], [["the owner goes on"], ["child"], []]);
  });

  asyncTest(`a failed task that nobody has awaited hangs on the error of its owner: ${what}`, async () => {
    const { unawaited, superseded, error } = await judged(async () => {
      await own(async () => {
        failing("child");
        await sleep(10);
        throw new Error("owner");
      });
    });
    assertEquals([unawaited, superseded], [[], ["Error: child"]]);
    const errors = flattenErrors(error).map(String);
    assert(errors.includes("Error: owner"));
    assert(errors.includes("Error: child"), `${errors}`);
  });
}

asyncTest("a failed task that nobody has awaited is superseded where its owner was cancelled", async () => {
  for (const swallow of [false, true]) {
    const { unawaited, superseded } = await judged(async () => {
      const owner = createTask(async () => {
        failing("child");
        await sleep(60_000).catch((error) => {
          if (!swallow) throw error;
        });
      }, { eager: true });
      await sleep(10);
      owner.cancel();
      await owner.settled();
    });
    assertEquals([unawaited, superseded], [[], ["Error: child"]]);
  }
});

asyncTest("a task whose own cancel() it answers with an error is reported as any other", async () => {
  const { unawaited } = await judged(async () => {
    const child = createTask(() => sleep(60_000).catch(() => Promise.reject(new Error("cleanup"))), {
      name: "child",
      eager: true,
    });
    child.cancel();
    await sleep(10);
  });
  assertEquals(unawaited, ["child"]);
});

asyncTest("many failed tasks that are awaited later leave nothing behind at their owner", async () => {
  const { unawaited } = await judged(async () => {
    for (let i = 0; i < 100; i++) {
      const task = failing("child");
      await sleep(1);
      await task.settled();
    }
    failing("the last");
    await sleep(1);
  });
  assertEquals(unawaited, ["the last"]);
});

Deno.test("run(): a task that nobody awaits cancels main, whose cleanup runs, and is named", async () => {
  const { code, stdout, stderr } = await runProgram(
    "createTask, run, sleep",
    `
    await run(async () => {
      try {
        await createTask(async () => {
          createTask(() => sleep(1).then(() => { throw new RangeError("page missing"); }), { name: "loader" });
          await sleep(20);
        }, { name: "crawler" });
        await sleep(60_000);
        console.log("must not come here");
      } finally {
        console.log("cleanup");
      }
    }, { debug: true });
    `,
  );
  assertEquals([code, stdout], [1, "cleanup"]);
  assertMatch(
    stderr,
    /^Task "loader" of task "crawler", created at .*:6:\d+\)?, has failed, and nobody has awaited it\./,
  );
  assertEquals(stderr.match(/RangeError: page missing/g)?.length, 1);
});

Deno.test("run(): a detached task that fails is judged at once, and main is cancelled", async () => {
  const { code, stdout, stderr } = await runProgram(
    "createTask, run, sleep",
    `
    await run(async () => {
      createTask(() => { throw new Error("lost"); }, { name: "stray", detached: true });
      try { await sleep(60_000); } finally { console.log("cleanup"); }
    }).catch((error) => console.log("run threw", error.message));
    `,
  );
  assertEquals([code, stdout], [0, "cleanup\nrun threw lost"]);
  assertStringIncludes(stderr, `Task "stray" has failed`);
});

Deno.test("run(): throws the error of a task that main itself has never awaited; main's own error comes first", async () => {
  const { code, stdout, stderr } = await runProgram(
    "createTask, flattenErrors, run, sleep",
    `
    const lost = () => createTask(() => { throw new Error("lost"); });
    await run(async () => { lost(); await sleep(1); return 1; }).catch((error) => console.log(error.message));
    await run(async () => { lost(); await sleep(1); throw new Error("main's"); })
      .catch((error) => console.log(flattenErrors(error).map(String).join()));
    `,
  );
  assertEquals([code, stdout], [0, "lost\nError: main's,Error: lost"]);
  assertStringIncludes(stderr, "1 error was superseded:\nError: lost");
});

Deno.test("without run(), a task that its owner has never awaited is an unhandled rejection", async () => {
  const { code, stdout, stderr } = await runProgram(
    "createTask, sleep",
    `
    await createTask(async () => {
      createTask(() => { throw new Error("lost"); }, { name: "stray" });
      await sleep(5);
      console.log("the owner has ended");
    }, { name: "owner" });
    await sleep(60_000);
    `,
  );
  assertEquals([code, stdout], [1, "the owner has ended"]);
  assertStringIncludes(stderr, `Task "stray" of task "owner" has failed, and nobody has awaited it.`);
  assertStringIncludes(stderr, "Uncaught (in promise) Error: lost");
});

asyncTest("run(): a task that fails before it is awaited goes to whoever awaits it", async () => {
  const log: string[] = [];
  await run(async () => {
    const slow = createTask(() => sleep(20).then(() => log.push("slow")));
    const failed = failing("failed");
    try {
      await slow;
      await failed;
    } catch (error) {
      log.push(String(error));
    } finally {
      log.push("cleanup");
    }
  }, { signals: [] });
  assertEquals(log, ["slow", "Error: failed", "cleanup"]);
});

Deno.test("a failed task that nobody can await any more is reported, though its owner lives on", async () => {
  const { code, stdout, stderr } = await runProgram(
    "createTask, run, sleep",
    // Time runs a thousand times faster there.
    `
    const { realTime } = await import(${JSON.stringify(REAL_TIME)});
    const { now } = realTime;
    realTime.now = () => now() * 1_000;
    const { setFlagsFromString } = await import("node:v8");
    setFlagsFromString("--expose-gc");
    const gc = (await import("node:vm")).runInNewContext("gc");
    function drop() {
      createTask(() => { throw new Error("lost"); }, { name: "heartbeat" });
    }
    await run(async () => {
      drop();
      try {
        for (;;) {
          await sleep(10);
          gc();
        }
      } finally {
        console.log("cleanup");
      }
    });
    `,
  );
  assertEquals([code, stdout], [1, "cleanup"]);
  assertStringIncludes(stderr, `Task "heartbeat" of task "main" has failed, and nobody has awaited it.`);
});
