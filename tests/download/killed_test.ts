import { assert, assertEquals } from "@std/assert";
import { download } from "../../lib/download/mod.ts";
import { Program } from "../program.ts";
import { serveFaults } from "./faulty_server.ts";
import { assertBytes, bytesOf, type Folder, makeFolder, serveFile, sha256 } from "./samples.ts";

const SIZE = 3_000_000;
const SENT = 1_300_000;
const CONTENT = bytesOf(SIZE);

/** A process that downloads one file into a folder. */
function startProcess(url: string, folder: Folder): Program {
  const library = import.meta.resolve("../../lib/download/mod.ts");
  const code = `
    import { download } from ${JSON.stringify(library)};
    await download([${JSON.stringify(url)}], { dir: ${JSON.stringify(folder.path)} });
  `;
  return new Program("", code, { permissions: ["--allow-net", "--allow-read", "--allow-write"] });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function size(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

// A process takes most of the time.
Deno.test("download() fetches only the rest after a process was killed in the middle", async () => {
  let killed = false;
  await using server = serveFaults(async (request, reply) => {
    if (killed) return await serveFile(CONTENT, request, reply);
    await reply.head("200 OK", { "content-length": SIZE, etag: '"v1"' });
    await reply.body(CONTENT.subarray(0, SENT));
    await reply.stall();
  });
  await using folder = await makeFolder();
  const url = `${server.origin}/a.bin`;
  await using process = startProcess(url, folder);
  await until(() => size(`${folder.path}/a.bin.part`) === SENT);
  process.kill("SIGKILL");
  await process.ended();
  assertEquals(folder.names(), ["a.bin.part", "a.bin.part.asyncio"]);

  killed = true;
  const before = server.sent;
  const [result] = await download([{ url, checksum: `sha256:${sha256(CONTENT)}` }], { dir: folder.path });
  assert(result?.status === "complete", JSON.stringify(result));
  assertEquals(server.sent - before, SIZE - SENT);
  assertEquals(result.resumed, SENT);
  assertBytes(folder.read("a.bin"), CONTENT);
  assertEquals(folder.names(), ["a.bin"]);
});

// A process takes most of the time.
Deno.test("download() leaves the part of another process alone", async () => {
  let other = true;
  await using server = serveFaults(async (request, reply) => {
    if (!other) return await serveFile(CONTENT, request, reply);
    await reply.head("200 OK", { "content-length": SIZE, etag: '"v1"' });
    await reply.body(CONTENT.subarray(0, SENT));
    await until(() => !other);
    await reply.body(CONTENT.subarray(SENT));
  });
  await using folder = await makeFolder();
  const url = `${server.origin}/a.bin`;
  await using process = startProcess(url, folder);
  await until(() => size(`${folder.path}/a.bin.part`) === SENT);
  other = false;
  const [result] = await download([url], { dir: folder.path });
  assertEquals(result?.status, "complete");
  await process.ended();
  assertEquals(folder.names(), ["a (1).bin", "a.bin"]);
  for (const name of folder.names()) assertBytes(folder.read(name), CONTENT);
});

// A process takes most of the time.
Deno.test("download() that was killed while it waited for an answer has left nothing", async () => {
  await using server = serveFaults((_, reply) => reply.stall());
  await using folder = await makeFolder();
  await using process = startProcess(`${server.origin}/a.bin`, folder);
  await until(() => server.requests.length > 0);
  process.kill("SIGKILL");
  await process.ended();
  assertEquals(folder.names(), []);
});

// Processes take most of the time.
Deno.test("download() takes the place of a part that a killed one has left and nobody can go on with", async () => {
  const heads = [{ "content-length": SIZE }, { "content-length": SIZE, etag: 'W/"v1"' }, { connection: "close" }];
  for (const head of heads) {
    await using server = serveFaults(async (request, reply) => {
      await reply.head("200 OK", head as Record<string, string | number>);
      await reply.body(CONTENT.subarray(0, SENT));
      if (request.number === 0) await reply.stall();
      await reply.body(CONTENT.subarray(SENT));
      if ("connection" in head) reply.close();
    });
    await using folder = await makeFolder();
    const url = `${server.origin}/a.bin`;
    await using process = startProcess(url, folder);
    await until(() => size(`${folder.path}/a.bin.part`) > 0);
    process.kill("SIGKILL");
    await process.ended();
    const [result] = await download([url], { dir: folder.path });
    assert(result?.status === "complete", JSON.stringify(result));
    assertEquals([result.resumed, folder.names()], [0, ["a.bin"]]);
    assertBytes(folder.read("a.bin"), CONTENT);
  }
});
