import { assert, assertEquals } from "@std/assert";
import { download } from "../../lib/download/mod.ts";
import { type Behaviour, type RawRequest, type Reply, serveFaults } from "./faulty_server.ts";
import { assertBytes, bytesOf, makeFolder, recordText, serveFile, sha256 } from "./samples.ts";

const MIB = 1 << 20;
const PIECE = 16 * MIB;
/** Three pieces, the last of them a short one. */
const CONTENT = bytesOf(33 * MIB);

/** The ranges asked for, by number of their piece. */
function piecesIn(requests: readonly RawRequest[]): (number | string | null)[] {
  return requests.map(({ headers }) => {
    const range = headers.get("range");
    const [, first] = range?.match(/^bytes=(\d+)-\d+$/) ?? [];
    return first === undefined || Number(first) % PIECE !== 0 ? range : Number(first) / PIECE;
  });
}

/** Serve ranges so slowly that more connections are of use. */
const slowly: Behaviour = async (request, reply) => {
  await reply.pause(300);
  await serveFile(CONTENT, request, reply);
};

// These take most of a second each: whether splitting pays shows only when a connection is slow for a while.

Deno.test("download() fetches a large file over several connections when one is slow", async () => {
  await using server = serveFaults(async (request, reply) => {
    if (request.number === 0) {
      const body = CONTENT.subarray(0, PIECE);
      const range = `bytes 0-${PIECE - 1}/${CONTENT.length}`;
      await reply.head("206 Partial Content", { "content-length": PIECE, "content-range": range, etag: '"v1"' });
      await reply.body(body.subarray(0, PIECE - 1));
      await reply.pause(300);
      await reply.body(body.subarray(PIECE - 1));
    } else {
      await reply.pause(50);
      await serveFile(CONTENT, request, reply);
    }
  });
  await using folder = await makeFolder();
  const checksum = `sha256:${sha256(CONTENT)}`;
  const [result] = await download([{ url: `${server.origin}/a`, checksum }], { dir: folder.path, split: 4 });
  assert(result?.status === "complete", JSON.stringify(result));
  assertEquals(result.digest, checksum);
  assertEquals(folder.names(), ["a"]);
  assertEquals(piecesIn(server.requests).sort(), [0, 1, 2]);
  assertEquals(server.mostAtOnce, 2);
});

Deno.test("download() goes on with the pieces that are missing", async () => {
  await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  const url = `${server.origin}/a`;
  const part = CONTENT.slice();
  part.fill(0, PIECE, 2 * PIECE);
  await Deno.writeFile(`${folder.path}/a.part`, part);
  const { ino } = await Deno.stat(`${folder.path}/a.part`);
  const record = recordText({ ino, url, size: CONTENT.length, pieces: { size: PIECE, done: [0, 2] } });
  await Deno.writeTextFile(`${folder.path}/a.part.asyncio`, record);
  const [result] = await download([url], { dir: folder.path });
  assert(result?.status === "complete", JSON.stringify(result));
  assertEquals(result.resumed, 17 * MIB);
  assertEquals(piecesIn(server.requests), [1]);
  assertBytes(folder.read("a"), CONTENT);
});

Deno.test("download() keeps the pieces that have come when it breaks off, and goes on with the others", async () => {
  await using server = serveFaults((request, reply) =>
    serveFile(CONTENT, request, reply, request.number === 1 ? { cutAfter: 1000 } : {})
  );
  await using folder = await makeFolder();
  const [result] = await download([`${server.origin}/a`], { dir: folder.path, split: 2, retryDelay: 1 });
  assert(result?.status === "complete", JSON.stringify(result));
  assertEquals([result.attempts, result.resumed], [2, PIECE]);
  assertEquals(piecesIn(server.requests), [0, 1, 1, 2]);
  assertBytes(folder.read("a"), CONTENT);
});

Deno.test("download() starts over when a file changes between its pieces", async () => {
  const changed = bytesOf(33 * MIB, 2);
  await using server = serveFaults((request, reply) =>
    request.number === 0 ? serveFile(CONTENT, request, reply) : serveFile(changed, request, reply, { etag: '"v2"' })
  );
  await using folder = await makeFolder();
  const [result] = await download([`${server.origin}/a`], { dir: folder.path, split: 2, retryDelay: 1 });
  assert(result?.status === "complete", JSON.stringify(result));
  assertEquals(result.resumed, 0);
  assertBytes(folder.read("a"), changed);
});

