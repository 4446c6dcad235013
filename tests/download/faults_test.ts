// Each fault with its outcome: the right file or a clear error, never a wrong file, never a hang.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { download, type DownloadErrorKind, type DownloadOptions } from "../../lib/download/mod.ts";
import { type Behaviour, serveFaults } from "./faulty_server.ts";
import { serveResets } from "./resetting_server.ts";
import { assertBytes, bytesOf, makeFolder, serveFile } from "./samples.ts";

const SIZE = 150_000;
const CONTENT = bytesOf(SIZE);
const HALF = CONTENT.subarray(0, 100_000);
const NONE = new Uint8Array();

/** A server that does this, every time; what becomes of the file; and how it was asked for. */
interface Fault {
  readonly behave: Behaviour;
  /** The right file, or what kind of error, and how it is told. */
  readonly outcome: "right" | [kind: DownloadErrorKind, message: RegExp];
  /** How many attempts it takes; three are made at most. */
  readonly attempts: number;
  readonly options?: DownloadOptions;
  /** What is left when it fails. */
  readonly left?: string[];
}

/** Misbehave in the first request only. */
function once(behave: Behaviour): Behaviour {
  return (request, reply) =>
    request.number === 0 ? behave(request, reply) : serveFile(CONTENT, request, reply, { etag: null });
}

const KEPT = ["file.bin.part", "file.bin.part.asyncio"];

const cutShort: Behaviour = async (_request, reply) => {
  await reply.head("200 OK", { "content-length": SIZE });
  await reply.body(HALF);
  reply.close();
};

const chunkedWithoutEnd: Behaviour = async (_request, reply) => {
  await reply.head("200 OK", { "transfer-encoding": "chunked" });
  await reply.chunk(HALF);
  reply.close();
};

/** A head as its lines are; to be sent raw. */
function head(...lines: string[]): Uint8Array {
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
}

function status(line: string, headers: Record<string, string> = {}): Behaviour {
  return (_request, reply) => reply.head(line, { "content-length": 0, ...headers });
}

function redirect(location: string): Behaviour {
  return status("302 Found", { location });
}

