import { assertEquals } from "@std/assert";
import { parseRetryAfter, waitAskedFor } from "../../lib/flow/retry_after.ts";

Deno.test("parseRetryAfter() reads seconds and dates", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  assertEquals(parseRetryAfter("120", now), 120_000);
  assertEquals(parseRetryAfter("0", now), 0);
  assertEquals(parseRetryAfter("Sun, 22 Nov 2026 12:00:30 GMT", now), 30_000);
  assertEquals(parseRetryAfter("Sunday, 22-Nov-26 12:00:30 GMT", now), 30_000);
  assertEquals(parseRetryAfter("Sun, 22 Nov 2026 11:00:00 GMT", now), 0);
  for (const header of [null, "", "-5", "soon", "2026"]) {
    assertEquals(parseRetryAfter(header, now), header === "2026" ? 2_026_000 : undefined, String(header));
  }
});

Deno.test("waitAskedFor() reads a date by the clock of the server, whatever our own says", () => {
  const wait = (init: HeadersInit) => waitAskedFor(new Headers(init));
  const date = "Sun, 22 Nov 2020 12:00:00 GMT";
  assertEquals(wait({ "retry-after": "Sun, 22 Nov 2020 12:00:30 GMT", date }), 30_000);
  assertEquals(wait({ "retry-after": "Sun, 22 Nov 2020 12:00:30 GMT" }), 0);
  assertEquals(wait({ "retry-after": "7", date }), 7000);
  assertEquals(wait({ date }), undefined);
});