/** What a server may answer with 200 where a piece was asked for, and which requests that takes. */
const PIECES_ANSWERED_200: [what: string, always: boolean, asked: (number | null)[], answer: Behaviour][] = [
  ["the whole file", false, [0, 1, 1, 2], (request, reply) => serveFile(CONTENT, request, reply, { ranges: false })],
  [
    "the whole file, always",
    true,
    [0, 1, 1],
    (request, reply) => serveFile(CONTENT, request, reply, { ranges: false }),
  ],
  ["the piece", true, [0, 1, 1, null], (_, reply) => answerPiece(reply, {})],
  [
    "the piece, with its range",
    true,
    [0, 1, 2],
    (_, reply) => answerPiece(reply, { "content-range": `bytes ${PIECE}-${2 * PIECE - 1}/${CONTENT.length}` }),
  ],
  ["the piece, of another version", true, [0, 1, 1, null], (_, reply) => answerPiece(reply, { etag: '"v2"' })],
  [
    "the piece, of another version, with its range",
    true,
    [0, 1, 1, null],
    (_, reply) =>
      answerPiece(reply, { etag: '"v2"', "content-range": `bytes ${PIECE}-${2 * PIECE - 1}/${CONTENT.length}` }),
  ],
  [
    "the piece, with the range of another one",
    true,
    [0, 1, 1, null],
    (_, reply) => answerPiece(reply, { "content-range": `bytes 0-${PIECE - 1}/${CONTENT.length}` }),
  ],
  ["the piece, without a tag", true, [0, 1, 1, null], (_, reply) => answerPiece(reply, { etag: "" })],
];

/** Answer with the second piece, as if it was the whole file. */
async function answerPiece(reply: Reply, headers: Record<string, string>): Promise<void> {
  const { etag, ...others } = { etag: '"v1"', ...headers };
  await reply.head("200 OK", { "content-length": PIECE, ...etag === "" ? {} : { etag }, ...others });
  await reply.body(CONTENT.subarray(PIECE, 2 * PIECE));
}

for (const [what, always, asked, answer] of PIECES_ANSWERED_200) {
  Deno.test(`download() joins no wrong piece, and gets the file all the same: one answered with 200 and ${what}`, async () => {
    let answered = 0;
    await using server = serveFaults((request, reply) =>
      request.headers.get("range")?.startsWith(`bytes=${PIECE}-`) && (always || answered++ === 0)
        ? answer(request, reply)
        : serveFile(CONTENT, request, reply)
    );
    await using folder = await makeFolder();
    // One connection at a time, so that the order of requests is certain.
    const options = { dir: folder.path, split: 2, perHost: 1, retryDelay: 1 };
    const [result] = await download([`${server.origin}/a`], options);
    assert(result?.status === "complete", JSON.stringify(result));
    assertBytes(folder.read("a"), CONTENT);
    assertEquals(piecesIn(server.requests), asked);
    assertEquals(folder.names(), ["a"]);
  });
}

Deno.test("download() does not split what it could not join", async () => {
  for (const serving of [{ ranges: false }, { etag: null }, { etag: 'W/"v1"' }]) {
    await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply, serving));
    await using folder = await makeFolder();
    const [result] = await download([`${server.origin}/a`], { dir: folder.path, split: 4 });
    assert(result?.status === "complete", JSON.stringify(result));
    assertBytes(folder.read("a"), CONTENT);
    assertEquals(piecesIn(server.requests), serving.ranges === false ? [0] : [0, null]);
  }
});

Deno.test("download() takes no first piece for the whole file, whatever its server calls it", async () => {
  for (const range of [{}, { "content-range": `bytes 0-${PIECE - 1}/${CONTENT.length}` }]) {
    await using server = serveFaults(async (request, reply) => {
      if (!request.headers.has("range")) return await serveFile(CONTENT, request, reply);
      await reply.head("200 OK", { "content-length": PIECE, etag: '"v1"', ...range });
      await reply.body(CONTENT.subarray(0, PIECE));
    });
    await using folder = await makeFolder();
    const [result] = await download([`${server.origin}/a`], { dir: folder.path, split: 4 });
    assert(result?.status === "complete", JSON.stringify(result));
    assertBytes(folder.read("a"), CONTENT);
    assertEquals(piecesIn(server.requests), [0, null]);
  }
});

Deno.test("download() takes a small file in one go, and an empty one too, though it may split", async () => {
  for (const content of [CONTENT.subarray(0, 1000), CONTENT.subarray(0, PIECE), new Uint8Array()]) {
    await using server = serveFaults((request, reply) => serveFile(content, request, reply));
    await using folder = await makeFolder();
    const [result] = await download([`${server.origin}/a`], { dir: folder.path, split: 4 });
    assert(result?.status === "complete", JSON.stringify(result));
    assertEquals(result.resumed, 0);
    assertBytes(folder.read("a"), content);
    assertEquals(piecesIn(server.requests), content.length === 0 ? [0, null] : [0]);
  }
});

Deno.test("download() gives the pieces of one file no more than the share of its host", async () => {
  await using server = serveFaults(slowly);
  await using folder = await makeFolder();
  const [result] = await download([`${server.origin}/a`], { dir: folder.path, split: 8, perHost: 1 });
  assertEquals(result?.status, "complete");
  assertEquals(server.mostAtOnce, 1);
});

Deno.test("download() refuses a file that is too large before its second piece", async () => {
  await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  const [result] = await download([`${server.origin}/a`], { dir: folder.path, split: 2, maxSize: 20 * MIB });
  assert(result?.status === "failed");
  assertEquals(result.error.kind, "size");
  assertEquals(server.requests.length, 1);
  assertEquals(folder.names(), []);
});
