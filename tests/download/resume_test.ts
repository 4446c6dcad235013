import { assert, assertEquals } from "@std/assert";
import { download, type DownloadOptions, type DownloadResult } from "../../lib/download/mod.ts";
import { type Behaviour, type FaultyServer, serveFaults } from "./faulty_server.ts";
import { assertBytes, bytesOf, type Folder, makeFolder, recordText, serveFile, sha256 } from "./samples.ts";

const SIZE = 300_000;
const CUT = 120_000;
const OLD = bytesOf(SIZE, 1);
const NEW = bytesOf(SIZE, 2);

/** A second run over what a first one has left. */
interface SecondRun {
  readonly result: DownloadResult;
  readonly server: FaultyServer;
  readonly folder: Folder;
  /** What was asked for after the first run. */
  readonly ranges: (string | null)[];
  /** Bytes that were sent after the first run. */
  readonly sent: number;
}

/** Have a first run broken off after `CUT` bytes of the old version, and let `second` answer the next one. */
async function runTwice(
  second: Behaviour,
  check: (run: SecondRun) => void | Promise<void>,
  { first = {}, ...options }: DownloadOptions & { first?: Record<string, string> } = {},
): Promise<void> {
  let runs = 1;
  await using server = serveFaults((request, reply) => {
    if (runs === 2) return second(request, reply);
    const { etag = '"v1"', ...headers } = first;
    return serveFile(OLD, request, reply, { cutAfter: CUT, etag: etag === "" ? null : etag, headers });
  });
  await using folder = await makeFolder();
  const url = `${server.origin}/a.bin`;
  const [broken] = await download([url], { dir: folder.path, retries: 0 });
  assertEquals(broken?.status, "failed");
  runs = 2;
  const { sent, requests: { length } } = server;
  const [result] = await download([{ url, checksum: options.digest && `sha256:${sha256(NEW)}` }], {
    dir: folder.path,
    retries: 2,
    retryDelay: 1,
    ...options,
  });
  const ranges = server.requests.slice(length).map(({ headers }) => headers.get("range"));
  await check({ result: result!, server, folder, ranges, sent: server.sent - sent });
}

function serve(content: Uint8Array, serving?: Parameters<typeof serveFile>[3]): Behaviour {
  return (request, reply) => serveFile(content, request, reply, serving);
}

/** Answer a request for a range with this head and body; serve the new version otherwise. */
function answerRange(
  headers: Record<string, string | number>,
  body: Uint8Array,
  status = "206 Partial Content",
): Behaviour {
  return async (request, reply) => {
    if (!request.headers.has("range")) return await serveFile(NEW, request, reply, { etag: '"v2"' });
    await reply.head(status, { "content-length": body.length, ...headers });
    await reply.body(body);
  };
}

/** It went on where the first run was broken off. */
function assertResumed({ result, folder, ranges, sent }: SecondRun): void {
  assert(result.status === "complete", JSON.stringify(result));
  assertEquals(folder.names(), ["a.bin"]);
  assertBytes(folder.read("a.bin"), OLD);
  assertEquals(result.resumed, CUT);
  assertEquals(ranges, [`bytes=${CUT}-`]);
  assertEquals(sent, SIZE - CUT);
}

/** It fetched the new version, all of it. */
function assertStartedOver({ result, folder }: SecondRun): void {
  assert(result.status === "complete", JSON.stringify(result));
  assertEquals(folder.names(), ["a.bin"]);
  assertBytes(folder.read("a.bin"), NEW);
  assertEquals(result.resumed, 0);
}

Deno.test("download() goes on where an earlier run stopped, and fetches only the rest", () =>
  runTwice(serve(OLD), assertResumed));

Deno.test("download() sends the validator of what it has", () =>
  runTwice(serve(OLD), ({ server }) => assertEquals(server.requests.at(-1)!.headers.get("if-range"), '"v1"')));

Deno.test("download() goes on by Last-Modified when that is old enough", () => {
  const headers = { "last-modified": "Sun, 22 Nov 2026 12:00:00 GMT", date: "Sun, 22 Nov 2026 13:00:00 GMT" };
  return runTwice(serve(OLD, { etag: null, headers }), assertResumed, { first: { etag: "", ...headers } });
});

