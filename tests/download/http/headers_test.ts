import { assertEquals } from "@std/assert";
import { parseChecksum } from "../../../lib/download/words/checksum.ts";
import { parseContentRange } from "../../../lib/download/http/answer.ts";
import { confirms, strongValidator } from "../../../lib/download/http/validator.ts";

Deno.test("parseContentRange() reads what makes sense, and nothing else", () => {
  assertEquals(parseContentRange("bytes 0-99/100"), { first: 0, last: 99, total: 100 });
  assertEquals(parseContentRange("Bytes  5-5/*"), { first: 5, last: 5, total: null });
  const nonsense = [
    null,
    "",
    "bytes */100",
    "bytes 5-4/100",
    "bytes 0-100/100",
    "bytes -1-5/9",
    "0-99/100",
    "lines 0-1/2",
  ];
  for (const header of nonsense) assertEquals(parseContentRange(header), undefined, String(header));
});

Deno.test("strongValidator() takes only what tells every version", () => {
  const find = (init: HeadersInit) => strongValidator(new Headers(init))?.value;
  const modified = "Sun, 22 Nov 2026 12:00:00 GMT";
  assertEquals(find({ etag: '"abc"' }), '"abc"');
  assertEquals(find({ etag: '""' }), '""');
  assertEquals(find({ etag: 'W/"abc"' }), undefined);
  assertEquals(find({ etag: "abc" }), undefined);
  assertEquals(find({ "last-modified": modified }), undefined);
  assertEquals(find({ "last-modified": modified, date: "Sun, 22 Nov 2026 12:00:59 GMT" }), undefined);
  assertEquals(find({ "last-modified": modified, date: "Sun, 22 Nov 2026 12:01:00 GMT" }), modified);
  assertEquals(find({ etag: 'W/"a"', "last-modified": modified, date: "Mon, 23 Nov 2026 12:01:00 GMT" }), modified);
});

Deno.test("confirms() trusts If-Range when an answer has no validator, and nothing when it has another", () => {
  const validator = { kind: "etag", value: '"a"' } as const;
  assertEquals(confirms(new Headers({ etag: '"a"' }), validator), true);
  assertEquals(confirms(new Headers(), validator), true);
  assertEquals(confirms(new Headers({ etag: '"b"' }), validator), false);
  assertEquals(confirms(new Headers({ etag: 'W/"a"' }), validator), false);
});

Deno.test("parseChecksum() reads an algorithm and as many digits as it has", () => {
  const hex = "0123456789abcdef".repeat(4);
  assertEquals(parseChecksum(`sha256:${hex}`), { algorithm: "sha256", hex });
  assertEquals(parseChecksum(` SHA-256=${hex.toUpperCase()} `), { algorithm: "sha256", hex });
  assertEquals(parseChecksum(`md5:${hex.slice(32)}`), { algorithm: "md5", hex: hex.slice(32) });
  for (
    const text of [
      "",
      hex.slice(1),
      `sha256:${hex}0`,
      `sha256:${hex.slice(1)}`,
      `crc32:${hex}`,
      `sha256:${"g".repeat(64)}`,
    ]
  ) {
    assertEquals(parseChecksum(text), undefined, text);
  }
});

Deno.test("parseChecksum() tells the algorithm of bare digits by their number, and reads Base64 as web pages have it", () => {
  const hex = "0123456789abcdef".repeat(8);
  for (
    const [algorithm, digits] of [["md5", 32], ["sha1", 40], ["sha256", 64], ["sha384", 96], ["sha512", 128]] as const
  ) {
    assertEquals(parseChecksum(hex.slice(0, digits).toUpperCase()), { algorithm, hex: hex.slice(0, digits) });
  }
  for (const [algorithm, digits] of [["sha256", 64], ["sha384", 96], ["sha512", 128]] as const) {
    const base64 = Uint8Array.fromHex(hex.slice(0, digits)).toBase64();
    assertEquals(parseChecksum(`${algorithm}-${base64}`), { algorithm, hex: hex.slice(0, digits) });
  }
  for (
    const text of ["sha256-", "sha256-abc", `sha1-${Uint8Array.fromHex(hex.slice(0, 40)).toBase64()}`, "sha256-%%%%"]
  ) {
    assertEquals(parseChecksum(text), undefined, text);
  }
});
