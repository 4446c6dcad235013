import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  cancellable,
  checkpoint,
  createTask,
  currentTask,
  deadlockReport,
  Event,
  gather,
  Lock,
  Queue,
  Semaphore,
  sleep,
  type Task,
  taskGroup,
  timeout,
} from "../../mod.ts";
import { runProgram } from "../program.ts";
import { startDebug } from "../../lib/tasks/debug.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** Let everything run until it is blocked. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await checkpoint();
}

async function end(...tasks: Task<unknown>[]): Promise<void> {
  for (const task of tasks) task.cancel();
  await Promise.all(tasks.map((task) => task.settled()));
}

/** Tasks that each hold one lock and want that of the next. */
function philosophers(names: string[], around: (fn: () => Promise<void>) => Promise<void> = (fn) => fn()) {
  const locks = names.map((name) => new Lock({ name: `fork of ${name}` }));
  return names.map((name, i) =>
    createTask(() =>
      around(async () => {
        using _own = await locks[i]!.acquire();
        await checkpoint();
        using _other = await locks[(i + 1) % names.length]!.acquire();
      }), { name })
  );
}

asyncTest("deadlockReport() is undefined while nobody is stuck", async () => {
  assertEquals(deadlockReport(), undefined);
  const lock = new Lock();
  const holder = createTask(() => lock.run(() => sleep(60_000)));
  const waiting = createTask(() => lock.run(() => {}));
  await settle();
  assertEquals(deadlockReport(), undefined);
  await end(holder, waiting);
});

asyncTest("deadlockReport() names the circle: who holds what, and who waits for what", async () => {
  const tasks = philosophers(["Kant", "Hume", "Mill"]);
  await settle();
  assertEquals(
    deadlockReport(),
    `Deadlock: 3 tasks wait for one another:
  task "Kant" waits for fork of Hume, held by task "Hume"
  task "Hume" waits for fork of Mill, held by task "Mill"
  task "Mill" waits for fork of Kant, held by task "Kant"`,
  );
  await end(...tasks);
});

asyncTest("deadlockReport() counts those who wait for the circle, and leaves out those who do not", async () => {
  const sleeper = createTask(() => sleep(60_000));
  const listener = createTask(() => cancellable(new Promise(() => {})));
  const tasks = philosophers(["Kant", "Hume"]);
  const follower = createTask(() => cancellable(tasks[0]!), { name: "follower" });
  await settle();
  assertEquals(
    deadlockReport(),
    `Deadlock: 2 tasks wait for one another, and 1 more for them:
  task "Kant" waits for fork of Hume, held by task "Hume"
  task "Hume" waits for fork of Kant, held by task "Kant"
  task "follower" waits for task "Kant"`,
  );
  await end(sleeper, listener, follower, ...tasks);
});

asyncTest(
  "deadlockReport() follows gather(), groups and functions that have ended to the tasks they wait for",
  async () => {
    const lock = new Lock({ name: "lock" });
    for (
      const around of [
        (fn: () => Promise<void>) => gather(fn).then(() => {}),
        (fn: () => Promise<void>) => taskGroup((group) => void group.createTask(fn)),
      ]
    ) {
      const task = createTask(async () => {
        using _ = await lock.acquire();
        await around(async () => {
          currentTask()!.name = "child";
          using _ = await lock.acquire();
        });
      }, { name: "parent" });
      await settle();
      const report = deadlockReport()!;
      assertStringIncludes(report, "Deadlock: 2 tasks wait for one another:");
      assertStringIncludes(report, 'task "child" waits for lock, held by task "parent"');
      await end(task);
    }
  },
);

asyncTest("deadlockReport() finds a task that waits for itself", async () => {
  const lock = new Lock({ name: "lock" });
  const task = createTask(async () => {
    using _outer = await lock.acquire();
    using _inner = await lock.acquire();
  }, { name: "main" });
  await settle();
  assertEquals(
    deadlockReport(),
    `Deadlock: a task waits for itself:\n  task "main" waits for lock, held by task "main"`,
  );
  await end(task);
});

asyncTest("deadlockReport() takes a task that waits in two places for stuck only when both are", async () => {
  const lock = new Lock();
  async function work() {
    using _ = await lock.acquire();
    await sleep(60_000);
  }
  const task = createTask(() => Promise.all([work(), work()]));
  await settle();
  assertEquals(deadlockReport(), undefined);
  await end(task);
});

