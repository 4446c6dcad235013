// Files that their servers store compressed, or say so of.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { codingsIn } from "../../../lib/download/http/codings.ts";
import { type CompleteDownload, download, type DownloadOptions, type EncodedFile } from "../../../lib/download/mod.ts";
import { type Behaviour, serveFaults } from "../faulty_server.ts";
import { assertBytes, bytesOf, type Folder, makeFolder, serveFile, sha256 } from "../samples.ts";

const PLAIN = new TextEncoder().encode(Array.from(bytesOf(60_000)).join(" "));
const STORED: Readonly<Record<string, Uint8Array>> = {
  gzip: new Uint8Array(gzipSync(PLAIN)),
  deflate: new Uint8Array(deflateSync(PLAIN)),
  br: new Uint8Array(brotliCompressSync(PLAIN)),
};

interface Trial {
  readonly name?: string;
  readonly options?: DownloadOptions;
  readonly behave: Behaviour;
}

async function tried({ name = "data.json", options = {}, behave }: Trial, folder: Folder) {
  await using server = serveFaults(behave);
  const [result] = await download([`${server.origin}/${name}`], {
    dir: folder.path,
    retries: 1,
    retryDelay: 1,
    ...options,
  });
  assert(result !== undefined && result.status !== "skipped");
  return { ...result, requests: server.requests };
}

async function complete(trial: Trial): Promise<[encoding: CompleteDownload["encoding"], bytes: Uint8Array]> {
  await using folder = await makeFolder();
  const result = await tried(trial, folder);
  assert(result.status === "complete", JSON.stringify(result));
  assertEquals(folder.names(), [trial.name ?? "data.json"]);
  return [result.encoding, Deno.readFileSync(result.path)];
}

async function failed(trial: Trial): Promise<string> {
  await using folder = await makeFolder();
  const result = await tried(trial, folder);
  assert(result.status === "failed", JSON.stringify(result));
  assertEquals(folder.names(), []);
  return `${result.error.kind}: ${result.error.message}`;
}

function serving(bytes: Uint8Array, encoding: string): Behaviour {
  return (request, reply) => serveFile(bytes, request, reply, { headers: { "content-encoding": encoding } });
}

Deno.test("codingsIn() finds what was done to the bytes, and passes over what was not", () => {
  const cases: [string | null, string[]][] = [
    [null, []],
    ["", []],
    ["gzip", ["gzip"]],
    ["X-GZIP", ["gzip"]],
    ["br, gzip", ["br", "gzip"]],
    ["aws-chunked,gzip", ["gzip"]],
    ["gzip, chunked", ["gzip"]],
    ["identity, zstd", ["zstd"]],
  ];
  for (const [header, codings] of cases) assertEquals(codingsIn(header), codings, String(header));
});

for (const encoding of ["aws-chunked", "UTF-8", "none", "binary", "identity", "", "ISO-8859-1", "8bit"]) {
  Deno.test(`download() saves a file that is said to be encoded with ${JSON.stringify(encoding)}, which is nothing`, async () => {
    for (const encoded of ["keep", "decode", "refuse"] as EncodedFile[]) {
      assertEquals(await complete({ options: { encoded }, behave: serving(PLAIN, encoding) }), [null, PLAIN]);
    }
  });
}

for (const [coding, stored] of Object.entries({ ...STORED, zstd: new Uint8Array(zstdCompressSync(PLAIN)) })) {
  Deno.test(`download() keeps a file that is stored as ${coding}, and says so`, async () => {
    assertEquals(await complete({ behave: serving(stored, coding) }), [coding, stored]);
  });

  Deno.test(`download() refuses a file that is stored as ${coding} when told to`, async () => {
    assertEquals(
      await failed({ options: { encoded: "refuse" }, behave: serving(stored, coding) }),
      `answer: The server sent the file encoded (${coding}), though it was asked not to`,
    );
  });
}

for (const [coding, stored] of Object.entries(STORED)) {
  Deno.test(`download() decodes a file that is stored as ${coding} when told to`, async () => {
    const options: DownloadOptions = { encoded: "decode", digest: "sha256", split: 2 };
    assertEquals(await complete({ options, behave: serving(stored, coding) }), [null, PLAIN]);
  });

  Deno.test(`download() decodes an empty file of ${coding}, of which its server sends nothing`, async () => {
    assertEquals(
      await complete({ options: { encoded: "decode" }, behave: serving(new Uint8Array(), coding) }),
      [null, new Uint8Array()],
    );
  });

  Deno.test(`download() saves no file of ${coding} that is broken or not all there`, async () => {
    const middle = Uint8Array.from(
      stored,
      (byte, at) => at > stored.length / 2 && at < stored.length / 2 + 50 ? 1 : byte,
    );
    for (const bytes of [stored.subarray(0, stored.length - 5), stored.subarray(0, stored.length / 2), middle]) {
      const message = await failed({ options: { encoded: "decode" }, behave: serving(bytes, coding) });
      assertMatch(message, new RegExp(`^answer: Cannot decode the file \\(${coding}\\): `));
    }
  });
}

