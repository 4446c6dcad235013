// What only workers that are processes can do, and have to be kept from. Each test takes as long as processes do.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { WorkerPool } from "../../../mod.ts";
import { type Process, Program, runDeno, runProgram } from "../../program.ts";

const MOD = import.meta.resolve("../../../mod.ts");
const isLinux = Deno.build.os === "linux";

/** The living processes that carry `mark` in their environment. */
function processesWith(mark: string): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      // The dead that nobody has buried yet.
      if (/\) [ZX] /.test(stat)) continue;
      if (Deno.readTextFileSync(`/proc/${name}/environ`).includes(mark)) found.push(Number(name));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

async function until(condition: () => boolean): Promise<boolean> {
  for (let waited = 0; waited < 20_000; waited += 20) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

const BUSY = {
  "spins": `pool.run(() => { console.log("here"); for (;;); }).catch(() => {});`,
  "waits for a callback":
    `pool.run((wait) => { console.log("here"); return wait(); }, [() => new Promise(() => {})]).catch(() => {});`,
  "streams": `(async () => {
    for await (const n of pool.stream(function* () { console.log("here"); for (let n = 0;; n++) yield n; })) {
      if (n > 1_000) await new Promise(() => {});
    }
  })();`,
  "has started a process": `pool.run(async () => {
    const { spawn } = await import("node:child_process");
    const child = spawn("sleep", ["600"]);
    console.log("here");
    await new Promise((resolve) => child.on("exit", resolve));
  }).catch(() => {});`,
  "is inside of another": `pool.run(async (mod) => {
    const { WorkerPool } = await import(mod);
    const inner = new WorkerPool({ size: 1, backend: "process", permissions: { env: ["TZ"] } });
    await inner.run(() => { console.log("here"); for (;;); });
  }, [${JSON.stringify(MOD)}]).catch(() => {});`,
};

const DEATHS: Record<string, (program: Process) => void> = {
  "Deno.exit()": (program) => program.kill("SIGUSR2"),
  SIGTERM: (program) => program.kill("SIGTERM"),
  SIGKILL: (program) => program.kill("SIGKILL"),
  SIGINT: (program) => program.kill("SIGINT"),
};

for (const [what, source] of Object.entries(BUSY)) {
  for (const [death, kill] of Object.entries(DEATHS)) {
    if (what !== "spins" && death !== "SIGKILL") continue;
    Deno.test({
      name: `process worker: one that ${what} does not outlive its program, ended by ${death}`,
      ignore: !isLinux,
      async fn() {
        const mark = crypto.randomUUID();
        const text = `
          Deno.addSignalListener("SIGUSR2", () => Deno.exit(0));
          const pool = new WorkerPool({ size: 1, backend: "process", permissions: { env: true, read: true, run: true } });
          await pool.run(() => 1);
          ${source}
          setInterval(() => {}, 1_000);`;
        // Workers inherit the zone, and so do those inside of them.
        await using program = new Program("WorkerPool", text, { env: { TZ: mark }, permissions: ["-A"] });
        try {
          await program.printed("\n");
          assert(processesWith(mark).length >= 2);
          kill(program);
          assert(await until(() => processesWith(mark).length === 0), "a worker has outlived its program");
          await program.ended();
        } finally {
          for (const pid of processesWith(mark)) Deno.kill(pid, "SIGKILL");
        }
      },
    });
  }
}

for (const backend of ["thread", "process"] as const) {
  Deno.test({
    name:
      `${backend} worker: Ctrl-C in a terminal lets a call clean up, ends one that does not look up, and exits with 130`,
    ignore: !isLinux,
    async fn() {
      const mark = crypto.randomUUID();
      const text = `
        await run(async () => {
          await using pool = new WorkerPool({ size: 2, backend: "${backend}" });
          await gather(
            () => pool.run(async function () {
              console.log("here");
              try {
                await new Promise((_, reject) => this.signal.onabort = () => reject(this.signal.reason));
              } finally {
                // Longer than a signal to the whole group would let it live.
                await new Promise((resolve) => setTimeout(resolve, 50));
                console.log("cleaned up");
              }
            }),
            () => pool.run(() => { console.log("here"); for (;;); }),
          );
        });`;
      // What a terminal does: a group of its own, and the signal for all of it.
      await using program = new Program("gather, run, WorkerPool", text, {
        env: { TZ: mark },
        permissions: ["-A"],
        within: `exec setsid "$@"`,
      });
      try {
        await program.printed("here\nhere\n");
        assertEquals(processesWith(mark).length, backend === "process" ? 3 : 1);
        Deno.kill(-program.pid, "SIGINT");
        const { code, stdout, stderr } = await program.ended();
        assertEquals([code, stdout], [130, "here\nhere\ncleaned up"], stderr);
        assertEquals(processesWith(mark), []);
      } finally {
        for (const pid of processesWith(mark)) Deno.kill(pid, "SIGKILL");
      }
    },
  });
}

Deno.test({
  name: "process worker: one that is killed from outside is told of and replaced, and nothing is left of it",
  ignore: !isLinux,
  async fn() {
    const { stdout, stderr, code } = await runProgram(
      "WorkerPool",
      `
      const kid = () => +Deno.readTextFileSync(\`/proc/self/task/\${Deno.pid}/children\`).trim().split(" ")[0];
      // Zero would be everybody.
      const killKid = () => kid() > 0 && Deno.kill(kid(), "SIGKILL");
      const open = () => [...Deno.readDirSync("/proc/self/fd")].length;
      const pool = new WorkerPool({ size: 1, backend: "process" });
      await pool.run(() => 1);
      const before = open();
      for (let i = 0; i < 5; i++) {
        const call = pool.run(() => 2);
        killKid();
        await call.catch(() => {});
        await pool.run(() => 1);
      }
      console.log(open() - before < 5);
      // Idle, and then in the middle of its grace.
      killKid();
      console.log(await pool.run(() => 1).catch((error) => error.name));
      await pool.run(() => 1);
      const slow = pool.run(() => new Promise(() => {}), [], { grace: 50 });
      await new Promise((r) => setTimeout(r, 50));
      slow.cancel();
      setTimeout(killKid, 45);
      await slow.catch((error) => console.log(error.name));
      await pool.close();
      console.log("done");`,
      { permissions: ["-A"] },
    );
    assertEquals([stderr, code], ["", 0]);
    assertStringIncludes(stdout, "true\n");
    assertStringIncludes(stdout, "AbortError\ndone");
  },
});

Deno.test("process worker: without a word of imports it fetches no code, and with a no it imports nothing remote", async () => {
  const fetched: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    fetched.push(request.url);
    return new Response("export default 1", { headers: { "content-type": "text/javascript" } });
  });
  const load = (url: string) => import(url).then(() => "loaded", (error) => String(error.message));
  const url = `http://127.0.0.1:${server.addr.port}/secret.js`;
  for (const permissions of [undefined, { import: false }, { import: [] }]) {
    await using pool = new WorkerPool({ backend: "process", size: 1, permissions });
    for (const each of [url, "https://esm.sh/secret", "npm:no-such-package-of-ours", "jsr:@no-such/scope"]) {
      const outcome = await pool.run(load, [each]);
      assert(
        /Requires import access|--cached-only|--no-npm|--no-remote|not found in cache|JSR package not found/.test(
          outcome,
        ),
        outcome,
      );
    }
  }
  assertEquals(fetched, []);
  await using pool = new WorkerPool({
    backend: "process",
    size: 1,
    permissions: { import: [`127.0.0.1:${server.addr.port}`] },
  });
  assertEquals(await pool.run(load, [url]), "loaded");
});

