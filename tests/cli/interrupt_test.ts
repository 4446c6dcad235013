// Ctrl-C, as a real signal to a real process.
import { assertEquals, assertMatch } from "@std/assert";
import { SAMPLE_FILES } from "../../lib/demo/sample_files.ts";
import { asyncio, start } from "./asyncio.ts";

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`asyncio ends with ${code} on ${signal}`, async () => {
    await using process = start(["delays", "1", "60000", "1"]);
    await process.complained("user answered");
    process.kill(signal);
    const ended = await process.ended();
    assertEquals([ended.code, ended.stdout], [code, "Delay simulation\n"]);
    assertMatch(ended.stderr, /^one by one: user answered "Ada" after [\d.]+ (?:µs|ms|s)\nInterrupted\n$/);
  });
}

Deno.test("asyncio keeps what came before Ctrl-C in the chosen folder, and the same command goes on with it", async () => {
  // The first file is complete after a fifth of a second, the last after half a second: the signal comes in between.
  const folder = await Deno.makeTempDir();
  const command = ["download", "--samples", "--dir", folder];
  const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  try {
    await using process = start(command);
    await process.complained("squares.bin");
    process.kill("SIGINT");
    const { code, stderr } = await process.ended();
    assertEquals(code, 130);
    const kept = names().filter((name) => name.endsWith(".part"));
    assertEquals(stderr.includes("the same command goes on where this one stopped"), kept.length > 0);
    // A file has its name when it is complete, and a part has its record beside it: there is nothing else.
    const complete = names().filter((name) => name.endsWith(".bin"));
    assertEquals(names(), [...complete, ...kept, ...kept.map((part) => `${part}.asyncio`)].sort());
    assertEquals(complete.includes("squares.bin"), true);
    for (const name of kept) assertEquals(complete.includes(name.replace(".part", "")), false);

    const again = await asyncio(command);
    assertEquals(again.code, 0, again.stderr);
    assertEquals(names().filter((name) => name.includes(".part")), []);
    assertEquals(names().filter((name) => !name.includes("(")), SAMPLE_FILES.map(({ name }) => name));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
