import { assert, assertEquals } from "@std/assert";
import { gather } from "../../../mod.ts";
import { BufferPool, RateLimit } from "../../../lib/download/http/receive.ts";

Deno.test("RateLimit shares so many bytes a second among all", async () => {
  const rate = new RateLimit(100_000);
  const start = performance.now();
  const spend = async () => {
    for (let i = 0; i < 4; i++) await rate.spend(500);
  };
  await gather(spend, spend);
  assert(performance.now() - start >= 40);
});

Deno.test("RateLimit takes small steps", () => {
  assertEquals(new RateLimit(80_000).piece, 10_000);
  assertEquals(new RateLimit(1).piece, 1);
  assertEquals(new RateLimit(Infinity).limited, false);
});

Deno.test("BufferPool gives small files small buffers, and large files large ones", () => {
  const pool = new BufferPool();
  assertEquals(pool.get(10, Infinity).byteLength, 1 << 16);
  assertEquals(pool.get(null, Infinity).byteLength, 1 << 18);
  assertEquals(pool.get(2 ** 40, Infinity).byteLength, 1 << 20);
  assertEquals(pool.get(2 ** 40, 1000).byteLength, 1000);
});

Deno.test("BufferPool gives a buffer again that was given back", () => {
  const pool = new BufferPool();
  const buffer = pool.get(10, Infinity);
  pool.put(buffer);
  assertEquals(pool.get(10, Infinity) === buffer, true);
  assertEquals(pool.get(10, Infinity) === buffer, false);
});
