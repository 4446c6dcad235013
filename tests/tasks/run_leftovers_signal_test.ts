// What a signal does when main has ended already, and what it left behind has not. Each test starts a process.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Program } from "../program.ts";

const test = Deno.build.os === "windows" ? () => {} : Deno.test;

const STUBBORN = `
  async function stubborn() {
    try {
      console.log("ready");
      await sleep(60_000);
    } finally {
      console.log("cancelled");
      await shield(() => sleep(60_000));
      console.log("never");
    }
  }
`;

for (const [kind, options] of [["a task", "{}"], ["a detached task", "{ detached: true }"]]) {
  test(`run(): the first Ctrl-C leaves at once when main has ended, and ${kind} that it left has not`, async () => {
    await using program = new Program(
      "createTask, run, shield, sleep",
      `
      ${STUBBORN}
      await run(async function main() {
        createTask(stubborn, ${options});
        await sleep(1);
      });
      console.log("never");
      `,
    );
    await program.printed("cancelled");
    program.kill("SIGINT");
    const { code, stdout, stderr, ms } = await program.ended();
    assertEquals([code, stdout], [130, "ready\ncancelled"]);
    assertMatch(stderr, /stubborn-\d+ \[cancelling\].*, waits for sleep 60000 ms/);
    assert(ms < 30_000);
  });
}

test("run(): the first Ctrl-C leaves at once when main has failed, and what it left has not ended", async () => {
  await using program = new Program(
    "createTask, run, shield, sleep",
    `
    ${STUBBORN}
    await run(async () => {
      createTask(stubborn, { eager: true, detached: true });
      throw new Error("failed");
    });
    `,
  );
  await program.printed("cancelled");
  program.kill("SIGTERM");
  assertEquals((await program.ended()).code, 143);
});
