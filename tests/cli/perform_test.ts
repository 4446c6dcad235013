// Each of these is a process, which takes a good part of a second.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { asyncio } from "./asyncio.ts";

Deno.test("asyncio --timeline draws what happened on standard error, also with --quiet", async () => {
  const { code, stdout, stderr } = await asyncio(["delays", "30", "20", "10", "--timeline", "--quiet", "--json"]);
  assertEquals([code, typeof JSON.parse(stdout)], [0, "object"]);
  // How much of a row is waiting, and whether a start is late enough to be seen, is up to the machine.
  assertMatch(stderr, /^main +[^\w\s]+ +[\d.]+ (?:µs|ms|s)$/m);
  assertMatch(stderr, /^Tasks +4, all done$/m);
});

Deno.test("asyncio --trace saves what happened, and says where", async () => {
  const path = await Deno.makeTempFile({ suffix: ".svg" });
  try {
    const { code, stderr } = await asyncio(["delays", "3", "2", "1", "--trace", path]);
    assertEquals(code, 0);
    assertStringIncludes(stderr, `What happened is in ${path}`);
    assertMatch(await Deno.readTextFile(path), /^<svg /);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("asyncio --trace knows before it starts anything whether it can write such a file", async () => {
  const { code, stdout, stderr } = await asyncio(["delays", "--trace", "what.pdf"]);
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(
    stderr,
    "Cannot use --trace as it must be the path of a file that ends with .html, .svg, .json, .flow.mmd, .mmd: " +
      'current value is "what.pdf"',
  );
});

Deno.test("asyncio --trace that cannot be written fails", async () => {
  const { code, stdout, stderr } = await asyncio([
    "delays",
    "1",
    "1",
    "1",
    "--quiet",
    "--trace",
    "/nowhere/at/all.svg",
  ]);
  assertStringIncludes(stdout, "One by one");
  assertStringIncludes(stderr, "error: Cannot save the trace");
  assertEquals(code, 1);
});
