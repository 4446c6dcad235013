// The demo takes its time, some four seconds of it: half of that is simulated delays, the rest is work.
import { assertEquals, assertMatch } from "@std/assert";
import { asyncio } from "../asyncio.ts";

const TITLES = ["Delay simulation", "File downloader", "Mixed execution", "Error handling"];

Deno.test("asyncio demo runs the four exercises, and sums up what they show", async () => {
  const { code, stdout, stderr } = await asyncio(["demo", "--quiet"]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const [exercises, summary] = stdout.split(/^(?=Summary)/m);
  for (const title of TITLES) {
    assertMatch(exercises!, new RegExp(`^${title}$`, "m"));
    assertMatch(summary!, new RegExp(`^${title} +(–|[\\d.]+ m?s)`, "m"));
  }
  assertMatch(stdout, /\n[\d.]+ m?s → [\d.]+ m?s, [\d.]+ m?s saved\n$/);
});

Deno.test("asyncio demo --json prints one report of all four", async () => {
  const { code, stdout } = await asyncio(["demo", "--json"]);
  assertEquals(code, 0);
  const { exercises, savedMs } = JSON.parse(stdout);
  assertEquals(
    exercises.map(({ title, ok }: { title: string; ok: boolean }) => ({ title, ok })),
    TITLES.map((title) => ({ title, ok: true })),
  );
  assertEquals(savedMs > 0, true);
  const [, download, mixed, errors] = exercises.map(({ report }: { report: unknown }) => report);
  assertEquals(download.files.length, 4);
  assertEquals([mixed.worker.primes, mixed.mainThread.primes, mixed.worker.answers], [148_933, 148_933, 30]);
  assertEquals(errors.cases.length, 4);
});

Deno.test("asyncio demo asks for no permission but those that its task grants", async () => {
  const log = await Deno.makeTempFile();
  try {
    await asyncio(["demo", "--quiet"], { env: { DENO_AUDIT_PERMISSIONS: log } });
    const asked = (await Deno.readTextFile(log)).trimEnd().split("\n").map((line) => JSON.parse(line).permission);
    assertEquals([...new Set(asked)].sort(), ["net", "read", "write"]);
  } finally {
    await Deno.remove(log);
  }
});
