import { assertEquals, assertRejects } from "@std/assert";
import { createTask, gather, InvalidStateError, isCancelled, sleep } from "../../mod.ts";
import { fuzz, Sequencer, virtualTime } from "../../lib/testing/mod.ts";

Deno.test("Sequencer.step() keeps to the order of the story, in any order of waking", async () => {
  await fuzz({ runs: 30 }, async () => {
    const story = new Sequencer();
    const told: number[] = [];
    await gather([4, 1, 3, 0, 2].map((n) => () => story.step(n, () => sleep(1).then(() => told.push(n)))));
    assertEquals(told, [0, 1, 2, 3, 4]);
  });
});

Deno.test("Sequencer.step() returns the value of its function", async () => {
  assertEquals(await new Sequencer().step(0, () => "value"), "value");
});

Deno.test("Sequencer.step() refuses a number that has been taken", async () => {
  const story = new Sequencer();
  await story.step(0, () => {});
  await assertRejects(() => story.step(0, () => {}), InvalidStateError, "Cannot take step 0 as it has been taken");
});

Deno.test("Sequencer.step() refuses what is no number of a step", async () => {
  for (const n of [-1, 1.5, NaN]) await assertRejects(() => new Sequencer().step(n, () => {}), RangeError);
});

Deno.test("Sequencer.step() ends the story when it fails: later steps reject, with the reason", async () => {
  const story = new Sequencer();
  const broken = new Error("broken");
  const waiting = story.step(2, () => {}).catch((error) => error);
  await assertRejects(() => story.step(0, () => Promise.reject(broken)), Error, "broken");
  const later = story.step(1, () => {}).catch((error) => error);
  for (const error of await Promise.all([waiting, later])) {
    assertEquals([error instanceof InvalidStateError, error.cause], [true, broken]);
  }
});

Deno.test("Sequencer.step() ends the story when it is cancelled while it waits", async () => {
  await virtualTime(async () => {
    const story = new Sequencer();
    const first = createTask(() => story.step(1, () => {}), { eager: true });
    const second = story.step(2, () => {}).catch((error) => error);
    first.cancel();
    assertEquals(isCancelled(await first.catch((error) => error)), true);
    assertEquals(await second instanceof InvalidStateError, true);
  });
});
