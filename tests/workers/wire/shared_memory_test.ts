import { assertEquals } from "@std/assert";
import { BRIDGED, From, To } from "../../../lib/workers/wire/protocol.ts";
import { Layout, SharedMemory, Slot, SLOTS } from "../../../lib/workers/wire/shared_memory.ts";
import type { Wire } from "../../../lib/workers/inside/kit.ts";
import { workerMemory } from "../../../lib/workers/inside/memory.ts";

const WIRE: Wire = { To, From, Slot, Layout, BRIDGED };

Deno.test("a call in the shared memory reads as it was written", () => {
  const memory = new SharedMemory();
  const worker = workerMemory(WIRE, memory.buffer);
  const slot = memory.open();
  assertEquals(memory.store(slot, 2 ** 40, 7, [1.5, undefined, null, true]), true);
  assertEquals(worker.claim(slot), true);
  assertEquals(worker.call(slot), [0, 2 ** 40, 7, slot, [1.5, undefined, null, true]]);
});

Deno.test("a call that does not fit is not put into the shared memory", () => {
  const memory = new SharedMemory();
  const slot = memory.open();
  for (const args of [["text"], [{}], [1n], [1, 2, 3, 4, 5]]) assertEquals(memory.store(slot, 1, 1, args), false);
});

Deno.test("a result in the shared memory reads as it was written", () => {
  const memory = new SharedMemory();
  const worker = workerMemory(WIRE, memory.buffer);
  for (const value of [-0, NaN, undefined, null, false, true]) {
    const slot = memory.open();
    assertEquals(worker.claim(slot), true);
    assertEquals(worker.store(slot, value), true);
    assertEquals(memory.state(slot) >= Slot.UNDEFINED, true);
    assertEquals(memory.result(slot), value);
    memory.free(slot);
  }
});

const NUMBERS = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, -(2 ** 31) - 1, 2 ** 40, -0, 0.5, NaN, Infinity];

Deno.test("numbers in the shared memory read as they were written, with their sign, both ways", () => {
  const memory = new SharedMemory();
  const worker = workerMemory(WIRE, memory.buffer);
  for (const value of NUMBERS) {
    const slot = memory.open();
    assertEquals(memory.store(slot, 1, 1, [value, 7, value, 0.5]), true);
    assertEquals(worker.claim(slot), true);
    const args = worker.call(slot)[4];
    assertEquals(args.map((arg, at) => Object.is(arg, [value, 7, value, 0.5][at])), [true, true, true, true]);
    assertEquals(worker.store(slot, value), true);
    assertEquals(Object.is(memory.result(slot), value), true, `${value}`);
    memory.free(slot);
  }
});

Deno.test("whole numbers do not lie among doubles: what is computed from them would be compiled for doubles", () => {
  const memory = new SharedMemory();
  const worker = workerMemory(WIRE, memory.buffer);
  for (const value of NUMBERS) {
    const slot = memory.open();
    worker.claim(slot);
    worker.store(slot, value);
    assertEquals(memory.state(slot) === Slot.INTEGER, Object.is(value, value | 0), `${value}`);
    memory.free(slot);
  }
});

Deno.test("a slot is used again only when its call is over", () => {
  const memory = new SharedMemory();
  const first = memory.open();
  for (let n = 1; n < SLOTS; n++) memory.free(memory.open());
  assertEquals([memory.full, memory.open()], [true, -1]);
  memory.free(first);
  assertEquals([memory.full, memory.open()], [false, first]);
});

Deno.test("the slot of a call that was taken back is free when the worker has come across it", () => {
  const memory = new SharedMemory();
  const worker = workerMemory(WIRE, memory.buffer);
  const slot = memory.open();
  assertEquals(memory.takeBack(slot), true);
  for (let n = 1; n < SLOTS; n++) memory.free(memory.open());
  assertEquals(memory.full, true);
  assertEquals(worker.claim(slot), false);
  assertEquals(memory.full, false);
});

Deno.test("a call is either started or taken back", () => {
  const memory = new SharedMemory();
  const worker = workerMemory(WIRE, memory.buffer);
  const slot = memory.open();
  assertEquals([worker.claim(slot), memory.takeBack(slot)], [true, false]);
});

Deno.test("one number tells of slots that follow each other, also past the last", () => {
  const worker = workerMemory(WIRE, new SharedMemory().buffer);
  const visited: number[] = [];
  worker.each(3 * SLOTS + SLOTS - 1, (slot) => visited.push(slot));
  assertEquals(visited, [SLOTS - 1, 0, 1]);
});
