import { assertEquals } from "@std/assert";
import { isOutOfFiles, Schedule } from "../../../lib/download/plan/schedule.ts";
import { sleep } from "../../../mod.ts";
import { runProgram } from "../../program.ts";
import { serveFaults } from "../faulty_server.ts";
import { bytesOf, file, makeFolder } from "../samples.ts";

const FULL = Object.assign(new Error("open"), { code: "EMFILE" });

Deno.test("isOutOfFiles() knows it of files by its code, of connections by its words", () => {
  const connection = new TypeError("error sending request", { cause: new Error("Too many open files (os error 24)") });
  for (const error of [FULL, new Error("Cannot write x", { cause: FULL }), connection]) {
    assertEquals(isOutOfFiles(error), true);
  }
  for (const error of [new Error("no"), undefined, "too many open files"]) assertEquals(isOutOfFiles(error), false);
});

Deno.test("Schedule.inTurn() waits for others when too many files are open, and fails when there are none", async () => {
  const schedule = new Schedule(4, 4);
  const other = await schedule.acquire("a");
  const events: string[] = [];
  const turn = schedule.inTurn("b", () => {
    events.push("tried");
    return Promise.reject(FULL);
  }).catch((error) => error);
  await sleep(0);
  await sleep(0);
  assertEquals(events, ["tried"]);
  other[Symbol.dispose]();
  assertEquals(await turn, FULL);
  assertEquals(events, ["tried", "tried"]);
});

// A process takes most of the time. It is under `run`, which listens for signals: this Deno ends when it begins to do so, as
// it may at any time, with no file left to be opened.
Deno.test({
  name: "download() has all files come with few that may be open at a time, without a single retry",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = serveFaults(file(bytesOf(100_000)));
    await using folder = await makeFolder();
    const code = `
      import { download } from ${JSON.stringify(import.meta.resolve("../../../lib/download/mod.ts"))};
      const urls = Array.from({ length: 60 }, (_, i) => ${JSON.stringify(server.origin)} + "/" + i);
      await run(async () => {
        const options = { dir: ${JSON.stringify(folder.path)}, retries: 0, concurrency: 60, perHost: 60 };
        for (const result of await download(urls, options)) console.log([result.status, result.error?.message].join(" ").trim());
      });
    `;
    const { stdout } = await runProgram("run", code, { permissions: ["-A"], within: "ulimit -n 60" });
    assertEquals(stdout.split("\n"), Array(60).fill("complete"));
  },
});