const FAULTS: Record<string, Fault> = {
  "a connection that is closed in the body, once": { behave: once(cutShort), outcome: "right", attempts: 2 },
  "a connection that is closed in the body": {
    behave: cutShort,
    outcome: ["network", /connection|body/],
    attempts: 3,
  },
  "a connection that is closed in the body, every time, but going on": {
    behave: (request, reply) => serveFile(CONTENT, request, reply, { cutAfter: 60_000 }),
    outcome: "right",
    attempts: 3,
  },
  "a connection that is closed in the body, and what came can be gone on with": {
    behave: (request, reply) => serveFile(CONTENT, request, reply, { cutAfter: 100_000, ranges: false }),
    outcome: ["network", /connection|body/],
    attempts: 3,
    left: KEPT,
  },
  "a connection that is closed before the answer, once": {
    behave: once((_request, reply) => reply.close()),
    outcome: "right",
    attempts: 2,
  },
  "a connection that is closed before the answer": {
    behave: (_request, reply) => reply.close(),
    outcome: ["network", /Cannot reach 127\.0\.0\.1:\d+: connection closed/],
    attempts: 3,
  },
  "chunks without a last one, once": { behave: once(chunkedWithoutEnd), outcome: "right", attempts: 2 },
  "chunks without a last one": { behave: chunkedWithoutEnd, outcome: ["network", /body/], attempts: 3 },
  "chunks that are none": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "transfer-encoding": "chunked" });
      await reply.raw(new TextEncoder().encode("zz\r\nhello\r\n"));
      reply.close();
    },
    outcome: ["network", /body/],
    attempts: 3,
  },
  "chunks, all of them": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "transfer-encoding": "chunked" });
      for (const part of [HALF, CONTENT.subarray(HALF.length), NONE]) await reply.chunk(part);
    },
    outcome: "right",
    attempts: 1,
  },
  "chunks beside a length that is a lie": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "content-length": 5, "transfer-encoding": "chunked" });
      for (const part of [CONTENT, NONE]) await reply.chunk(part);
    },
    outcome: "right",
    attempts: 1,
  },
  "no length, and the end of the connection for the end of the file": {
    async behave(_request, reply) {
      await reply.head("200 OK");
      await reply.body(CONTENT);
      reply.close();
    },
    outcome: "right",
    attempts: 1,
  },
  "more bytes than announced": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "content-length": SIZE });
      await reply.body(CONTENT);
      await reply.body(HALF);
      reply.close();
    },
    outcome: "right",
    attempts: 1,
  },
  "an answer that is no HTTP": {
    async behave(_request, reply) {
      await reply.raw(new TextEncoder().encode("SSH-2.0-OpenSSH_9.9\r\n\r\n"));
      reply.close();
    },
    outcome: ["network", /HTTP/],
    attempts: 3,
  },
  "two lengths": {
    async behave(_request, reply) {
      await reply.raw(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"));
      reply.close();
    },
    outcome: ["network", /content-length/],
    attempts: 3,
  },
  "one length, sent twice": {
    async behave(_request, reply) {
      await reply.raw(head(`HTTP/1.1 200 OK`, `Content-Length: ${SIZE}`, `Content-Length: ${SIZE}`));
      await reply.body(CONTENT);
    },
    outcome: "right",
    attempts: 1,
  },
  "one length, sent as a list": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "content-length": `${SIZE}, ${SIZE}` });
      await reply.body(CONTENT);
    },
    outcome: "right",
    attempts: 1,
  },
  "a hundred lines of head": {
    async behave(_request, reply) {
      await reply.raw(head("HTTP/1.1 200 OK", `Content-Length: ${SIZE}`, ...Array(99).fill("Set-Cookie: a=b")));
      await reply.body(CONTENT);
    },
    outcome: "right",
    attempts: 1,
  },
  "more lines of head than the platform reads": {
    behave: (_request, reply) =>
      reply.raw(head("HTTP/1.1 200 OK", "Content-Length: 0", ...Array(120).fill("Set-Cookie: a=b"))),
    outcome: ["answer", /^The head of the answer has more than 100 lines, or 400 KiB/],
    attempts: 1,
  },
  "a length below zero": {
    behave: (_request, reply) => reply.head("200 OK", { "content-length": -1 }),
    outcome: ["network", /content-length/],
    attempts: 3,
  },
  "an empty file": {
    behave: (_request, reply) => reply.head("200 OK", { "content-length": 0 }),
    outcome: "right",
    attempts: 1,
  },
  "silence instead of an answer": {
    behave: (_request, reply) => reply.stall(),
    outcome: ["timeout", /^No answer came within 30 ms$/],
    attempts: 3,
    options: { connectTimeout: 30 },
  },
  "silence instead of an answer, once": {
    behave: once((_request, reply) => reply.stall()),
    outcome: "right",
    attempts: 2,
    options: { connectTimeout: 100 },
  },
  "half a head, and silence": {
    async behave(_request, reply) {
      await reply.raw(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Le"));
      await reply.stall();
    },
    outcome: ["timeout", /^No answer came within 30 ms$/],
    attempts: 3,
    options: { connectTimeout: 30 },
  },
  "silence in the body": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "content-length": SIZE });
      await reply.body(HALF);
      await reply.stall();
    },
    outcome: ["timeout", /^No data came for 30 ms$/],
    attempts: 3,
    options: { idleTimeout: 30 },
  },
  "silence in the body, once": {
    behave: once(async (_request, reply) => {
      await reply.head("200 OK", { "content-length": SIZE });
      await reply.body(HALF);
      await reply.stall();
    }),
    outcome: "right",
    attempts: 2,
    options: { idleTimeout: 100 },
  },
  "drops that never end": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "content-length": SIZE });
      for (let i = 0; i < SIZE && reply.open; i++) {
        await reply.body(CONTENT.subarray(i, i + 1));
        await reply.pause(5);
      }
    },
    outcome: ["timeout", /^The file did not come within 60 ms$/],
    attempts: 1,
    options: { idleTimeout: 1000, timeout: 60 },
  },
  "404": { behave: status("404 Not Found"), outcome: ["status", /^The server answered 404 Not Found$/], attempts: 1 },
  "401 with a body": {
    async behave(_request, reply) {
      await reply.head("401 Unauthorized", { "content-length": HALF.length });
      await reply.body(HALF);
    },
    outcome: ["status", /401/],
    attempts: 1,
  },
  "204 and no content": {
    behave: (_request, reply) => reply.head("204 No Content"),
    outcome: ["status", /204/],
    attempts: 1,
  },
  "206 that nobody asked for": {
    async behave(_request, reply) {
      await reply.head("206 Partial Content", { "content-length": 10, "content-range": `bytes 0-9/${SIZE}` });
      await reply.body(CONTENT.subarray(0, 10));
    },
    outcome: ["status", /206/],
    attempts: 1,
  },
  "206 that is all of the file, though nobody asked": {
    async behave(_request, reply) {
      await reply.head("206 Partial Content", {
        "content-length": SIZE,
        "content-range": `bytes 0-${SIZE - 1}/${SIZE}`,
      });
      await reply.body(CONTENT);
    },
    outcome: "right",
    attempts: 1,
  },
  "206 that is all of the file, by half of what it says": {
    async behave(_request, reply) {
      await reply.head("206 Partial Content", {
        "content-length": HALF.length,
        "content-range": `bytes 0-${SIZE - 1}/${SIZE}`,
      });
      await reply.body(HALF);
    },
    outcome: ["status", /206/],
    attempts: 1,
  },
  "206 that may be all of the file": {
    async behave(_request, reply) {
      await reply.head("206 Partial Content", { "content-length": SIZE, "content-range": `bytes 0-${SIZE - 1}/*` });
      await reply.body(CONTENT);
    },
    outcome: ["status", /206/],
    attempts: 1,
  },
  "200 that is a range, once": {
    behave: once(async (_request, reply) => {
      await reply.head("200 OK", { "content-length": 10, "content-range": `bytes 5-14/${SIZE}` });
      await reply.body(CONTENT.subarray(5, 15));
    }),
    outcome: "right",
    attempts: 2,
  },
  "200 that is a range": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "content-length": 10, "content-range": `bytes 0-9/${SIZE}` });
      await reply.body(CONTENT.subarray(0, 10));
    },
    outcome: ["answer", /sent a range of the file, though it was asked for all of it/],
    attempts: 3,
  },
  "200 with a range that is not as long as the body": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "content-length": 10, "content-range": `bytes 0-${SIZE - 1}/${SIZE}` });
      await reply.body(CONTENT.subarray(0, 10));
    },
    outcome: ["answer", /sent a range of the file/],
    attempts: 3,
  },
  "200 with a range that is all there is, and no other length": {
    async behave(request, reply) {
      await reply.head("200 OK", { "content-range": `bytes 0-${SIZE - 1}/${SIZE}` });
      // The end of the connection is no end of the file here.
      await reply.body(request.number === 0 ? HALF : CONTENT);
      reply.close();
    },
    outcome: "right",
    attempts: 2,
  },
  "200 with a range of something that is no bytes": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "content-length": SIZE, "content-range": "0-24/*" });
      await reply.body(CONTENT);
    },
    outcome: "right",
    attempts: 1,
  },
  "304 that nobody asked for": {
    behave: (_request, reply) => reply.head("304 Not Modified"),
    outcome: ["status", /304/],
    attempts: 1,
  },
  "a body that is compressed though it must not be": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "content-length": SIZE, "content-encoding": "gzip" });
      await reply.body(CONTENT);
    },
    outcome: ["answer", /encoded \(gzip\), though it was asked not to/],
    attempts: 1,
    options: { encoded: "refuse" },
  },
  "a body that is said to be not encoded": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "content-length": SIZE, "content-encoding": "identity" });
      await reply.body(CONTENT);
    },
    outcome: "right",
    attempts: 1,
  },
  "a redirect in UTF-8, as it is": {
    behave: (request, reply) =>
      request.path === "/caf%C3%A9?q=%E2%82%AC"
        ? serveFile(CONTENT, request, reply)
        : reply.raw(head("HTTP/1.1 302 Found", "Location: /café?q=€", "Content-Length: 0")),
    outcome: "right",
    attempts: 1,
  },
  "a redirect in Latin-1, as it is": {
    behave: (request, reply) =>
      request.path === "/caf%E9"
        ? serveFile(CONTENT, request, reply)
        : reply.head("302 Found", { location: "/caf\xe9", "content-length": 0 }),
    outcome: "right",
    attempts: 1,
  },
  "300 without a location": { behave: status("300 Multiple Choices"), outcome: ["status", /300/], attempts: 1 },
  "a redirect to a file": {
    behave: redirect("file:///etc/passwd"),
    outcome: ["request", /^Cannot follow a redirect as the URL must be of http or https: current value is file:$/],
    attempts: 1,
  },
  "a redirect to data": { behave: redirect("data:text/plain,hello"), outcome: ["request", /data:/], attempts: 1 },
  "a redirect to itself": { behave: redirect("/file.bin"), outcome: ["answer", /more than 20 redirects/], attempts: 1 },
  "a redirect to nowhere": { behave: redirect("http://"), outcome: ["answer", /leads nowhere/], attempts: 1 },
  "a redirect without a location": { behave: status("302 Found"), outcome: ["status", /302/], attempts: 1 },
  "a file that is announced too large": {
    behave: (request, reply) => serveFile(CONTENT, request, reply),
    outcome: ["size", new RegExp(`has ${SIZE} bytes: at most 1000 are allowed`)],
    attempts: 1,
    options: { maxSize: 1000 },
  },
  "a file that turns out too large": {
    async behave(_request, reply) {
      await reply.head("200 OK", { "transfer-encoding": "chunked" });
      for (;;) await reply.chunk(HALF);
    },
    outcome: ["size", /more bytes than are allowed/],
    attempts: 1,
    options: { maxSize: SIZE },
  },
  "a file just as large as allowed": {
    behave: (request, reply) => serveFile(CONTENT, request, reply),
    outcome: "right",
    attempts: 1,
    options: { maxSize: SIZE },
  },
};

