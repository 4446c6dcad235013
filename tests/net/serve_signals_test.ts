// What a signal does to a program that serves. Each test starts a process, some 100 ms. On Windows no program can send another
// one a signal that it could hear.
import { assertEquals } from "@std/assert";
import { Program } from "../program.ts";

const test = Deno.build.os === "windows" ? () => {} : Deno.test;

const NET = new URL("../../lib/net/mod.ts", import.meta.url).href;

/** A program that asks its own server, which has `drain` milliseconds to end, for what takes `ms`, and then executes `rest`. */
function start(drain: number, ms: number, rest: string): Program {
  return new Program(
    "checkpoint, run, sleep",
    `
    import { serve } from ${JSON.stringify(NET)};
    await run(async () => {
      const server = serve(async () => {
        try {
          console.log("asked");
          await sleep(${ms});
          console.log("to the end");
        } finally {
          console.log("cleaned up");
        }
        return new Response();
      }, { hostname: "127.0.0.1", port: 0, drain: ${drain} });
      fetch(server.url).catch(() => {});
      ${rest}
    });
    `,
    { permissions: ["--allow-net=127.0.0.1"] },
  );
}

for (const [signal, exitCode] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
  test(`${signal}: a main that returns once its server has finished ends with 0, and its request to the end`, async () => {
    await using program = start(60_000, 300, "await server.finished;");
    await program.printed("asked");
    program.kill(signal);
    const { code, stdout, stderr } = await program.ended();
    assertEquals([code, stdout, stderr], [0, "asked\nto the end\ncleaned up", ""]);
  });

  test(`${signal}: a main with a checkpoint after server.finished ends with ${exitCode}`, async () => {
    await using program = start(60_000, 300, "await server.finished; await checkpoint();");
    await program.printed("asked");
    program.kill(signal);
    const { code, stdout, stderr } = await program.ended();
    assertEquals([code, stdout, stderr], [exitCode, "asked\nto the end\ncleaned up", ""]);
  });
}

test("SIGTERM: a main that returns once its server has finished ends with 0 also when requests were cancelled", async () => {
  await using program = start(0, 60_000, "await server.finished;");
  await program.printed("asked");
  program.kill("SIGTERM");
  const { code, stdout, stderr } = await program.ended();
  assertEquals([code, stdout, stderr], [0, "asked\ncleaned up", ""]);
});

test("SIGTERM: a main that waits for something else than server.finished ends with 143 once requests have ended", async () => {
  await using program = start(60_000, 300, "await sleep(60_000);");
  await program.printed("asked");
  program.kill("SIGTERM");
  const { code, stdout, stderr } = await program.ended();
  assertEquals([code, stdout, stderr], [143, "asked\nto the end\ncleaned up", ""]);
});
