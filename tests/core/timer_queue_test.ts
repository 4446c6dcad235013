import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Random } from "../../lib/testing/random.ts";
import { type TimerEntry, TimerQueue } from "../../lib/core/timer_queue.ts";

class Entry implements TimerEntry {
  order = 0;
  index = -1;

  constructor(public due: number, readonly name = "") {}

  fire(): void {}
}

Deno.test("TimerQueue.popDue() gives entries by due time, whatever the order of queueing", () => {
  const queue = new TimerQueue();
  for (const due of [5, 1, 4, 2, 3]) queue.push(new Entry(due));
  assertEquals(drain(queue).map(({ due }) => due), [1, 2, 3, 4, 5]);
});

Deno.test("TimerQueue.popDue() gives entries with equal due times first in, first out", () => {
  const queue = new TimerQueue();
  const names = Array.from({ length: 50 }, (_, i) => String(i));
  for (const name of names) queue.push(new Entry(7, name));
  assertEquals(drain(queue).map(({ name }) => name), names);
});

Deno.test("TimerQueue.popDue() gives nothing before its time", () => {
  const queue = new TimerQueue();
  const entry = new Entry(10);
  queue.push(entry);
  assertEquals(queue.popDue(9.999), undefined);
  assertStrictEquals(queue.popDue(10), entry);
  assertEquals(queue.popDue(Infinity), undefined);
});

Deno.test("TimerQueue.peek() shows the next entry and leaves it queued", () => {
  const queue = new TimerQueue();
  assertEquals(queue.peek(), undefined);
  queue.push(new Entry(2, "later"));
  queue.push(new Entry(1, "next"));
  assertEquals((queue.peek() as Entry).name, "next");
  assertEquals(queue.size, 2);
});

Deno.test("TimerQueue.remove() takes out an entry that is queued, and is harmless otherwise", () => {
  const queue = new TimerQueue();
  const [a, b, c] = [new Entry(1), new Entry(2), new Entry(3)];
  queue.remove(a);
  for (const entry of [a, b, c]) queue.push(entry);
  queue.remove(b);
  queue.remove(b);
  assertEquals(drain(queue), [a, c]);
  queue.remove(a);
  assertEquals(queue.size, 0);
});

Deno.test("TimerQueue.remove() moves the entry that takes the free place up, where it belongs above", () => {
  const queue = new TimerQueue();
  // Below the second entry all is late; the last one is early, and lies below the third.
  const entries = [0, 10, 1, 20, 30, 11, 12, 13, 14, 2].map((due) => new Entry(due));
  for (const entry of entries) queue.push(entry);
  queue.remove(entries[5]!);
  assertEquals(drain(queue).map(({ due }) => due), [0, 1, 2, 10, 12, 13, 14, 20, 30]);
});

Deno.test("TimerQueue keeps no more places than twice as many as it has entries, however many have come and gone", () => {
  const queue = new TimerQueue();
  const early = new Entry(0);
  queue.push(early);
  for (let i = 0; i < 1_000; i++) {
    const gone = new Entry(1);
    const last = new Entry(2);
    for (const entry of [gone, last]) queue.push(entry);
    for (const entry of [gone, last]) queue.remove(entry);
  }
  const late = new Entry(3);
  queue.push(late);
  // The last place of all that there are.
  assert(late.index < 4, `has place ${late.index}`);
  assertEquals(drain(queue), [early, late]);
});

Deno.test("TimerQueue.push() takes an entry again once it has left", () => {
  const queue = new TimerQueue();
  const entry = new Entry(1);
  queue.push(entry);
  queue.popDue(1);
  entry.due = 2;
  queue.push(entry);
  assertStrictEquals(queue.popDue(2), entry);
});

Deno.test("TimerQueue.remove() in any order leaves a queue that works", () => {
  const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
  for (const order of orders) {
    for (let popped = 0; popped < 3; popped++) {
      const queue = new TimerQueue();
      const entries = Array.from({ length: 3 + popped }, (_, i) => new Entry(i));
      for (const entry of entries) queue.push(entry);
      for (let i = 0; i < popped; i++) assertStrictEquals(queue.popDue(Infinity), entries[i]);
      for (const i of order) {
        queue.remove(entries[popped + i]!);
        queue.peek();
      }
      assertEquals([queue.size, queue.peek(), queue.popDue(Infinity)], [0, undefined, undefined]);
      const last = new Entry(9);
      queue.push(last);
      assertEquals([queue.size, queue.peek()], [1, last]);
    }
  }
});

Deno.test("TimerQueue lets go of an entry that is taken out, and of the memory when most are", () => {
  const queue = new TimerQueue();
  const entries = Array.from({ length: 1_000 }, (_, i) => new Entry(i % 7));
  for (const entry of entries) queue.push(entry);
  for (const entry of entries.splice(0, 990)) queue.remove(entry);
  assertEquals(queue.size, 10);
  const inOrder = entries.toSorted((a, b) => a.due - b.due || a.order - b.order);
  assertEquals(drain(queue), inOrder);
});

Deno.test("TimerQueue agrees with a sorted list, whatever is queued and removed", () => {
  const seed = Number(Deno.env.get("SEED") ?? (Math.random() * 2 ** 32 >>> 0));
  const random = new Random(seed);
  const queue = new TimerQueue();
  const list: Entry[] = [];
  let now = 0;
  for (let step = 0; step < 20_000; step++) {
    const dice = random.next();
    if (dice < 0.5) {
      // Few different times, so that ties are frequent.
      const entry = new Entry(now + random.below(20), String(step));
      queue.push(entry);
      const at = list.findIndex((other) => other.due > entry.due);
      list.splice(at < 0 ? list.length : at, 0, entry);
    } else if (dice < 0.75 && list.length > 0) {
      const [entry] = list.splice(random.below(list.length), 1);
      queue.remove(entry!);
    } else {
      now += random.below(3);
      const expected = list.length > 0 && list[0]!.due <= now ? list.shift() : undefined;
      assertStrictEquals(queue.popDue(now), expected, `seed ${seed}, step ${step}`);
    }
    assertStrictEquals(queue.peek(), list[0], `seed ${seed}, step ${step}`);
    assertEquals(queue.size, list.length, `seed ${seed}, step ${step}`);
  }
  assertEquals(drain(queue), list, `seed ${seed}`);
});

function drain(queue: TimerQueue): Entry[] {
  const entries: Entry[] = [];
  for (let entry = queue.popDue(Infinity); entry !== undefined; entry = queue.popDue(Infinity)) {
    entries.push(entry as Entry);
  }
  return entries;
}
