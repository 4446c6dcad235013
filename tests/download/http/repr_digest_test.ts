import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { checksumIn } from "../../../lib/download/words/checksum.ts";
import { download, type DownloadRequest, type DownloadResult } from "../../../lib/download/mod.ts";
import { type Behaviour, serveFaults } from "../faulty_server.ts";
import { bytesOf, makeFolder, serveFile, sha256 } from "../samples.ts";

const CONTENT = bytesOf(200_000);
const RIGHT = statementOf(CONTENT);
const WRONG = statementOf(bytesOf(200_000, 2));

/** What a server says of a file. */
function statementOf(content: Uint8Array, bits: 256 | 512 = 256): string {
  return `sha-${bits}=:${createHash(`sha${bits}`).update(content).digest("base64")}:`;
}

async function get(
  behave: Behaviour,
  request: Partial<DownloadRequest> = {},
): Promise<DownloadResult & { asked: number }> {
  await using server = serveFaults(behave);
  await using folder = await makeFolder();
  const options = { dir: folder.path, retries: 1, retryDelay: 1 };
  const [result] = await download([{ url: `${server.origin}/a`, ...request }], options);
  return { ...result!, asked: server.requests.length };
}

const stating = (statement: string): Behaviour => (request, reply) =>
  serveFile(CONTENT, request, reply, { headers: { "repr-digest": statement } });

Deno.test("download() checks a file by what the server says that it adds up to", async () => {
  const right = await get(stating(RIGHT));
  assert(right.status === "complete");
  assertEquals(right.digest, `sha256:${sha256(CONTENT)}`);
  const wrong = await get(stating(WRONG));
  assert(wrong.status === "failed");
  assertEquals([wrong.error.kind, wrong.asked], ["checksum", 2]);
  assertStringIncludes(wrong.error.message, "as the server has said");
});

Deno.test("download() believes no server over the checksum that it was given", async () => {
  const checksum = `sha256:${sha256(CONTENT)}`;
  assertEquals((await get(stating(WRONG), { checksum })).status, "complete");
  assertEquals((await get(stating(RIGHT), { checksum: `sha256:${sha256(bytesOf(1))}` })).status, "failed");
});

Deno.test("download() checks a file that it has gone on with, all of it", async () => {
  const other = bytesOf(200_000, 2);
  for (const first of [CONTENT, other]) {
    const result = await get((request, reply) =>
      request.number === 0
        ? serveFile(first, request, reply, { cutAfter: 120_000 })
        : serveFile(CONTENT, request, reply, { headers: { "repr-digest": RIGHT } })
    );
    // What the server has called the same was not: the file is fetched anew, and right.
    assert(result.status === "complete", JSON.stringify(result));
    assertEquals(result.digest, `sha256:${sha256(CONTENT)}`);
    assertEquals(result.resumed > 0, first === CONTENT);
  }
});

Deno.test("checksumIn() reads the digests that it knows, and prefers those that are computed anyway", () => {
  const [short, long] = [RIGHT, statementOf(CONTENT, 512)];
  const read = (field: string, algorithm?: "sha256" | "sha512" | "md5") =>
    checksumIn(new Headers({ "repr-digest": field }), algorithm)?.algorithm;
  assertEquals(read(short), "sha256");
  assertEquals(read(`${long},${short}`), "sha256");
  assertEquals(read(`unixsum=:AQ==:, ${long}`), "sha512");
  assertEquals(read(`${short}, ${long}`, "sha512"), "sha512");
  for (const field of ["", "sha-256=:AAAA:", "sha-256=?1", "md5=:AQ==:", "sha-256=:!:"]) {
    assertEquals(read(field), undefined);
  }
  assertEquals(read(short, "md5"), undefined);
  assertEquals(checksumIn(new Headers({ digest: "sha-256=AQ==" }), undefined), undefined);
});
