// What can only be seen of a whole program: when it ends, what it prints, what it uses. Each takes as long as a process.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runProgram } from "../../program.ts";

for (const backend of ["thread", "web", "process"]) {
  Deno.test(`a program with an idle ${backend} pool simply ends`, async () => {
    const { code, stdout, stderr } = await runProgram(
      "WorkerPool",
      `
       console.log(await new WorkerPool({ backend: "${backend}" }).run(() => 42));`,
      { permissions: backend === "process" ? ["--allow-run", "--allow-env=NODE_V8_COVERAGE"] : [] },
    );
    assertEquals([code, stdout, stderr], [0, "42", ""]);
  });
}

Deno.test("a program with a busy pool goes on until it is done", async () => {
  const { code, stdout, stderr } = await runProgram(
    "runInWorker",
    `
    runInWorker(() => new Promise((resolve) => setTimeout(() => resolve("done"), 100))).then(console.log);`,
  );
  assertEquals([code, stdout, stderr], [0, "done", ""]);
});

Deno.test("importing the toolkit loads no worker_threads and starts nothing", async () => {
  const ended = await runProgram(
    "",
    `
    import process from "node:process";
    console.log(process.moduleLoadList?.some((name) => name.includes("worker_threads")) ?? false);`,
  );
  assertEquals([ended.code, ended.stdout], [0, "false"]);
});

Deno.test("a program ends after a busy loop was stopped, and uses no processor until then", async () => {
  const { code, stdout, stderr } = await runProgram(
    "runInWorker, sleep",
    `
    const error = await runInWorker(function spin() { for (;;); }, [], { timeout: 50 }).catch((error) => error);
    await sleep(200);
    const before = Deno.cpuUsage();
    await sleep(500);
    const after = Deno.cpuUsage();
    const used = (after.user + after.system - before.user - before.system) / 1_000;
    console.log(error.stopped, used < 150 ? "idle" : used + " ms of 500");`,
  );
  assertEquals([code, stdout, stderr], [0, "terminated idle", ""]);
});

Deno.test("a busy web worker is abandoned, and said to be", async () => {
  // The program could not end by itself: that is what the docs of the web backend warn of.
  const { code, stdout } = await runProgram(
    "WorkerPool",
    `
    const pool = new WorkerPool({ size: 1, backend: "web" });
    const error = await pool.run(() => { for (;;); }, [], { timeout: 20, grace: 20 }).catch((error) => error);
    console.log(error.stopped, await pool.run(() => "the pool is well"), pool.stats.stopped.abandoned);
    Deno.exit(0);`,
  );
  assertEquals([code, stdout], [0, "abandoned the pool is well 1"]);
});

Deno.test("an error that a function leaves behind is reported, and spoils nothing", async () => {
  const { code, stdout, stderr } = await runProgram(
    "runInWorker",
    `
    console.log(await runInWorker(() => { Promise.reject(new RangeError("left behind")); return "result"; }));
    console.log(await runInWorker(async () => { await new Promise((r) => setTimeout(r, 30)); return "next"; }));`,
  );
  assertEquals([code, stdout], [0, "result\nnext"]);
  assertStringIncludes(stderr, "nobody caught: RangeError: left behind");
});

Deno.test("a failed call that nobody awaits is an unhandled rejection", async () => {
  const { code, stderr } = await runProgram(
    "runInWorker",
    `
    runInWorker(() => { throw new RangeError("unseen"); });`,
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "unseen");
});

Deno.test("run() ends with the default pool closed, whatever it does", async () => {
  const start = performance.now();
  const { code, stdout } = await runProgram(
    "createTask, run, runInWorker, sleep",
    `
    await run(async function main() {
      createTask(() => runInWorker(function spin() { for (;;); }));
      await sleep(150);
      console.log("main has ended");
    });`,
  );
  assertEquals([code, stdout], [0, "main has ended"]);
  assert(performance.now() - start < 15_000);
});

Deno.test("an import of a relative module in a function says what to do", async () => {
  const { code, stdout } = await runProgram(
    "runInWorker",
    `
    const error = await runInWorker(() => import("./helpers.ts")).catch((error) => error);
    console.log(error.message);`,
  );
  assertEquals(code, 0);
  assertStringIncludes(stdout, "import.meta.url");
});

for (const backend of ["thread", "web", "process"]) {
  Deno.test(`${backend} worker: an error left behind by an ended call is reported as that, and harms no call`, async () => {
    const { code, stdout, stderr } = await runProgram(
      "WorkerPool",
      `
      const pool = new WorkerPool({ size: 1, backend: "${backend}" });
      const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      for (const timer of ["setTimeout", "setInterval", "setImmediate"]) {
        await pool.run((timer) => void globalThis[timer](() => { throw new Error("left to " + timer); }, 1), [timer]);
        // One that throws without end spoils nothing either.
        await pool.run(wait, [250]);
      }
      await pool.run(() => void setTimeout(() => Promise.reject(new Error("left to a promise"))));
      await pool.run(wait, [50]);
      const own = await pool.run(() => {
        setTimeout(() => { throw new Error("of its own"); });
        return new Promise(() => {});
      }).catch((error) => error);
      console.log(own.name, own.cause.message, await pool.run(() => "the pool is well"));
      await pool.close();
      Deno.exit(0);`,
      { permissions: backend === "process" ? ["--allow-run", "--allow-env=NODE_V8_COVERAGE"] : [] },
    );
    assertEquals([code, stdout], [0, "WorkerCrashedError of its own the pool is well"]);
    const told = stderr.split("\n").filter((line) => line.includes("Error: left to"));
    assertEquals(new Set(told.map((line) => line.split("Error: ")[1])).size, 4, stderr);
    assertEquals(told.length <= 13, true, stderr);
  });
}

Deno.test("the timers of a worker look as the platform's own", async () => {
  const { stdout } = await runProgram(
    "runInWorker",
    `
    console.log(await runInWorker(async () => {
      const { promisify } = await import("node:util");
      const seen = [setTimeout.name, setTimeout.length, setInterval.name, await promisify(setTimeout)(1, "later")];
      clearTimeout(setTimeout(() => seen.push("cleared"), 1));
      seen.push(await new Promise((resolve) => setTimeout((...args) => resolve(args.join()), 2, 1, 2)));
      return seen.join(" ");
    }));`,
  );
  assertEquals(stdout, "setTimeout 2 setInterval later 1,2");
});