for (const code of [408, 425, 429, 500, 502, 503, 504]) {
  FAULTS[`${code}, once`] = { behave: once(status(`${code} Later`)), outcome: "right", attempts: 2 };
  FAULTS[`${code}`] = { behave: status(`${code} Later`), outcome: ["status", new RegExp(`${code}`)], attempts: 3 };
}

for (const code of [403, 409, 413, 429]) {
  FAULTS[`${code} that says when to come again, once`] = {
    behave: once(status(`${code} Not Now`, { "retry-after": "0" })),
    outcome: "right",
    attempts: 2,
  };
}

for (const code of [403, 413]) {
  FAULTS[`${code} that says nothing that makes sense about it`] = {
    behave: status(`${code} No`, { "retry-after": "soon" }),
    outcome: ["status", new RegExp(`${code}`)],
    attempts: 1,
  };
}

for (const code of [300, 301, 302, 303, 307, 308]) {
  FAULTS[`a redirect by ${code}`] = {
    behave: (request, reply) =>
      request.path === "/file.bin"
        ? reply.head(`${code} Over There`, { location: "elsewhere?a=b", "content-length": 0 })
        : serveFile(CONTENT, request, reply),
    outcome: "right",
    attempts: 1,
  };
}

/** A body is written by the platform, or read here by those who want to see its bytes. */
const WAYS: Readonly<Record<string, DownloadOptions>> = { "": {}, ", adding up what comes": { digest: "sha256" } };

