// Ctrl-C, as a real signal to a real process.
import { assertEquals, assertMatch } from "@std/assert";
import { start } from "./asyncio.ts";

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
    assertMatch(await narration.all, /^one by one: user answered "Ada" after \d+ ms\nInterrupted\n$/);
  });
}

Deno.test("asyncio leaves no half file behind on Ctrl-C", async () => {
  // The first file is complete after a fifth of a second, the last after half a second: the signal comes in between.
  const folder = await Deno.makeTempDir();
  try {
    const process = start(["download", "--samples", "--dir", folder]);
    const output = process.stdout.text();
    const narration = watch(process.stderr, "squares.bin");
    await narration.seen;
    process.kill("SIGINT");
    assertEquals((await process.status).code, 130);
    await Promise.all([output, narration.all]);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assertEquals(left.filter((name) => name.endsWith(".part")), []);
    assertEquals(left.includes("squares.bin"), true);
    assertEquals(left.includes("alphabet.bin"), false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