Deno.test("download() goes on with a range that its server calls the whole file, where every word of it fits", () =>
  runTwice(
    answerRange({ "content-range": `bytes ${CUT}-${SIZE - 1}/${SIZE}`, etag: '"v1"' }, OLD.subarray(CUT), "200 OK"),
    assertResumed,
  ));

Deno.test("download() adds up what was there with what comes", async () => {
  let runs = 1;
  await using server = serveFaults((request, reply) =>
    serveFile(OLD, request, reply, runs === 1 ? { cutAfter: CUT } : {})
  );
  await using folder = await makeFolder();
  const request = { url: `${server.origin}/a`, checksum: `sha256:${sha256(OLD)}` };
  await download([request], { dir: folder.path, retries: 0 });
  runs = 2;
  const [result] = await download([request], { dir: folder.path });
  assert(result?.status === "complete");
  assertEquals(result.resumed, CUT);
  assertEquals(result.digest, request.checksum);
});

const CHANGES: Record<string, Behaviour> = {
  "the ETag has changed, and the server knows If-Range": serve(NEW, { etag: '"v2"' }),
  "the server ignores ranges": serve(NEW, { ranges: false }),
  "the server ignores If-Range, and sends another ETag": answerRange(
    { "content-range": `bytes ${CUT}-${SIZE - 1}/${SIZE}`, etag: '"v2"' },
    NEW.subarray(CUT),
  ),
  "the ETag is weak now": answerRange(
    { "content-range": `bytes ${CUT}-${SIZE - 1}/${SIZE}`, etag: 'W/"v1"' },
    NEW.subarray(CUT),
  ),
  "the range is shifted forwards": answerRange(
    { "content-range": `bytes ${CUT + 1}-${SIZE - 1}/${SIZE}`, etag: '"v1"' },
    OLD.subarray(CUT + 1),
  ),
  "the range is shifted backwards": answerRange(
    { "content-range": `bytes ${CUT - 1}-${SIZE - 1}/${SIZE}`, etag: '"v1"' },
    OLD.subarray(CUT - 1),
  ),
  "the range ends early, and nothing is said of the size": answerRange(
    { "content-range": `bytes ${CUT}-${SIZE - 2}/*`, etag: '"v1"' },
    OLD.subarray(CUT, SIZE - 1),
  ),
  "the range ends early": answerRange(
    { "content-range": `bytes ${CUT}-${SIZE - 2}/${SIZE}`, etag: '"v1"' },
    OLD.subarray(CUT, SIZE - 1),
  ),
  "the size has changed": answerRange(
    { "content-range": `bytes ${CUT}-${SIZE}/${SIZE + 1}`, etag: '"v1"' },
    bytesOf(SIZE + 1 - CUT),
  ),
  "the range is not as long as it says": answerRange(
    { "content-range": `bytes ${CUT}-${SIZE - 1}/${SIZE}`, etag: '"v1"' },
    OLD.subarray(CUT, SIZE - 10),
  ),
  "the range comes in another encoding, under the same ETag": answerRange(
    { "content-range": `bytes ${CUT}-${SIZE - 1}/${SIZE}`, etag: '"v1"', "content-encoding": "gzip" },
    OLD.subarray(CUT),
  ),
  "there is no Content-Range": answerRange({ etag: '"v1"' }, OLD.subarray(CUT)),
  "the Content-Range is nonsense": answerRange({ "content-range": "bytes all/some" }, OLD.subarray(CUT)),
  "the server does not say of which version the range is": answerRange(
    { "content-range": `bytes ${CUT}-${SIZE - 1}/${SIZE}` },
    NEW.subarray(CUT),
  ),
  "the range comes as if it were the whole file (200), with another size": answerRange(
    { "content-range": `bytes ${CUT}-${SIZE - 1}/${SIZE + 1}`, etag: '"v1"' },
    OLD.subarray(CUT),
    "200 OK",
  ),
  "the range comes as if it were the whole file (200), without its version": answerRange(
    { "content-range": `bytes ${CUT}-${SIZE - 1}/${SIZE}` },
    OLD.subarray(CUT),
    "200 OK",
  ),
  "the range comes as if it were the whole file (203)": answerRange(
    { "content-range": `bytes ${CUT}-${SIZE - 1}/*` },
    OLD.subarray(CUT),
    "203 Non-Authoritative Information",
  ),
  "the range comes as if it were the whole file, and nothing says that it is one": answerRange(
    {},
    OLD.subarray(CUT),
    "200 OK",
  ),
  "the range comes as if it were the whole file of that version": answerRange(
    { etag: '"v1"' },
    OLD.subarray(CUT),
    "200 OK",
  ),
  "the range comes as if it were the whole file, in chunks": async (request, reply) => {
    if (!request.headers.has("range")) return await serveFile(NEW, request, reply, { etag: '"v2"' });
    await reply.head("200 OK", { "transfer-encoding": "chunked", etag: '"v1"' });
    for (const chunk of [OLD.subarray(CUT), new Uint8Array()]) await reply.chunk(chunk);
  },
  "several ranges come": answerRange({ "content-type": "multipart/byteranges; boundary=x" }, OLD.subarray(CUT)),
  "the range is not there (416)": answerRange({ "content-range": "bytes */5" }, new Uint8Array(), "416 No"),
  "it comes from another place": async (request, reply) => {
    if (request.path === "/a.bin") {
      await reply.head("302 Found", { location: "/mirror/a.bin", "content-length": 0 });
    } else {await answerRange(
        { "content-range": `bytes ${CUT}-${SIZE - 1}/${SIZE}`, etag: '"v1"' },
        OLD.subarray(CUT),
      )(request, reply);}
  },
};

