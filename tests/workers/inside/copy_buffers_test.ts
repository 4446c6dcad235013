import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { copyBuffers } from "../../../lib/workers/inside/cloning.ts";
import { runInWorker, WorkerPool } from "../../../mod.ts";

const MIB = 1 << 20;

Deno.test("copyBuffers() copies large buffers, and leaves what they were made of as it is", () => {
  const buffer = new Uint8Array(MIB).fill(7).buffer;
  const { values: [copy, five], transfer } = copyBuffers([buffer, 5])!;
  assertNotStrictEquals(copy, buffer);
  assertEquals([copy, five], [buffer, 5]);
  assertEquals(transfer, [copy]);
  structuredClone(null, { transfer });
  assertEquals(buffer.byteLength, MIB);
});

Deno.test("copyBuffers() keeps views where they are in their buffer, and one buffer one", () => {
  const buffer = new ArrayBuffer(2 * MIB);
  const numbers = new Float64Array(buffer, 16, 3).fill(1.5);
  const view = new DataView(buffer, 8, 32);
  const { values, transfer } = copyBuffers([numbers, buffer, view])!;
  const [first, second, third] = values as [Float64Array, ArrayBuffer, DataView];
  assertEquals([first.byteOffset, first.length, first[2]], [16, 3, 1.5]);
  assertEquals([third.byteOffset, third.byteLength, third.getFloat64(8, true)], [8, 32, 1.5]);
  assertStrictEquals(first.buffer, second);
  assertStrictEquals(third.buffer, second);
  assertEquals(transfer.length, 1);
});

class Subclass extends Uint8Array {}

for (
  const [what, make] of Object.entries<() => unknown[]>({
    "small buffers": () => [new ArrayBuffer(MIB - 1)],
    "one that an object might hold, too": () => [new ArrayBuffer(MIB), {}],
    "a subclass of a view": () => [new Subclass(new ArrayBuffer(MIB))],
    "a buffer that can grow": () => [new ArrayBuffer(MIB, { maxByteLength: 2 * MIB })],
    "shared memory": () => [new SharedArrayBuffer(MIB)],
    "a buffer that has changed hands": () => {
      const buffer = new ArrayBuffer(MIB);
      structuredClone(null, { transfer: [buffer] });
      return [buffer, new ArrayBuffer(MIB)];
    },
    "no buffers": () => ["text".repeat(MIB), 1, null],
  })
) {
  Deno.test(`copyBuffers() leaves ${what} to structured cloning`, () => {
    assertEquals(copyBuffers(make()), null);
  });
}

Deno.test("runInWorker() copies large buffers both ways", async () => {
  const sent = new Uint16Array(MIB).fill(3);
  const received = await runInWorker((numbers: Uint16Array) => numbers.map((n) => n + 1).subarray(2), [sent]);
  assertEquals([sent.length, sent[0]], [MIB, 3]);
  assertEquals([received.constructor, received.length, received[0]], [Uint16Array, MIB - 2, 4]);
});

Deno.test("WorkerPool.run() leaves a buffer with the worker that has returned it", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const returned = await pool.run(() => (globalThis as { kept?: Uint8Array }).kept = new Uint8Array(1 << 20));
  const kept = await pool.run(() => (globalThis as { kept?: Uint8Array }).kept!.length);
  assertEquals([returned.length, kept], [MIB, MIB]);
});

Deno.test("WorkerPool.run() hands over bytes as quickly as the buffer that they lie in, both ways", async () => {
  await using pool = new WorkerPool({ size: 1, backend: "thread" });
  await pool.run(() => 1);
  const started = performance.now();
  const bytes = new Uint8Array(16 << 20);
  assertEquals(await pool.run((bytes: Uint8Array) => bytes.length, [bytes]), bytes.length);
  assertEquals((await pool.run((length: number) => new Uint8Array(length), [bytes.length])).length, bytes.length);
  // Looked at one by one, they took 150 ms a MiB.
  assert(performance.now() - started < 1_500);
});
