import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Barrier, BrokenBarrierError, checkpoint, createTask, gather, timeout, TimeoutError } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("Barrier.wait() lets all go on when the last one comes, each with an index of its own", async () => {
  const barrier = new Barrier(3);
  const order: number[] = [];
  const first = [barrier.wait(), barrier.wait()].map((wait) => wait.then((index) => order.push(index)));
  await checkpoint();
  assertEquals([order, barrier.waiting], [[], 2]);
  order.push(await barrier.wait());
  await Promise.all(first);
  assertEquals(order, [0, 1, 2]);
  assertEquals(barrier.stats(), { parties: 3, waiting: 0, broken: false });
});

asyncTest("Barrier can be used round after round", async () => {
  const barrier = new Barrier(3);
  const rounds = await gather([0, 1, 2].map(() => async () => {
    const indices: number[] = [];
    for (let round = 0; round < 4; round++) indices.push(await barrier.wait());
    return indices;
  }));
  for (let round = 0; round < 4; round++) {
    assertEquals(rounds.map((indices) => indices[round]).sort(), [0, 1, 2]);
  }
});

asyncTest("Barrier of one never waits", async () => {
  const barrier = new Barrier(1);
  assertEquals([await barrier.wait(), await barrier.wait()], [0, 0]);
});

asyncTest("Barrier.wait() that is cancelled makes room for another, and indices stay unique", async () => {
  const barrier = new Barrier(3);
  const first = createTask(() => barrier.wait(), { eager: true });
  const second = barrier.wait();
  first.cancel();
  await first.settled();
  const third = barrier.wait();
  assertEquals(await barrier.wait(), 2);
  assertEquals([await second, await third], [0, 1]);
});

asyncTest("Barrier.wait() after the last one belongs to the next round", async () => {
  const barrier = new Barrier(2);
  const first = barrier.wait();
  const second = barrier.wait();
  const third = barrier.wait();
  assertEquals([await first, await second, barrier.waiting], [0, 1, 1]);
  assertEquals(await barrier.wait(), 1);
  assertEquals(await third, 0);
});

asyncTest("Barrier.reset() throws out those who wait, and is usable again", async () => {
  const barrier = new Barrier(2, { name: "gate" });
  const waiting = barrier.wait();
  barrier.reset();
  await assertRejects(() => waiting, BrokenBarrierError, "gate was reset");
  assertEquals(await gather(() => barrier.wait(), () => barrier.wait()), [0, 1]);
});

asyncTest("Barrier.abort() throws out those who wait and those who come, until reset()", async () => {
  const barrier = new Barrier(2);
  const waiting = barrier.wait();
  barrier.abort();
  await assertRejects(() => waiting, BrokenBarrierError);
  await assertRejects(() => barrier.wait(), BrokenBarrierError);
  assertEquals(barrier.broken, true);
  barrier.reset();
  assertEquals(await gather(() => barrier.wait(), () => barrier.wait()), [0, 1]);
});

asyncTest("Barrier.wait() is a checkpoint, also for the last one", async () => {
  const barrier = new Barrier(1);
  const task = createTask(async () => {
    task.cancel();
    await barrier.wait();
  });
  await task.settled();
  assertEquals(task.state, "cancelled");
});

asyncTest("Barrier.wait() gives up with its signal and with timeout()", async () => {
  const barrier = new Barrier(2);
  const reason = new Error("enough");
  assertEquals(await barrier.wait({ signal: AbortSignal.abort(reason) }).catch((error) => error), reason);
  await assertRejects(() => timeout(1, () => barrier.wait()), TimeoutError);
  assertEquals(barrier.waiting, 0);
});

Deno.test("Barrier rejects what is no number of parties", () => {
  for (const parties of [0, -1, 1.5, NaN]) assertThrows(() => new Barrier(parties), RangeError, String(parties));
  assertThrows(() => new Barrier("2" as never), TypeError);
});