for (const [change, second] of Object.entries(CHANGES)) {
  Deno.test(`download() starts over rather than splice when ${change}`, () => runTwice(second, assertStartedOver));
}

Deno.test("download() asks again before it believes that the same version has another length", async () => {
  for (const digest of [undefined, "sha256"] as const) {
    let runs = 1;
    let plain = 0;
    await using server = serveFaults(async (request, reply) => {
      if (runs === 1) return await serveFile(OLD, request, reply, { cutAfter: CUT });
      // A cache that holds what came of a broken connection, until somebody asks twice.
      const content = request.headers.has("range") || plain++ === 0 ? OLD.subarray(0, CUT + 1) : OLD;
      await reply.head("200 OK", { "content-length": content.length, etag: '"v1"' });
      await reply.body(content);
    });
    await using folder = await makeFolder();
    const url = `${server.origin}/a.bin`;
    await download([url], { dir: folder.path, retries: 0 });
    runs = 2;
    const [result] = await download([url], { dir: folder.path, retryDelay: 1, digest });
    assert(result?.status === "complete", JSON.stringify(result));
    assertBytes(folder.read("a.bin"), OLD);
  }
});

Deno.test("download() holds an answer that tells no length to the one of its version", async () => {
  let runs = 1;
  await using server = serveFaults(async (request, reply) => {
    if (runs === 1) return await serveFile(OLD, request, reply, { cutAfter: CUT });
    if (request.number > 3) return await serveFile(OLD, request, reply);
    await reply.head("200 OK", { etag: '"v1"' });
    await reply.body(OLD.subarray(0, CUT + 1));
    reply.close();
  });
  await using folder = await makeFolder();
  const url = `${server.origin}/a.bin`;
  await download([url], { dir: folder.path, retries: 0 });
  runs = 2;
  const [result] = await download([url], { dir: folder.path, retryDelay: 1 });
  assert(result?.status === "complete", JSON.stringify(result));
  assertBytes(folder.read("a.bin"), OLD);
});

Deno.test("download() goes on with a range whose server does not say how many bytes there are in all", () =>
  runTwice(
    answerRange({ "content-range": `bytes ${CUT}-${SIZE - 1}/*`, etag: '"v1"' }, OLD.subarray(CUT)),
    ({ result, folder }) => {
      assert(result.status === "complete");
      assertEquals(result.resumed, CUT);
      assertBytes(folder.read("a.bin"), OLD);
    },
  ));

