// What crosses the border between a call and its caller while it runs.
import { assert, assertEquals } from "@std/assert";
import { WorkerPool } from "../../../mod.ts";

for (const backend of ["thread", "web"] as const) {
  Deno.test(`${backend} worker: reports of progress that the caller has no time for do not pile up, and the last arrives`, async () => {
    await using pool = new WorkerPool({ size: 1, backend });
    for (let round = 0; round < 2; round++) {
      const done = new Int32Array(new SharedArrayBuffer(4));
      const seen: unknown[] = [];
      await pool.run(
        function (done) {
          for (let n = 0; n < 10_000; n++) this.progress(n);
          Atomics.store(done, 0, 1);
          Atomics.notify(done, 0);
        },
        [done],
        {
          onProgress(n) {
            seen.push(n);
            // Busy until all of it has been said.
            Atomics.wait(done, 0, 0);
          },
        },
      );
      assertEquals([seen[0], seen.at(-1)], [0, 9_999]);
      assert(seen.length <= 66, `${seen.length} of 10000 reports were under way`);
    }
  });
}

Deno.test("process worker: reports of progress without end are told as often as somebody may want them", async () => {
  await using pool = new WorkerPool({ size: 1, backend: "process" });
  const seen: unknown[] = [];
  await pool.run(
    function () {
      for (let n = 0; n < 100_000; n++) this.progress(n);
    },
    [],
    { onProgress: (n) => seen.push(n) },
  );
  assertEquals([seen[0], seen.at(-1)], [0, 99_999]);
  assert(seen.length < 50_000);
});

Deno.test("the latest report of progress arrives while its function waits for something else", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const told = Promise.withResolvers<void>();
  await pool.run(
    async function (wait) {
      for (let n = 0; n < 1_000; n++) this.progress(n);
      await wait();
    },
    [() => told.promise],
    { onProgress: (n) => n === 999 && told.resolve() },
  );
});
