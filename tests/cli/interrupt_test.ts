// Ctrl-C, as a real signal to a real process.
import { assertEquals, assertMatch } from "@std/assert";
import { SAMPLE_FILES } from "../../lib/demo/sample_files.ts";
import { asyncio, start } from "./asyncio.ts";

/** Read a stream to its end, and tell as soon as a text has come. */
function watch(stream: ReadableStream<Uint8Array<ArrayBuffer>>, text: string) {
  const { promise: seen, resolve, reject } = Promise.withResolvers<void>();

  async function read(): Promise<string> {
    let all = "";
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      all += part;
      if (all.includes(text)) resolve();
    }
    reject(new Error(`Cannot find ${JSON.stringify(text)}: current value is ${JSON.stringify(all)}`));
    return all;
  }

  return { seen, all: read() };
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`asyncio ends with ${code} on ${signal}`, async () => {
    const process = start(["delays", "1", "60000", "1"]);
    const output = process.stdout.text();
    const narration = watch(process.stderr, "user answered");
    await narration.seen;
    process.kill(signal);
    assertEquals((await process.status).code, code);
    assertEquals(await output, "Delay simulation\n");
    assertMatch(await narration.all, /^one by one: user answered "Ada" after [\d.]+ (?:µs|ms|s)\nInterrupted\n$/);
  });
}

Deno.test("asyncio keeps what came before Ctrl-C in the chosen folder, and the same command goes on with it", async () => {
  // The first file is complete after a fifth of a second, the last after half a second: the signal comes in between.
  const folder = await Deno.makeTempDir();
  const command = ["download", "--samples", "--dir", folder];
  const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  try {
    const process = start(command);
    const output = process.stdout.text();
    const narration = watch(process.stderr, "squares.bin");
    await narration.seen;
    process.kill("SIGINT");
    assertEquals((await process.status).code, 130);
    const [, told] = await Promise.all([output, narration.all]);
    const kept = names().filter((name) => name.endsWith(".part"));
    assertEquals(told.includes("the same command goes on where this one stopped"), kept.length > 0);
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