for (const [coding, stored] of Object.entries(STORED)) {
  Deno.test(`download() tells a connection that breaks from ${coding} that is broken, and fetches it again`, async () => {
    const headers = { "content-encoding": coding };
    const once: Behaviour = (request, reply) =>
      serveFile(stored, request, reply, { headers, ...request.number === 0 && { cutAfter: 50_000 } });
    assertEquals(await complete({ options: { encoded: "decode" }, behave: once }), [null, PLAIN]);
    const always: Behaviour = (request, reply) => serveFile(stored, request, reply, { headers, cutAfter: 50_000 });
    assertMatch(
      await failed({ options: { encoded: "decode" }, behave: always }),
      /^network: Cannot receive the file: /,
    );
  });
}

Deno.test("download() decodes what was compressed twice, and in two pieces", async () => {
  const options: DownloadOptions = { encoded: "decode" };
  const twice = new Uint8Array(gzipSync(brotliCompressSync(PLAIN)));
  assertEquals(await complete({ options, behave: serving(twice, "br, gzip") }), [null, PLAIN]);
  const pieces = new Uint8Array(Buffer.concat([gzipSync(PLAIN.subarray(0, 999)), gzipSync(PLAIN.subarray(999))]));
  assertEquals(await complete({ options, behave: serving(pieces, "gzip") }), [null, PLAIN]);
});

Deno.test("download() says that it cannot decode zstd", async () => {
  const behave = serving(new Uint8Array(zstdCompressSync(PLAIN)), "zstd");
  assertEquals(
    await failed({ options: { encoded: "decode" }, behave }),
    "answer: Cannot decode the file as Deno has no safe decoder for zstd",
  );
});

Deno.test("download() always keeps a file that is called compressed", async () => {
  for (
    const [name, coding] of [["a.tar.gz", "gzip"], ["a.TGZ", "x-gzip"], ["a.br", "br"], ["a.bz2", "bzip2"]] as const
  ) {
    for (const encoded of ["keep", "decode", "refuse"] as EncodedFile[]) {
      const [encoding, bytes] = await complete({ name, options: { encoded }, behave: serving(PLAIN, coding) });
      assertEquals([encoding, bytes], [null, PLAIN], `${name}, ${encoded}`);
    }
  }
});

Deno.test("download() counts the bytes that come out of a decoder for maxSize", async () => {
  const behave = serving(new Uint8Array(gzipSync(new Uint8Array(5_000_000))), "gzip");
  assertMatch(await failed({ options: { encoded: "decode", maxSize: 100_000 }, behave }), /^size: /);
});

Deno.test("download() takes the checksum of what is saved", async () => {
  const stored = STORED.gzip!;
  for (const [encoded, right] of [["keep", stored], ["decode", PLAIN]] as const) {
    await using server = serveFaults(serving(stored, "gzip"));
    await using folder = await makeFolder();
    const request = { url: `${server.origin}/a`, checksum: `sha256:${sha256(right)}` };
    const [result] = await download([request], { dir: folder.path, encoded });
    assertEquals(result?.status, "complete");
  }
});

Deno.test("download() unpacks a file from its start when an earlier run has left a packed part", async () => {
  await using folder = await makeFolder();
  const stored = STORED.gzip!;
  let cutAfter: number | undefined = 70_000;
  const behave: Behaviour = (request, reply) =>
    serveFile(stored, request, reply, {
      headers: { "content-encoding": "gzip" },
      ...cutAfter !== undefined && { cutAfter },
    });
  await using server = serveFaults(behave);
  const url = `${server.origin}/data.json`;
  const [kept] = await download([url], { dir: folder.path, retries: 0 });
  assert(kept?.status === "failed" && kept.part !== null);
  cutAfter = undefined;
  const [result] = await download([url], { dir: folder.path, encoded: "decode" });
  assert(result?.status === "complete");
  assertEquals([result.resumed, folder.names()], [0, ["data.json"]]);
  assertBytes(folder.read("data.json"), PLAIN);
});

for (
  const [coding, packed] of [["gzip", STORED.gzip!], ["x-gzip", STORED.gzip!], ["deflate", STORED.deflate!]] as const
) {
  Deno.test(`download() unpacks what was packed for the way (${coding}), whatever is said of encodings`, async () => {
    for (const encoded of ["keep", "refuse"] as EncodedFile[]) {
      const behave: Behaviour = async (_request, reply) => {
        await reply.head("200 OK", { "transfer-encoding": `${coding}, chunked`, etag: '"v1"' });
        for (const part of [packed, new Uint8Array()]) await reply.chunk(part);
      };
      assertEquals(await complete({ options: { encoded }, behave }), [null, PLAIN]);
    }
  });
}