Deno.test("process worker: nothing that a function stores outlives it", async () => {
  await using pool = new WorkerPool({ backend: "process", size: 1 });
  assertEquals(
    await pool.run(() => {
      const names = globalThis as unknown as Record<string, unknown>;
      return [typeof names.localStorage, typeof names.caches, typeof (Deno as { openKv?: unknown }).openKv];
    }),
    ["undefined", "undefined", "undefined"],
  );
});

Deno.test("process worker: the names of the project's import map mean the same in it", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/deno.json`, `{ "imports": { "bare": "./bare.ts" } }`);
    await Deno.writeTextFile(`${directory}/bare.ts`, `export const answer: number = 42;`);
    await Deno.mkdir(`${directory}/src`);
    await Deno.writeTextFile(
      `${directory}/src/cpu.ts`,
      `import { answer } from "bare";\nexport const get = () => answer;`,
    );
    await Deno.writeTextFile(
      `${directory}/src/main.ts`,
      `import { workerModule, WorkerPool } from ${JSON.stringify(MOD)};
      const pool = new WorkerPool({ size: 1, backend: "process", permissions: { read: true } });
      console.log(await workerModule(new URL("./cpu.ts", import.meta.url), { pool }).get());
      console.log(await pool.run(async () => (await import("bare")).answer));
      await pool.close();`,
    );
    const { stdout, stderr } = await runDeno(["run", "-A", `${directory}/src/main.ts`]);
    assertEquals([stdout, stderr], ["42\n42\n", ""]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("process worker: its clock shows the time of the program's zone, and it sees the variables that it was granted", async () => {
  const { stdout } = await runProgram(
    "WorkerPool",
    `
    const pool = new WorkerPool({ size: 1, backend: "process", permissions: { env: ["GRANTED"] } });
    console.log(await pool.run(() => [new Date(0).getHours(), Deno.env.get("GRANTED")]));
    await pool.close();`,
    { permissions: ["-A"], env: { TZ: "Asia/Tokyo", GRANTED: "yes" } },
  );
  assertEquals(stdout, `[ 9, "yes" ]`);
});
