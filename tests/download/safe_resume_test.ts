// What can be gone on with though the server, or the URL, is another one by now: when it is known to be safe.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { download, type DownloadRequest } from "../../lib/download/mod.ts";
import { type FaultyServer, serveFaults } from "./faulty_server.ts";
import { assertBytes, bytesOf, makeFolder, serveFile, type Serving, sha256 } from "./samples.ts";

const SIZE = 300_000;
const CUT = 120_000;
const CONTENT = bytesOf(SIZE);
const OTHER = bytesOf(SIZE, 2);
const checksum = `sha256:${sha256(CONTENT)}`;

/** The first byte of each range that was asked for; 0 for the whole file. */
function firstBytes({ requests }: FaultyServer): number[] {
  return requests.map(({ headers }) => Number(headers.get("range")?.match(/\d+/)?.[0] ?? 0));
}

const WEAK: Record<string, Serving> = {
  "a weak ETag": { etag: 'W/"v1"' },
  "a young Last-Modified": {
    etag: null,
    headers: { "last-modified": "Sun, 22 Nov 2026 12:00:00 GMT", date: "Sun, 22 Nov 2026 12:00:01 GMT" },
  },
  "nothing that tells versions apart": { etag: null },
};

for (const [what, serving] of Object.entries(WEAK)) {
  Deno.test(`download() goes on over ${what} when a checksum is given, in the same call and in a later one`, async () => {
    await using server = serveFaults((request, reply) =>
      serveFile(CONTENT, request, reply, { ...serving, cutAfter: request.number < 2 ? 100_000 : Infinity })
    );
    await using folder = await makeFolder();
    const request = { url: `${server.origin}/a`, checksum };
    const [failed] = await download([request], { dir: folder.path, retries: 0 });
    assertEquals(failed?.status === "failed" && failed.part, `${folder.path}/a.part`);
    const [result] = await download([request], { dir: folder.path, retryDelay: 1 });
    assert(result?.status === "complete", JSON.stringify(result));
    assertEquals(firstBytes(server), [0, 100_000, 200_000]);
    assertBytes(folder.read("a"), CONTENT);
    assertEquals(folder.names(), ["a"]);
  });
}

Deno.test("download() starts over from a part that only its checksum could tell, when none is given any more", async () => {
  await using server = serveFaults((request, reply) =>
    serveFile(CONTENT, request, reply, { etag: null, cutAfter: request.number === 0 ? CUT : Infinity })
  );
  await using folder = await makeFolder();
  await download([{ url: `${server.origin}/a`, checksum }], { dir: folder.path, retries: 0 });
  const [result] = await download([`${server.origin}/a`], { dir: folder.path });
  assert(result?.status === "complete");
  assertEquals([result.resumed, firstBytes(server), folder.names()], [0, [0, 0], ["a"]]);
});

Deno.test("download() starts over from a part of which some came without its version, when no checksum is given any more", async () => {
  await using server = serveFaults((request, reply) =>
    request.number === 1
      ? serveFile(OTHER, request, reply, { etag: null, cutAfter: 100_000 })
      : serveFile(CONTENT, request, reply, { cutAfter: request.number === 0 ? CUT : Infinity })
  );
  await using folder = await makeFolder();
  const url = `${server.origin}/a`;
  for (const request of [url, { url, checksum }]) await download([request], { dir: folder.path, retries: 0 });
  const [result] = await download([url], { dir: folder.path, retries: 0 });
  assert(result?.status === "complete", JSON.stringify(result));
  assertEquals(firstBytes(server), [0, CUT, 0]);
  assertBytes(folder.read("a"), CONTENT);
});

Deno.test("download() fetches a file once more from nothing when what was joined adds up wrong, though it may not retry", async () => {
  await using server = serveFaults((request, reply) =>
    request.number === 0
      ? serveFile(OTHER, request, reply, { etag: null, cutAfter: CUT })
      : serveFile(CONTENT, request, reply, { etag: null })
  );
  await using folder = await makeFolder();
  const request = { url: `${server.origin}/a`, checksum };
  await download([request], { dir: folder.path, retries: 0 });
  const [result] = await download([request], { dir: folder.path, retries: 0 });
  assert(result?.status === "complete", JSON.stringify(result));
  assertEquals([result.resumed, result.attempts, firstBytes(server)], [0, 2, [0, CUT, 0]]);
  assertBytes(folder.read("a"), CONTENT);
});

