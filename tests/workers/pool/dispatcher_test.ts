// What becomes of calls when workers come and go around them.
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { sleep, WorkerDataError, WorkerPool, WorkerPoolError, WorkerTimeoutError } from "../../../mod.ts";
import { LONGEST_DELAY, realTime } from "../../../lib/core/platform.ts";
import { runProgram } from "../../program.ts";

for (const backend of ["thread", "web"] as const) {
  // A few hundred calls with real workers take half a second.
  Deno.test(`${backend} worker: a buffer that was transferred is sent once, whoever takes over the calls beside it`, async () => {
    await using pool = new WorkerPool({ size: 2, backend });
    for (let round = 0; round < 25; round++) {
      const calls: Promise<number>[] = [];
      for (let index = 0; index < 20; index++) {
        if (index % 4 > 0) calls.push(pool.run((n: number) => n, [index]));
        else {
          const bytes = new Uint8Array(1_000 + index);
          calls.push(pool.run((bytes: Uint8Array) => bytes.length, [bytes], { transfer: [bytes.buffer] }));
        }
      }
      assertEquals(await Promise.all(calls), Array.from(calls, (_, index) => index % 4 > 0 ? index : 1_000 + index));
    }
  });
}

Deno.test("WorkerPool makes the calls that were to go with one that cannot be sent, with the code of their functions", async () => {
  await using pool = new WorkerPool({ size: 1 });
  await pool.warm();
  const [refused, ...made] = await Promise.allSettled([
    pool.run((value: symbol) => typeof value, [Symbol("argument")]),
    pool.run((n: number) => n + 1, [1]),
    pool.run((text: string) => text.length, ["four"]),
  ]);
  assert(refused.status === "rejected");
  assertInstanceOf(refused.reason, WorkerDataError);
  assertEquals(made, [{ status: "fulfilled", value: 2 }, { status: "fulfilled", value: 4 }]);
});

Deno.test("WorkerPool.close() rejects what was sent ahead to a worker that then had to be ended", async () => {
  const pool = new WorkerPool({ size: 1 });
  await pool.run(() => 1);
  const busy = pool.run(
    () => {
      for (;;);
    },
    [],
    { timeout: 100 },
  );
  const ahead = pool.run((n: number) => n, [1]);
  const outcomes = Promise.allSettled([busy, ahead]);
  await sleep(20);
  await pool.close();
  const [first, second] = await outcomes;
  assert(first.status === "rejected" && second.status === "rejected");
  assertInstanceOf(first.reason, WorkerTimeoutError);
  assertInstanceOf(second.reason, WorkerPoolError);
});

Deno.test("WorkerPool.close() waits for the end of a worker that is being started", async () => {
  const pool = new WorkerPool({ size: 1, backend: "process" });
  const call = pool.run(() => 1);
  await Promise.resolve();
  const [outcome] = await Promise.all([Promise.allSettled([call]), pool.close()]);
  assert(outcome[0].status === "rejected");
  assertInstanceOf(outcome[0].reason, WorkerPoolError);
});

// A program of its own: a permission that is given up does not come back. It takes as long as a process starts.
Deno.test("WorkerPool lets time pass when another worker cannot be started, and the one it has does the work", async () => {
  const { stdout } = await runProgram(
    "WorkerPool",
    `
    const pool = new WorkerPool({ size: 2, backend: "process" });
    const first = pool.run(() => new Promise((r) => setTimeout(() => r("first"), 300)));
    await new Promise((r) => setTimeout(r, 5));
    while (pool.stats.busy === 0) await new Promise((r) => setTimeout(r, 5));
    await Deno.permissions.revoke({ name: "run" });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const second = pool.run(() => "second");
    console.log(await first, await second);
    clearInterval(timer);
    console.log(turns > 5);
    await pool.close();
  `,
    { permissions: ["-A"] },
  );
  assertEquals(stdout, "first second\ntrue");
});

Deno.test("WorkerPool fails what waits when its last worker has gone, and no other can be started", async () => {
  const { stdout } = await runProgram(
    "WorkerPool",
    `
    const pool = new WorkerPool({ size: 2, backend: "process" });
    const first = pool.run(async () => (await new Promise((r) => setTimeout(r, 200)), Deno.exit(3)));
    first.catch((error) => console.log(error.name));
    await new Promise((r) => setTimeout(r, 5));
    while (pool.stats.busy === 0) await new Promise((r) => setTimeout(r, 5));
    await Deno.permissions.revoke({ name: "run" });
    await pool.run(() => "second").catch((error) => console.log(error.name));
    await pool.run(() => "third").catch((error) => console.log(error.name));
    await pool.close();
  `,
    { permissions: ["-A"] },
  );
  assertEquals(stdout, "WorkerExitedError\nWorkerLoadError\nWorkerLoadError");
});

Deno.test("WorkerPool waits for an idleTimeout that is longer than the platform's timers, and does not turn until then", async () => {
  const delays: number[] = [];
  const { setTimeout } = realTime;
  realTime.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    delays.push(args[1] ?? 0);
    return setTimeout(...args);
  }) as typeof setTimeout;
  try {
    await using pool = new WorkerPool({ minWorkers: 0, maxWorkers: 1, idleTimeout: 2 ** 31 });
    await pool.warm();
    assertEquals(await pool.run(() => "made"), "made");
    assertEquals(delays.filter((delay) => delay >= 2 ** 31), []);
    assert(delays.includes(LONGEST_DELAY));
  } finally {
    realTime.setTimeout = setTimeout;
  }
});

for (const backend of ["thread", "web", "process"]) {
  Deno.test(`a "${backend}" pool leaves nothing of the context of its first call behind`, async () => {
    const { stdout } = await runProgram(
      "run, WorkerPool",
      `import { AsyncLocalStorage } from "node:async_hooks";
       const storage = new AsyncLocalStorage();
       addEventListener("unload", () => console.log(storage.getStore() ?? "outside"));
       await storage.run("in the program", () => run(async () => {
         await using pool = new WorkerPool({ backend: "${backend}" });
         console.log(await pool.run(() => 1));
       }));`,
      { permissions: ["-A"] },
    );
    assertEquals(stdout, "1\noutside");
  });
}