for (const [fault, { behave, outcome, attempts, options, left = [] }] of Object.entries(FAULTS)) {
  const end = outcome === "right" ? "the right file" : `an error, "${outcome[0]}"`;
  for (const [way, seen] of Object.entries(WAYS)) {
    Deno.test(`download() meets ${fault}${way}: ${end}`, async () => {
      await using server = serveFaults(behave);
      await using folder = await makeFolder();
      const [result] = await download([`${server.origin}/file.bin`], {
        dir: folder.path,
        retries: 2,
        retryDelay: 1,
        ...seen,
        ...options,
      });
      assert(result !== undefined && result.status !== "skipped");
      if (outcome === "right") {
        assert(result.status === "complete", JSON.stringify(result));
        assertEquals(folder.names(), ["file.bin"]);
        assertBytes(folder.read("file.bin"), fault === "an empty file" ? NONE : CONTENT);
      } else {
        assert(result.status === "failed", JSON.stringify(result));
        assertEquals([result.error.kind, folder.names()], [outcome[0], left], result.error.message);
        assertMatch(result.error.message, outcome[1]);
        assertEquals(result.part, left.length > 0 ? `${folder.path}/${left[0]}` : null);
      }
      assertEquals(result.attempts, attempts);
    });
  }
}

Deno.test("download() meets a server that is not there: an error that says so", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using folder = await makeFolder();
  const [result] = await download([`http://127.0.0.1:${port}/a`], { dir: folder.path, retries: 1, retryDelay: 1 });
  assert(result?.status === "failed");
  assertEquals(result.error.kind, "network");
  assertEquals(result.error.message, `Cannot reach 127.0.0.1:${port}: tcp connect error: Connection refused`);
  assertEquals(result.attempts, 2);
  assertEquals(folder.names(), []);
});

for (const [resets, status] of [[1, "complete"], [2, "failed"]] as const) {
  Deno.test(`download() meets a connection that is reset in the body, ${resets} of 2 times: ${status}`, async () => {
    await using server = await serveResets(CONTENT, resets, HALF.length);
    await using folder = await makeFolder();
    const [result] = await download([`${server.origin}/a`], { dir: folder.path, retries: 1, retryDelay: 1 });
    assert(result?.status === status, JSON.stringify(result));
    assertEquals(result.attempts, 2);
    assertEquals(folder.names(), status === "complete" ? ["a"] : []);
    if (result.status === "failed") assertEquals(result.error.kind, "network");
    else assertBytes(folder.read("a"), CONTENT);
  });
}

Deno.test("download() takes a compressed file as it is when its server calls it compressed", async () => {
  await using server = serveFaults(async (_request, reply) => {
    await reply.head("200 OK", { "content-length": SIZE, "content-encoding": "gzip" });
    await reply.body(CONTENT);
  });
  await using folder = await makeFolder();
  await download([`${server.origin}/a.tar.gz`], { dir: folder.path });
  assertBytes(folder.read("a.tar.gz"), CONTENT);
});
