import { assertEquals } from "@std/assert";
import { createTask, gather, sleep, timeout, wait } from "../../mod.ts";
import { VirtualRoot } from "../../lib/testing/virtual_root.ts";

Deno.test("a virtual clock keeps nothing for waits that were given up", async () => {
  const root = new VirtualRoot();
  await root.run(async () => {
    const task = createTask(() =>
      gather(
        () => sleep(60_000),
        () => timeout(60_000, () => sleep(Infinity)),
        () => wait([new Promise(() => {})], { timeout: 60_000 }),
      )
    );
    await sleep(1);
    task.cancel();
    await task.settled();
    assertEquals(root.virtual.pending, 0);
  });
});

Deno.test("a virtual clock keeps nothing for timeouts that were kept", async () => {
  const root = new VirtualRoot();
  await root.run(async () => {
    await timeout(60_000, () => sleep(1));
    assertEquals(root.virtual.pending, 0);
  });
});
