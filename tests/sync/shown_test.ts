import { assertEquals } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** All that can be reached from outside: what a debugger lists and an editor offers. */
function membersOf(value: object): string[] {
  const members = new Set<string>();
  for (let at = value; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) members.add(String(key));
  }
  members.delete("constructor");
  return [...members].sort();
}

const name = "mine";
const made: Record<string, () => object> = {
  Lock: () => new Lock({ name }),
  Event: () => new Event({ name }),
  Condition: () => new Condition(new Lock({ name: "held" }), { name }),
  Semaphore: () => new Semaphore(3, { name }),
  BoundedSemaphore: () => new BoundedSemaphore(3, { name }),
  Barrier: () => new Barrier(3, { name }),
  Queue: () => new Queue(3, { name }),
  LifoQueue: () => new LifoQueue(3, { name }),
  PriorityQueue: () => new PriorityQueue(3, { name }),
};
const shown: Record<string, string> = {
  Condition: 'Condition { name: "mine", lock: Lock { name: "held" } }',
  Barrier: 'Barrier { name: "mine", parties: 3 }',
  Queue: 'Queue { name: "mine", maxsize: 3 }',
  LifoQueue: 'LifoQueue { name: "mine", maxsize: 3 }',
  PriorityQueue: 'PriorityQueue { name: "mine", maxsize: 3 }',
};

for (const [kind, make] of Object.entries(made)) {
  asyncTest(`${kind} is shown with what is public`, () => {
    assertEquals(Deno.inspect(make(), { colors: false, depth: 9 }), shown[kind] ?? `${kind} { name: "mine" }`);
  });

  asyncTest(`${kind}.stats() tells how it is doing, in an object of its own`, () => {
    const primitive = make() as { stats(): object };
    const stats = primitive.stats();
    assertEquals(primitive.stats(), stats);
    assertEquals(primitive.stats() === stats, false);
  });
}

asyncTest("a guard shows nothing of its lock, and offers its release and a promise of itself", async () => {
  const lock = new Lock();
  const guards = [await lock.acquire(), new Semaphore(2).tryAcquire(2)!];
  for (const guard of guards) {
    assertEquals(membersOf(guard), ["Symbol(Symbol.dispose)", "granted", "release"]);
    assertEquals(Deno.inspect(guard, { colors: false, depth: 9 }).replace(/^\w+ /, ""), "{}");
    guard.release();
  }
});
