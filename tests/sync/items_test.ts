import { assertEquals } from "@std/assert";
import { Fifo } from "../../lib/sync/items.ts";

Deno.test("Fifo gives every item once and in order, wherever it makes itself smaller", () => {
  // Around the size from which it copies what is left, with as much behind as in front, and one more or less.
  for (const put of [1_023, 1_024, 1_025, 1_026, 2_047, 2_048, 2_049, 2_050, 3_000]) {
    const fifo = new Fifo<number>();
    let last = 0;
    let next = 0;
    while (last < put) fifo.push(last++);
    for (let step = 0; fifo.size > 0; step++) {
      assertEquals(fifo.pop(), next++);
      assertEquals(fifo.size, last - next);
      // It is filled while it is being drained.
      if (step % 3 === 0 && last < 2 * put) fifo.push(last++);
    }
    assertEquals(next, last);
  }
});
