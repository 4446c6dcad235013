import { assertEquals } from "@std/assert";
import { type Queued, WaitQueue } from "../../lib/sync/wait_queue.ts";

class Place implements Queued {
  ahead: Queued | null = null;
  behind: Queued | null = null;

  constructor(readonly name: string) {}

  reject(): void {}
}

/** Each order of `items`. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first, index) => permutations(items.toSpliced(index, 1)).map((rest) => [first, ...rest]));
}

function names(queue: WaitQueue<Place>): string[] {
  const all: string[] = [];
  for (let place = queue.shift(); place !== null; place = queue.shift()) all.push(place.name);
  return all;
}

Deno.test("WaitQueue keeps the order, and its size, whoever leaves from whichever place", () => {
  for (const count of [1, 2, 3, 4]) {
    for (const order of permutations([...Array(count).keys()])) {
      for (let gone = 0; gone <= count; gone++) {
        const queue = new WaitQueue<Place>("queue");
        const places = [...Array(count).keys()].map((index) => new Place(`first ${index}`));
        for (const place of places) queue.push(place);
        for (const index of order.slice(0, gone)) queue.remove(places[index]!);
        assertEquals(queue.size, count - gone);
        for (const name of ["later", "last"]) queue.push(new Place(name));
        const left = order.slice(gone).sort().map((index) => `first ${index}`);
        assertEquals(names(queue), [...left, "later", "last"], `${gone} of ${order}`);
        assertEquals([queue.size, queue.first], [0, null]);
      }
    }
  }
});
