import { assert, assertEquals, assertRejects } from "@std/assert";
import { CancelledError, createTask, sleep } from "../../../mod.ts";
import { HostLimit, Schedule, type Slot } from "../../../lib/download/plan/schedule.ts";

/** Ask for slots in order, and note in which order they are given; each is held until it is given back. */
function requests(schedule: Schedule, hosts: string[]): { given: string[]; slots: Map<string, Slot> } {
  const given: string[] = [];
  const slots = new Map<string, Slot>();
  for (const name of hosts) {
    schedule.acquire(name[0]!).then((slot) => {
      given.push(name);
      slots.set(name, slot);
    });
  }
  return { given, slots };
}

Deno.test("Schedule serves the requests to one host in order", async () => {
  const { given, slots } = requests(new Schedule(10, 1), ["a1", "a2", "a3"]);
  await sleep(0);
  assertEquals(given, ["a1"]);
  slots.get("a1")![Symbol.dispose]();
  await sleep(0);
  assertEquals(given, ["a1", "a2"]);
});

Deno.test("Schedule gives no host more than its share, and holds up no other for it", async () => {
  const { given } = requests(new Schedule(4, 2), ["a1", "a2", "a3", "a4", "b1", "b2"]);
  await sleep(0);
  assertEquals(given, ["a1", "a2", "b1", "b2"]);
});

Deno.test("Schedule lets hosts take turns", async () => {
  const { given, slots } = requests(new Schedule(1, 1), ["a1", "a2", "a3", "b1", "b2"]);
  for (let i = 0; i < 4; i++) {
    await sleep(0);
    slots.get(given.at(-1)!)![Symbol.dispose]();
  }
  await sleep(0);
  // When the first was served there was no other host yet.
  assertEquals(given, ["a1", "a2", "b1", "a3", "b2"]);
});

Deno.test("Schedule gives a slot that is given back twice only once", async () => {
  const { given, slots } = requests(new Schedule(1, 1), ["a1", "a2", "a3"]);
  await sleep(0);
  const slot = slots.get("a1")!;
  slot[Symbol.dispose]();
  slot[Symbol.dispose]();
  await sleep(0);
  assertEquals(given, ["a1", "a2"]);
});

Deno.test("Schedule passes over a request that was cancelled while it waited", async () => {
  const schedule = new Schedule(1, 1);
  const held = await schedule.acquire("a");
  const task = createTask(() => schedule.acquire("a"), { eager: true });
  const { given } = requests(schedule, ["a2"]);
  task.cancel();
  await assertRejects(() => task, CancelledError);
  held[Symbol.dispose]();
  await sleep(0);
  assertEquals(given, ["a2"]);
});

Deno.test("Schedule leaves a host alone for as long as it says, and only that host", async () => {
  const schedule = new Schedule(4, 4);
  const start = performance.now();
  using slot = await schedule.acquire("a");
  slot.refused(30);
  // In this order: that host is asked for first, and given last.
  const { given, slots } = requests(schedule, ["a", "b"]);
  while (given.length < 2) await sleep(1);
  assertEquals(performance.now() - start >= 30, true);
  assertEquals(given, ["b", "a"]);
  for (const other of slots.values()) other[Symbol.dispose]();
  assertEquals(schedule.limitOf("a"), 2);
});

Deno.test("Schedule sets no timer for a host that nobody waits for", async () => {
  const schedule = new Schedule(1, 1);
  using slot = await schedule.acquire("a");
  slot.refused(60_000);
  slot[Symbol.dispose]();
  const task = createTask(() => schedule.acquire("a"), { eager: true });
  task.cancel();
  // The sanitizer finds a timer that is left.
  await assertRejects(() => task, CancelledError);
});

Deno.test("Schedule looks at no host that has nothing to wait for, however many there are", async () => {
  const hosts = Array.from({ length: 500 }, (_, i) => `h${i}`);
  const schedule = new Schedule(1000, 1);
  const held = await Promise.all(hosts.map((host) => schedule.acquire(host)));
  // One waits at each, for a request that is under way.
  const waiting = hosts.map((host) => schedule.acquire(host));
  let looks = 0;
  const { hasRoom } = HostLimit.prototype;
  HostLimit.prototype.hasRoom = function (now) {
    looks++;
    return hasRoom.call(this, now);
  };
  try {
    held[250]![Symbol.dispose]();
    await waiting[250];
  } finally {
    HostLimit.prototype.hasRoom = hasRoom;
  }
  assert(looks < 5, `${looks}`);
  for (const slot of held) slot[Symbol.dispose]();
  for (const slot of await Promise.all(waiting)) slot[Symbol.dispose]();
});