Deno.test("download() starts over where nobody has ever said how large the file is: its end could be missing", async () => {
  let runs = 1;
  await using server = serveFaults(async (request, reply) => {
    if (runs === 2 && !request.headers.has("range")) return await serveFile(NEW, request, reply);
    if (runs === 2) {
      const headers = { "content-length": 1000, "content-range": `bytes ${CUT}-${CUT + 999}/*`, etag: '"v1"' };
      await reply.head("206 Partial Content", headers);
      return await reply.body(OLD.subarray(CUT, CUT + 1000));
    }
    await reply.head("200 OK", { "transfer-encoding": "chunked", etag: '"v1"' });
    await reply.chunk(OLD.subarray(0, CUT));
    reply.close();
  });
  await using folder = await makeFolder();
  const url = `${server.origin}/a`;
  await download([url], { dir: folder.path, retries: 0 });
  runs = 2;
  const [result] = await download([url], { dir: folder.path, retries: 0 });
  assert(result?.status === "complete");
  assertEquals([result.resumed, server.requests.length], [0, 3]);
  assertBytes(folder.read("a"), NEW);
});

Deno.test("download() goes on at a place whose query has changed", async () => {
  let signature = 0;
  await using server = serveFaults(async (request, reply) => {
    if (request.path === "/a.bin") {
      await reply.head("302 Found", { location: `/store/a.bin?signature=${++signature}`, "content-length": 0 });
    } else await serveFile(OLD, request, reply, signature === 1 ? { cutAfter: CUT } : {});
  });
  await using folder = await makeFolder();
  const [result] = await download([`${server.origin}/a.bin`], { dir: folder.path, retryDelay: 1 });
  assert(result?.status === "complete");
  assertEquals(result.resumed, CUT);
  assertEquals(result.finalUrl, `${server.origin}/store/a.bin?signature=2`);
  assertBytes(folder.read("a.bin"), OLD);
});

Deno.test("download() starts over when a rest that looked right adds up wrong", () =>
  runTwice(
    // The server has changed the file under the same ETag: nothing but a checksum can tell.
    (request, reply) => serveFile(NEW, request, reply),
    assertStartedOver,
    { digest: "sha256" },
  ));

Deno.test("download() keeps nothing of a file without a strong validator, and starts over", () =>
  runTwice(serve(NEW, { etag: 'W/"v1"' }), (run) => {
    assertStartedOver(run);
    assertEquals(run.ranges, [null]);
  }, { first: { etag: 'W/"v1"' } }));

Deno.test("download() starts over when told not to resume", () =>
  runTwice(serve(NEW), (run) => {
    assertStartedOver(run);
    assertEquals(run.ranges, [null]);
  }, { resume: false }));

Deno.test("download() asks for the last byte of a part that is all there", async () => {
  await using server = serveFaults((request, reply) => serveFile(OLD, request, reply));
  await using folder = await makeFolder();
  const url = `${server.origin}/a.bin`;
  await Deno.writeFile(`${folder.path}/a.bin.part`, OLD);
  await writeRecord(folder, url, { size: SIZE });
  const [result] = await download([url], { dir: folder.path });
  assertEquals(result?.status, "complete");
  assertEquals(folder.names(), ["a.bin"]);
  assertBytes(folder.read("a.bin"), OLD);
  assertEquals(server.requests.map(({ headers }) => headers.get("range")), [`bytes=${SIZE - 1}-`]);
});

Deno.test("download() starts over from a part that is longer than the file", async () => {
  await using server = serveFaults((request, reply) => serveFile(OLD, request, reply));
  await using folder = await makeFolder();
  const url = `${server.origin}/a.bin`;
  await Deno.writeFile(`${folder.path}/a.bin.part`, new Uint8Array(SIZE + 50));
  await writeRecord(folder, url, { size: SIZE });
  const [result] = await download([url], { dir: folder.path });
  assertEquals(result?.status, "complete");
  assertBytes(folder.read("a.bin"), OLD);
  assertEquals(server.requests.map(({ headers }) => headers.get("range")), [null]);
});

Deno.test("download() starts over when another program has cut its part between two attempts", async () => {
  await using server = serveFaults((request, reply) =>
    serveFile(OLD, request, reply, { cutAfter: request.number === 0 ? CUT : Infinity })
  );
  await using folder = await makeFolder();
  const [result] = await download([`${server.origin}/a.bin`], {
    dir: folder.path,
    retryDelay: 1,
    onEvent: ({ type }) => type === "retry" && Deno.truncateSync(`${folder.path}/a.bin.part`, CUT / 2),
  });
  assertEquals(result?.status, "complete");
  assertBytes(folder.read("a.bin"), OLD);
  assertEquals(server.requests.map(({ headers }) => headers.get("range")), [null, null]);
});