asyncTest("deadlockReport() takes nobody for stuck whom a timeout will free", async () => {
  const tasks = philosophers(["Kant", "Hume"], (fn) => timeout(60_000, fn));
  await settle();
  assertEquals(deadlockReport(), undefined);
  await end(...tasks);
});

Deno.test("deadlockReport() finds that all wait for what none is left to give", async () => {
  const queue = new Queue<number>(0, { name: "jobs" });
  const ready = new Event({ name: "ready" });
  const tasks = [
    createTask(() => queue.get(), { name: "consumer" }),
    createTask(() => ready.wait(), { name: "waiter" }),
  ];
  await settle();
  assertEquals(
    deadlockReport(),
    `Deadlock: every task waits, and none is left to wake another:
  task "consumer" waits for an item of jobs
  task "waiter" waits for ready`,
  );
  const other = createTask(() => sleep(60_000));
  await settle();
  assertEquals(deadlockReport(), undefined);
  await end(other, ...tasks);
});

asyncTest("deadlockReport() knows in debug mode who awaits a task, who holds a permit, and where", async () => {
  const stopDebug = startDebug();
  try {
    const tasks: Task<unknown>[] = [];
    tasks.push(createTask(async () => void await tasks[1], { name: "a" }));
    tasks.push(createTask(async () => void await cancellable(tasks[0]), { name: "b" }));
    await settle();
    const report = deadlockReport()!;
    assertStringIncludes(report, "Deadlock: 2 tasks wait for one another:");
    assertMatch(report, /task "a" \(created at .*deadlock_test.ts:\d+:\d+.*\) waits for task "b"/);
    // The other waits by a plain await, which nothing can stop.
    tasks[1]!.cancel();
    await Promise.allSettled(tasks);

    const permits = [new Semaphore(1, { name: "left" }), new Semaphore(1, { name: "right" })];
    const users = [0, 1].map((i) =>
      createTask(async () => {
        using _own = await permits[i]!.acquire();
        await checkpoint();
        using _other = await permits[1 - i]!.acquire();
      }, { name: `user-${i}` })
    );
    await settle();
    assertMatch(
      deadlockReport()!,
      /task "user-0" .* waits for a permit of right, held by task "user-1", at .*deadlock_test.ts:\d+:\d+/,
    );
    await end(...users);
  } finally {
    stopDebug();
  }
});

Deno.test("run() in debug mode reports a deadlock once", async () => {
  // Nearly two seconds: it is reported when it is found unchanged after half a second, and not again after another. That
  // other begins with the report, so that a machine under load only takes longer.
  const { code, stderr } = await runProgram(
    "checkpoint, gather, Lock, run",
    `
    const { error } = console;
    console.error = (text) => {
      error(text);
      if (text.startsWith("Deadlock")) setTimeout(() => Deno.exit(3), 700);
    };
    const [left, right] = [new Lock({ name: "left" }), new Lock({ name: "right" })];
    async function take(first, second) {
      using a = await first.acquire();
      await checkpoint();
      using b = await second.acquire();
    }
    await run(async function main() {
      await gather(function one() { return take(left, right); }, function two() { return take(right, left); });
    }, { debug: true });
    `,
  );
  assertMatch(
    withoutSlowSteps(stderr),
    /^Deadlock: 2 tasks wait for one another, and 1 more for them:\n {2}task "one-\d+" \(created at .*\) waits for right, held by task "two-\d+", at take/,
  );
  assertMatch(stderr, / {2}task "main" \(created at .*\) waits for gather of 2/);
  assertEquals(stderr.match(/Deadlock/g)!.length, 1);
  assertEquals(code, 3);
});

Deno.test("run() in debug mode reports nothing when somebody from outside wakes the tasks", async () => {
  // A second or so, twice as long as it takes to report a deadlock.
  const { code, stderr, stdout } = await runProgram(
    "Event, run, sleep",
    `
    const ready = new Event();
    setTimeout(() => ready.set(), 200);
    await run(() => ready.wait(), { debug: true });
    await run(() => sleep(1000), { debug: true });
    console.log("end");
    `,
  );
  assertEquals([code, stdout, withoutSlowSteps(stderr)], [0, "end", ""]);
});

/** Debug mode tells of a busy machine, too, and rightly so. That is not what is asked here. */
function withoutSlowSteps(stderr: string): string {
  return stderr.split("\n").filter((line) => !/ held the event loop for \d+ ms\./.test(line)).join("\n");
}
