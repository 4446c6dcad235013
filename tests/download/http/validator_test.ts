import { assertEquals } from "@std/assert";
import { ifRange, strongValidator } from "../../../lib/download/http/validator.ts";

const MODIFIED = "Sun, 22 Nov 2026 12:00:00 GMT";

const VALIDATORS: [what: string, headers: HeadersInit, kind: "etag" | "last-modified" | undefined][] = [
  ["a strong ETag", { etag: '"v1"' }, "etag"],
  ["a strong ETag with spaces around it", { etag: ' "v1" ' }, "etag"],
  ["a weak ETag", { etag: 'W/"v1"' }, undefined],
  ["an ETag without quotes", { etag: "v1" }, undefined],
  [
    "a Last-Modified of a minute ago",
    { "last-modified": MODIFIED, date: "Sun, 22 Nov 2026 12:01:00 GMT" },
    "last-modified",
  ],
  ["a Last-Modified of just now", { "last-modified": MODIFIED, date: "Sun, 22 Nov 2026 12:00:59 GMT" }, undefined],
  ["a Last-Modified of the future", { "last-modified": MODIFIED, date: "Sun, 22 Nov 2026 11:00:00 GMT" }, undefined],
  ["a Last-Modified without a Date", { "last-modified": MODIFIED }, undefined],
  ["a Last-Modified that is no date", { "last-modified": "yesterday", date: MODIFIED }, undefined],
  ["nothing", {}, undefined],
];

for (const [what, headers, kind] of VALIDATORS) {
  Deno.test(`strongValidator() of ${what} is ${kind ?? "none"}`, () => {
    assertEquals(strongValidator(new Headers(headers))?.kind, kind);
  });
}

Deno.test("ifRange() sends a validator back as it came", () => {
  for (const headers of [{ etag: '"v1"' }, { "last-modified": MODIFIED, date: "Sun, 22 Nov 2026 12:01:00 GMT" }]) {
    const [sent] = Object.values(headers);
    assertEquals(ifRange(strongValidator(new Headers(headers))!), ["if-range", sent]);
  }
});