Deno.test("download() gives a part that another program has written to no name, and fetches the file anew", async () => {
  await using server = serveFaults(async (request, reply) => {
    await reply.head("200 OK", { "content-length": SIZE, etag: '"v1"' });
    await reply.body(OLD.subarray(0, CUT));
    if (request.number === 0) {
      while (!folder.names().includes("a.bin.part")) await reply.pause(5);
      await Deno.truncate(`${folder.path}/a.bin.part`, SIZE + 50);
    }
    await reply.body(OLD.subarray(CUT));
  });
  await using folder = await makeFolder();
  const [result] = await download([`${server.origin}/a.bin`], { dir: folder.path, retryDelay: 1, digest: "sha256" });
  assert(result?.status === "complete", JSON.stringify(result));
  assertEquals([result.attempts, folder.names()], [2, ["a.bin"]]);
  assertBytes(folder.read("a.bin"), OLD);
});

Deno.test("download() leaves alone a part that is not its own", async () => {
  const records: ((folder: Folder, url: string) => string | null)[] = [
    () => null,
    () => "{ broken",
    () => JSON.stringify({ version: 2 }),
    (folder) => recordOf(folder, "http://127.0.0.1:1/other", {}),
    (folder, url) => recordOf(folder, url, { format: "another's" }),
    (folder, url) => recordOf(folder, url, { version: 1 }),
    // Of a file that was in this place before.
    (folder, url) => recordOf(folder, url, { ino: 1 }),
  ];
  for (const makeRecord of records) {
    await using server = serveFaults((request, reply) => serveFile(OLD, request, reply));
    await using folder = await makeFolder();
    const url = `${server.origin}/a.bin`;
    await Deno.writeTextFile(`${folder.path}/a.bin.part`, "somebody else's");
    const record = makeRecord(folder, url);
    if (record !== null) await Deno.writeTextFile(`${folder.path}/a.bin.part.asyncio`, record);
    const [result] = await download([url], { dir: folder.path });
    if (record !== null) assertEquals(await Deno.readTextFile(`${folder.path}/a.bin.part.asyncio`), record);
    assertEquals(result?.status, "complete");
    assertBytes(folder.read("a.bin"), OLD);
    assertEquals(await Deno.readTextFile(`${folder.path}/a.bin.part`), "somebody else's");
  }
});

Deno.test("download() does not touch a part that is in use", async () => {
  await using server = serveFaults((request, reply) => serveFile(OLD, request, reply));
  await using folder = await makeFolder();
  const url = `${server.origin}/a.bin`;
  await Deno.writeFile(`${folder.path}/a.bin.part`, OLD.subarray(0, CUT));
  await writeRecord(folder, url, { size: SIZE });
  using other = await Deno.open(`${folder.path}/a.bin.part`, { write: true });
  await other.lock(true);
  const [result] = await download([url], { dir: folder.path });
  assertEquals(result?.status, "complete");
  assertEquals(folder.names(), ["a.bin", "a.bin.part", "a.bin.part.asyncio"]);
  assertEquals(folder.read("a.bin.part").length, CUT);
});

Deno.test("download() follows no link that lies where its part should be", async () => {
  await using server = serveFaults((request, reply) => serveFile(OLD, request, reply, { cutAfter: CUT }));
  await using folder = await makeFolder();
  await using outside = await makeFolder();
  const url = `${server.origin}/a.bin`;
  await Deno.writeTextFile(`${outside.path}/precious`, "");
  await Deno.symlink(`${outside.path}/precious`, `${folder.path}/a.bin.part`);
  await Deno.symlink(`${outside.path}/nowhere`, `${folder.path}/a.bin.part.asyncio`);
  await download([url], { dir: folder.path, retries: 0 });
  assertEquals(outside.names(), ["precious"]);
  assertEquals(await Deno.readTextFile(`${outside.path}/precious`), "");
  assertEquals(folder.read("a (1).bin.part").length, CUT);
});

async function writeRecord(folder: Folder, url: string, changes: Record<string, unknown>): Promise<void> {
  await Deno.writeTextFile(`${folder.path}/a.bin.part.asyncio`, recordOf(folder, url, changes));
}

function recordOf(folder: Folder, url: string, changes: Record<string, unknown>): string {
  const { ino } = Deno.statSync(`${folder.path}/a.bin.part`);
  return recordText({ ino, url, size: SIZE, ...changes });
}
