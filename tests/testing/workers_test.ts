// Real workers beside virtual time.
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createTask, runInWorker, sleep, timeout, WorkerPool } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { runChecked } from "../../lib/testing/async_test.ts";

/** Keeps a core busy. */
function spin(ms: number): string {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return "done";
}

asyncTest("virtualTime() stands still while a call is under way in a worker", async (clock) => {
  const nap = createTask(() => sleep(10));
  // Longer than a promise of which nothing is known may take.
  assertEquals(await timeout(5, () => runInWorker(spin, [40])), "done");
  assertEquals(clock.now(), 0);
  await nap;
});

asyncTest("virtualTime() lets time pass for a worker that calls back", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const ask = async () => {
    await sleep(60_000);
    return "answer";
  };
  assertEquals(await pool.run(async (ask: () => Promise<string>) => await ask(), [ask]), "answer");
});

asyncTest("virtualTime() lets time pass between the values of a worker's generator", async () => {
  await using pool = new WorkerPool({ size: 1 });
  function* count() {
    for (let n = 0; n < 100; n++) yield n;
  }
  let sum = 0;
  for await (const n of pool.stream(count, [])) {
    await sleep(1_000);
    sum += n;
  }
  assertEquals(sum, 4950);
});

Deno.test("asyncTest() fails for a worker pool that was not closed, and says where it was made", async () => {
  let pool: WorkerPool | undefined;
  const test = () => {
    pool = new WorkerPool({ size: 1, name: "forgotten" });
  };
  const { message } = await assertRejects(() => runChecked(test, {}), Error);
  await pool?.close();
  assertMatch(message, /- worker pool "forgotten", made .*workers_test\.ts:\d+/);
});
