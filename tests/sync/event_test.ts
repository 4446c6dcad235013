import { assert, assertEquals, assertRejects } from "@std/assert";
import { checkpoint, createTask, Event, timeout, TimeoutError } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("Event.set() wakes all who wait, in order", async () => {
  const event = new Event();
  const order: number[] = [];
  const waiting = [1, 2, 3].map((id) => event.wait().then(() => order.push(id)));
  await checkpoint();
  assertEquals(order, []);
  event.set();
  await Promise.all(waiting);
  assertEquals(order, [1, 2, 3]);
});

asyncTest("Event.wait() does not wait when the event is set", async () => {
  const event = new Event();
  event.set();
  await event.wait();
  assert(event.isSet);
});

asyncTest("Event.set() then clear() in one turn wakes those who waited before, and nobody later", async () => {
  const event = new Event();
  const before = [event.wait(), event.wait()];
  event.set();
  event.clear();
  const after = event.wait();
  await Promise.all(before);
  assertEquals(event.stats(), { waiting: 1, peak: 2 });
  event.set();
  await after;
});

asyncTest("Event.wait() in a cancelled task throws, though the event is set", async () => {
  const event = new Event();
  event.set();
  const task = createTask(async () => {
    task.cancel();
    await event.wait();
  });
  await task.settled();
  assertEquals(task.state, "cancelled");
});

asyncTest("Event.wait() that is cancelled waits no more", async () => {
  const event = new Event();
  const task = createTask(() => event.wait(), { eager: true });
  task.cancel();
  await task.settled();
  await assertRejects(() => timeout(1, () => event.wait()), TimeoutError);
  const reason = new Error("enough");
  assertEquals(await event.wait({ signal: AbortSignal.abort(reason) }).catch((error) => error), reason);
  assertEquals(event.stats(), { waiting: 0, peak: 1 });
});
