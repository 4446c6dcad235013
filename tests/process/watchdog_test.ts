// What is left of processes when their program dies. Each test takes as long as Deno takes to start.
import { assert, assertEquals } from "@std/assert";
import { Program } from "../program.ts";
import { isLinux, livingWith, newMark } from "./living.ts";

const MOD = new URL("../../lib/process/mod.ts", import.meta.url).href;

async function until(condition: () => boolean): Promise<boolean> {
  for (let waited = 0; waited < 20_000; waited += 20) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

/** What a program has started: one that ends on SIGTERM, one that does not, and a grandchild. */
const STARTS = `
  const { startProcess } = await import("${MOD}");
  startProcess("sleep", ["600"]);
  startProcess("sh", ["-c", "trap '' TERM; sleep 600 & sleep 600; sleep 600"], { grace: 300 });
  // By now they are watched.
  setTimeout(() => console.log("up"), 300);
  setInterval(() => {}, 1_000);
  Deno.addSignalListener("SIGUSR1", () => Deno.exit(0));
  Deno.addSignalListener("SIGUSR2", () => { throw new Error("uncaught"); });`;

const DEATHS: Record<string, Deno.Signal> = {
  "kill -9": "SIGKILL",
  "SIGTERM, without run()": "SIGTERM",
  "Ctrl-C, without run()": "SIGINT",
  "the end of its terminal": "SIGHUP",
  "Deno.exit()": "SIGUSR1",
  "an uncaught error": "SIGUSR2",
};

for (const [death, signal] of Object.entries(DEATHS)) {
  Deno.test({
    name: `no process outlives its program when that is ended by ${death}`,
    ignore: !isLinux,
    fn: async () => {
      const mark = newMark();
      const env = { MARK: mark.slice("MARK=".length) };
      await using program = new Program("sleep", STARTS, { env, permissions: ["-A"] });
      try {
        await program.printed("up");
        assert(livingWith(mark).length >= 5);
        program.kill(signal);
        assert(await until(() => livingWith(mark).length === 0), "a process has outlived its program");
      } finally {
        for (const pid of livingWith(mark)) Deno.kill(pid, "SIGKILL");
      }
    },
  });
}

Deno.test({
  name: "Ctrl-C ends the processes of run(), and the program exits with 130 and leaves none",
  ignore: !isLinux,
  fn: async () => {
    const mark = newMark();
    const env = { MARK: mark.slice("MARK=".length) };
    const code = `
      const { startProcess } = await import("${MOD}");
      await run(async () => {
        const process = startProcess("sh", ["-c", "trap 'echo saved; exit 0' TERM; echo up; while :; do sleep 0.01; done"]);
        for await (const line of process.lines()) console.log(line);
      });`;
    await using program = new Program("run", code, { env, permissions: ["-A"] });
    await program.printed("up");
    program.kill("SIGINT");
    assertEquals((await program.ended()).code, 130);
    assertEquals(livingWith(mark), []);
  },
});
