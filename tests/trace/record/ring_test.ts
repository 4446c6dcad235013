import { assertEquals } from "@std/assert";
import { Ring } from "../../../lib/trace/record/ring.ts";

function ringOf(capacity: number, count: number): Ring<number> {
  const ring = new Ring<number>(capacity);
  for (let i = 1; i <= count; i++) ring.push(i);
  return ring;
}

Deno.test("Ring gives what was pushed, oldest first", () => {
  assertEquals([...ringOf(3, 2)], [1, 2]);
});

Deno.test("Ring forgets the oldest when it is full", () => {
  assertEquals([...ringOf(3, 8)], [6, 7, 8]);
});

Deno.test("Ring counts what it has forgotten", () => {
  assertEquals([0, 3, 4, 100].map((count) => ringOf(3, count).dropped), [0, 0, 1, 97]);
});