Deno.test("download() fetches a file only once more from nothing", async () => {
  await using server = serveFaults((request, reply) =>
    serveFile(OTHER, request, reply, { cutAfter: request.number === 0 ? CUT : Infinity })
  );
  await using folder = await makeFolder();
  const request = { url: `${server.origin}/a`, checksum };
  await download([request], { dir: folder.path, retries: 0 });
  const [result] = await download([request], { dir: folder.path, retries: 0 });
  assertEquals(result?.status === "failed" && result.error.kind, "checksum");
  assertEquals([firstBytes(server), folder.names()], [[0, CUT, 0], []]);
});

Deno.test("download() does not go on over a weak version that has changed", async () => {
  await using server = serveFaults((request, reply) =>
    request.number === 0
      ? serveFile(OTHER, request, reply, { etag: 'W/"v0"', cutAfter: CUT })
      : serveFile(CONTENT, request, reply, { etag: 'W/"v1"' })
  );
  await using folder = await makeFolder();
  const request = { url: `${server.origin}/a`, checksum };
  await download([request], { dir: folder.path, retries: 0 });
  const [result] = await download([request], { dir: folder.path });
  assert(result?.status === "complete");
  assertEquals([result.attempts, firstBytes(server)], [1, [0, CUT, 0]]);
});

Deno.test("download() goes on at the next mirror when a checksum is given", async () => {
  for (const etag of ['"v1"', '"of its own"', null]) {
    await using first = serveFaults((request, reply) =>
      request.number === 0 ? serveFile(CONTENT, request, reply, { cutAfter: CUT }) : reply.close()
    );
    await using second = serveFaults((request, reply) => serveFile(CONTENT, request, reply, { etag }));
    await using folder = await makeFolder();
    const request = { url: `${first.origin}/a`, mirrors: [`${second.origin}/b`], checksum };
    const [result] = await download([request], { dir: folder.path, retryDelay: 1 });
    assert(result?.status === "complete", JSON.stringify(result));
    assertEquals(firstBytes(second), [CUT]);
    assertBytes(folder.read("a"), CONTENT);
  }
});

Deno.test("download() does not go on at a mirror that has a file of another size", async () => {
  const longer = bytesOf(SIZE + 1);
  await using first = serveFaults((request, reply) =>
    request.number === 0 ? serveFile(OTHER, request, reply, { cutAfter: CUT }) : reply.close()
  );
  await using second = serveFaults((request, reply) => serveFile(longer, request, reply));
  await using folder = await makeFolder();
  const request = { url: `${first.origin}/a`, mirrors: [`${second.origin}/b`], checksum: `sha256:${sha256(longer)}` };
  const [result] = await download([request], { dir: folder.path, retryDelay: 1 });
  assert(result?.status === "complete", JSON.stringify(result));
  assertEquals([result.resumed, firstBytes(second)], [0, [CUT, 0]]);
});

Deno.test("download() goes on wherever it is redirected to, when a checksum is given", async () => {
  await using server = serveFaults((request, reply) =>
    request.path === "/a"
      ? reply.head("302 Found", { location: `/mirror${request.number}/a`, "content-length": 0 })
      : serveFile(CONTENT, request, reply, { cutAfter: 100_000 })
  );
  await using folder = await makeFolder();
  const [result] = await download([{ url: `${server.origin}/a`, checksum }], { dir: folder.path, retryDelay: 1 });
  assert(result?.status === "complete");
  assertEquals(server.sent, SIZE);
  assertBytes(folder.read("a"), CONTENT);
});

/** What is asked for after `old` has broken off, and from where on it is sent then. */
const LATER: Record<
  string,
  { old?: string; later: (origin: string) => DownloadRequest; sum?: boolean; first: number[] }
