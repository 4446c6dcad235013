import { assertEquals } from "@std/assert";
import { HostLimit } from "../../../lib/download/plan/schedule.ts";

Deno.test("HostLimit lets so many requests run, and no more", () => {
  const limit = new HostLimit(2);
  limit.start();
  assertEquals(limit.hasRoom(0), true);
  limit.start();
  assertEquals(limit.hasRoom(0), false);
  limit.end();
  assertEquals(limit.hasRoom(0), true);
});

Deno.test("HostLimit halves when a request is turned away, once for each burst, down to one", () => {
  const limit = new HostLimit(8);
  limit.refused(0, 10, 0);
  assertEquals(limit.limit, 4);
  // It was under way before the first timeoutMessage.
  limit.refused(5, 11, 0);
  assertEquals(limit.limit, 4);
  limit.refused(10, 20, 0);
  assertEquals(limit.limit, 2);
  limit.refused(20, 30, 0);
  limit.refused(30, 40, 0);
  assertEquals(limit.limit, 1);
});

Deno.test("HostLimit grows by one for each round that goes well, up to where it began", () => {
  const limit = new HostLimit(4);
  limit.refused(0, 10, 0);
  const limits = Array.from({ length: 12 }, () => {
    limit.succeeded();
    return limit.limit;
  });
  assertEquals(limits, [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]);
});

Deno.test("HostLimit is closed for as long as the longest wait that was asked for", () => {
  const limit = new HostLimit(4);
  limit.refused(0, 10, 100);
  limit.refused(0, 20, 50);
  assertEquals(limit.closedUntil, 110);
  assertEquals(limit.hasRoom(109), false);
  assertEquals(limit.hasRoom(110), true);
});
