import { assertEquals, assertStringIncludes } from "@std/assert";
import { asyncio } from "../asyncio.ts";

Deno.test("asyncio mixed counts and fetches as much as it is told", async () => {
  const { code, stdout } = await asyncio(["mixed", "--limit", "1000", "--requests", "2", "--json"]);
  assertEquals(code, 0);
  const { limit, requests, worker, mainThread } = JSON.parse(stdout);
  assertEquals({ limit, requests }, { limit: 1000, requests: 2 });
  for (const { primes, answers } of [worker, mainThread]) {
    assertEquals({ primes, answers }, { primes: 168, answers: 6 });
  }
});

Deno.test("asyncio mixed shows that the event loop waits for a count on the main thread, not for one in a worker", async () => {
  const { stdout } = await asyncio(["mixed", "--limit", "3000000", "--requests", "3", "--json", "--quiet"]);
  const { worker, mainThread } = JSON.parse(stdout);
  // On the main thread, nothing else runs from the start of the count to its end.
  assertEquals(mainThread.worstLagMs > 0.8 * (mainThread.countingMs - 100), true, stdout);
  assertEquals(worker.worstLagMs < mainThread.worstLagMs, true, stdout);
});

Deno.test("asyncio mixed shows what it fetches as waiting for the network", async () => {
  const { stderr } = await asyncio(["mixed", "--limit", "1000", "--requests", "2", "--timeline", "--color", "never"]);
  assertStringIncludes(stderr, "≈≈ network");
});
