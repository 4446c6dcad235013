// The way from asking a function to end to ending its worker, without any worker.
import { assertEquals } from "@std/assert";
import type { Call } from "../../../lib/workers/call/call.ts";
import { CancelLadder } from "../../../lib/workers/pool/cancel_ladder.ts";
import { virtualTime } from "../../../lib/testing/mod.ts";

function climb(grace: number): { ladder: CancelLadder; forced: Promise<void>; hasForced: () => boolean } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let forced = false;
  const ladder = new CancelLadder({ request: { grace } } as Call, () => {
    forced = true;
    resolve();
  });
  return { ladder, forced: promise, hasForced: () => forced };
}

for (const grace of [2 ** 31, Infinity]) {
  Deno.test(`CancelLadder gives a worker that has answered ${grace} ms, and not none`, async () => {
    const { ladder, hasForced } = climb(grace);
    ladder.seen();
    // The platform fires a timer of that length after a millisecond.
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(hasForced(), false);
    ladder.end();
  });
}

Deno.test("CancelLadder forces a worker that does not answer, though it may take for ever once it has", async () => {
  await climb(Infinity).forced;
});

Deno.test("CancelLadder climbs by the real clock, whatever the globals follow", async () => {
  await virtualTime(async (clock) => {
    const { forced } = climb(0);
    // As a call to a worker does: virtual time stands still until that has ended.
    await clock.hold(forced);
  }, { globals: true });
});
