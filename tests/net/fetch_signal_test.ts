// Each test starts a process, some 100 ms. On Windows no program can send another one a signal that it could hear.
import { assertEquals } from "@std/assert";
import { Program } from "../program.ts";
import { OddServer } from "./odd_server.ts";

const test = Deno.build.os === "windows" ? () => {} : Deno.test;

for (const path of ["/hang", "/stall"]) {
  test(`fetch() ends at Ctrl-C under run(), cleanup included: ${path}`, async () => {
    await using server = new OddServer();
    await using program = new Program(
      "fetch, run",
      `
      await run(async () => {
        try {
          const response = await fetch("${server.url(path)}");
          console.log("head");
          await response.text();
        } finally {
          console.log("cleaned up");
        }
      });
      `,
      { permissions: ["--allow-net=127.0.0.1"] },
    );
    if (path === "/hang") await server.came(path);
    else await program.printed("head");
    program.kill("SIGINT");
    const { code, stdout, stderr } = await program.ended();
    assertEquals([code, stdout, stderr], [130, path === "/hang" ? "cleaned up" : "head\ncleaned up", ""]);
    await server.gone(path);
  });
}