> = {
  "another signature": { later: (origin) => ({ url: `${origin}/a?X-Amz-Signature=2&X-Amz-Expires=9` }), first: [CUT] },
  "another query of the same file": { later: (origin) => ({ url: `${origin}/a?session=2` }), first: [CUT] },
  "another name in the query": { later: (origin) => ({ url: `${origin}/a?id=2`, name: "b" }), first: [0] },
  "another path": { later: (origin) => ({ url: `${origin}/b/a` }), first: [0] },
  "another path, and a checksum": { later: (origin) => ({ url: `${origin}/b/a`, checksum }), first: [CUT] },
  "another name, and the same checksum": {
    later: (origin) => ({ url: `${origin}/c`, checksum }),
    sum: true,
    first: [CUT],
  },
};

for (const [what, { later, sum, first }] of Object.entries(LATER)) {
  Deno.test(`download() asks from byte ${first} on after ${what}`, async () => {
    await using server = serveFaults((request, reply) =>
      serveFile(CONTENT, request, reply, { cutAfter: request.number === 0 ? CUT : Infinity })
    );
    await using folder = await makeFolder();
    const url = `${server.origin}/a?X-Amz-Signature=1`;
    await download([sum ? { url, checksum } : url], { dir: folder.path, retries: 0 });
    const [result] = await download([later(server.origin)], { dir: folder.path });
    assert(result?.status === "complete", JSON.stringify(result));
    assertEquals(firstBytes(server).slice(1), first);
    assertBytes(Deno.readFileSync(result.path), CONTENT);
    assertEquals(folder.names().length, first[0] === CUT ? 1 : 3);
  });
}

Deno.test("download() leaves the part of another file at the same place as it is", async () => {
  await using server = serveFaults((request, reply) =>
    request.path === "/a?id=1"
      ? serveFile(CONTENT, request, reply, { cutAfter: request.number === 0 ? CUT : Infinity })
      : serveFile(OTHER, request, reply, { etag: '"v2"' })
  );
  await using folder = await makeFolder();
  const urls = [2, 1].map((id) => `${server.origin}/a?id=${id}`);
  await download([urls[1]!], { dir: folder.path, retries: 0 });
  const [other] = await download([urls[0]!], { dir: folder.path });
  assert(other?.status === "complete");
  assertEquals([other.resumed, folder.names()], [0, ["a", "a.part", "a.part.asyncio"]]);
  assertBytes(folder.read("a"), OTHER);
  const results = await download(urls, { dir: folder.path });
  assertEquals(results.map((result) => result.status === "complete" && result.resumed), [0, CUT]);
  assertBytes(folder.read("a (2)"), CONTENT);
});

Deno.test("download() keeps no part of a signed URL whose file has changed", async () => {
  await using server = serveFaults((request, reply) =>
    request.number === 0
      ? serveFile(OTHER, request, reply, { cutAfter: CUT })
      : serveFile(CONTENT, request, reply, { etag: '"v2"' })
  );
  await using folder = await makeFolder();
  await download([`${server.origin}/a?sig=1`], { dir: folder.path, retries: 0 });
  await download([`${server.origin}/a?sig=2`], { dir: folder.path });
  assertEquals(folder.names(), ["a"]);
  assertBytes(folder.read("a"), CONTENT);
});

Deno.test("download() skips a file that is there only when it has the checksum that is asked for", async () => {
  await using server = serveFaults((request, reply) =>
    serveFile(CONTENT, request, reply, { headers: { "content-disposition": "attachment; filename=a" } })
  );
  await using folder = await makeFolder();
  for (const contentDisposition of [false, true]) {
    const run = () =>
      download([{ url: `${server.origin}/a`, checksum }], { dir: folder.path, existing: "skip", contentDisposition });
    await Deno.writeFile(`${folder.path}/a`, CONTENT);
    assertEquals((await run())[0]?.status, "skipped");
    await Deno.writeFile(`${folder.path}/a`, CONTENT.subarray(0, CUT));
    const [failed] = await run();
    assert(failed?.status === "failed");
    assertEquals(failed.error.kind, "checksum");
    assertMatch(
      failed.error.message,
      /^Cannot take .*a for the file as its sha256 digest must be \w{64}: current value is \w{64}$/,
    );
    assertEquals(folder.read("a").length, CUT);
  }
});
