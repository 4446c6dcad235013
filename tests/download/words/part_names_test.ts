// Names of parts and records are ours alone: nobody else's file is taken for one, and none of ours takes another's place.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { download } from "../../../lib/download/mod.ts";
import { Names } from "../../../lib/download/disk/names.ts";
import { avoidRecordName } from "../../../lib/download/words/part_names.ts";
import { serveFaults } from "../faulty_server.ts";
import { assertBytes, bytesOf, type Folder, makeFolder, recordText, serveFile } from "../samples.ts";

const CONTENT = bytesOf(150_000);
const OTHER = bytesOf(150_000, 2);

Deno.test("Names gives no name twice, and goes on where it stopped", () => {
  const names = new Names(() => false);
  const any = () => true;
  assert(names.take("a (2).txt"));
  assertEquals(["a.txt", "a.txt", "A.TXT", "a.txt"].map((name) => names.reserve(name, any)), [
    "a.txt",
    "a (1).txt",
    "A (3).TXT",
    "a (4).txt",
  ]);
  assert(!names.take("A (1).txt"));
});

Deno.test("Names tells capitals from small letters where the system does, and asks only when it has to", () => {
  let asked = 0;
  const names = new Names(() => ++asked > 0);
  const reserve = (name: string) => names.reserve(name, () => true);
  assertEquals(["README", "other", "README"].map(reserve), ["README", "other", "README (1)"]);
  assertEquals([asked, reserve("readme"), asked], [0, "readme", 1]);
});

Deno.test("Names finds names in a time that does not grow with their number", () => {
  const names = new Names(() => true);
  let asked = 0;
  for (let i = 0; i < 5000; i++) names.reserve("download", () => ++asked > 0);
  assert(asked <= 5002, `${asked}`);
});

Deno.test("avoidRecordName() leaves every name alone but those of records", () => {
  for (const name of ["a", "a.part", "a.part.json", "a.asyncio", "part.asyncio"]) {
    assertEquals(avoidRecordName(name), name);
  }
  assertEquals(avoidRecordName("a.part.asyncio"), "a.part_asyncio");
  assertEquals(avoidRecordName("a.PART.Asyncio~"), "a.part_asyncio~");
});

for (const existing of ["rename", "overwrite", "skip"] as const) {
  Deno.test(`download() keeps a file apart from another that is called like its part (${existing})`, async () => {
    await using server = serveFaults(async (request, reply) => {
      const content = request.path.endsWith(".part") ? OTHER : CONTENT;
      await reply.head("200 OK", { "content-length": content.length, etag: '"v1"' });
      await reply.body(content.subarray(0, 1000));
      // The other file comes, and gets its name, while this one is on its way.
      if (content === CONTENT) await reply.pause(50);
      await reply.body(content.subarray(1000));
    });
    await using folder = await makeFolder();
    const urls = ["a", "a.part"].map((name) => `${server.origin}/${name}`);
    for (const requests of [urls, urls.toReversed()]) {
      const results = await download(requests, { dir: folder.path, existing: existing });
      assertEquals(new Set(results.map(({ status }) => status)).size, 1);
    }
    assertBytes(folder.read("a"), CONTENT);
    assertBytes(folder.read("a.part"), OTHER);
  });
}

Deno.test("download() keeps its part apart from a file that the server calls so", async () => {
  await using server = serveFaults(async (request, reply) => {
    const first = request.path === "/a";
    if (!first) await reply.pause(20);
    const headers = first ? {} : { "content-disposition": "attachment; filename=a.part" };
    await reply.head("200 OK", { "content-length": CONTENT.length, ...headers });
    await reply.body(CONTENT.subarray(0, 1000));
    if (first) await reply.pause(80);
    await reply.body((first ? CONTENT : OTHER).subarray(1000));
  });
  await using folder = await makeFolder();
  const options = { dir: folder.path, contentDisposition: true, existing: "overwrite" } as const;
  const results = await download([`${server.origin}/a`, `${server.origin}/b`], options);
  assertEquals(results.map(({ status }) => status), ["complete", "complete"]);
  assertBytes(folder.read("a"), CONTENT);
});

Deno.test("download() goes on with no part and record that a server has planted", async () => {
  await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  const url = `${server.origin}/big.iso`;
  await using planter = serveFaults(async (request, reply) => {
    const planted = request.path.endsWith("asyncio")
      ? new TextEncoder().encode(recordText({ ino: inoOf(folder), url, size: CONTENT.length }))
      : OTHER.subarray(0, 100_000);
    const headers = { "content-disposition": `attachment; filename="big.iso.part${request.path.slice(5)}"` };
    await reply.head("200 OK", { "content-length": planted.length, ...headers });
    await reply.body(planted);
  });
  await using folder = await makeFolder();
  for (const path of ["/part", "/part.asyncio"]) {
    await download([planter.origin + path], { dir: folder.path, contentDisposition: true });
    await download([{ url: planter.origin + path, name: `big.iso.${path.slice(1)}` }], {
      dir: folder.path,
      existing: "overwrite",
    });
  }
  const [result] = await download([url], { dir: folder.path });
  assert(result?.status === "complete");
  assertEquals(result.resumed, 0);
  assertBytes(folder.read("big.iso"), CONTENT);
});

Deno.test("download() does not touch files of the user that are called like a part or its record", async () => {
  await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  const mine = { "a.part": "", "b.part": "mine", "c.part.json": "mine", "d.part.asyncio": "mine" };
  for (const [name, text] of Object.entries(mine)) await Deno.writeTextFile(`${folder.path}/${name}`, text);
  const urls = ["a", "b", "c", "d"].map((name) => `${server.origin}/${name}`);
  const results = await download(urls, { dir: folder.path });
  assertEquals(results.map(({ status }) => status), ["complete", "complete", "complete", "complete"]);
  for (const [name, text] of Object.entries(mine)) {
    assertEquals(await Deno.readTextFile(`${folder.path}/${name}`), text, name);
  }
  assertEquals(folder.names(), ["a", "a.part", "b", "b.part", "c", "c.part.json", "d", "d.part.asyncio"]);
});

Deno.test("download() removes a record whose part is gone, and gives the new part that name", async () => {
  await using folder = await makeFolder();
  await using server = serveFaults(async (_, reply) => {
    await reply.head("200 OK", { "content-length": CONTENT.length, etag: '"v1"' });
    await reply.body(CONTENT.subarray(0, 1000));
    while (!folder.names().includes("a.part")) await reply.pause(1);
    await reply.body(CONTENT.subarray(1000));
  });
  const record = recordText({ ino: 1, url: `${server.origin}/gone`, size: CONTENT.length });
  await Deno.writeTextFile(`${folder.path}/a.part.asyncio`, record);
  const [result] = await download([`${server.origin}/a`], { dir: folder.path });
  assertEquals(result?.status, "complete");
  assertEquals(folder.names(), ["a"]);
});

Deno.test("download() makes no part for what does not come, and leaves none of a file that starts over", async () => {
  const seen = new Set<string>();
  await using folder = await makeFolder();
  await using server = serveFaults(async (request, reply) => {
    for (const name of folder.names()) seen.add(name);
    if (request.path === "/missing") return await reply.head("404 Not Found", { "content-length": 0 });
    await serveFile(CONTENT, request, reply, request.number === 0 ? { etag: null, cutAfter: 100_000 } : { etag: null });
  });
  const urls = [`${server.origin}/a`, `${server.origin}/missing`];
  const options = { dir: folder.path, concurrency: 1, retryDelay: 1 };
  const results = await download(urls, options);
  assertEquals(results.map(({ status }) => status), ["complete", "failed"]);
  // The second request for the first file finds its part, as that is still the same file; nothing has numbered names.
  for (const name of seen) assertMatch(name, /^a(\.part(\.asyncio)?)?$/);
  assertEquals(folder.names(), ["a"]);
});

Deno.test("download() overwrites no part that an earlier run has left with another file", async () => {
  await using server = serveFaults((request, reply) =>
    serveFile(CONTENT, request, reply, request.number === 0 ? { cutAfter: 100_000 } : {})
  );
  await using folder = await makeFolder();
  await download([`${server.origin}/a`], { dir: folder.path, retries: 0 });
  const urls = [`${server.origin}/a.part`, `${server.origin}/a`];
  const [other, resumed] = await download(urls, { dir: folder.path, existing: "overwrite" });
  assert(other?.status === "complete" && resumed?.status === "complete");
  assertEquals([other.path, resumed.resumed], [`${folder.path}/a (1).part`, 100_000]);
});

Deno.test({
  name: "download() lets nobody else see a part and its record, and gives the file the usual permissions",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using server = serveFaults((request, reply) =>
      serveFile(CONTENT, request, reply, request.number === 0 ? { cutAfter: 100_000 } : {})
    );
    await using folder = await makeFolder();
    const modeOf = (name: string) => (Deno.statSync(`${folder.path}/${name}`).mode ?? 0) & 0o777;
    await Deno.writeTextFile(`${folder.path}/usual`, "");
    await download([`${server.origin}/a`], { dir: folder.path, retries: 0 });
    assertEquals(["a.part", "a.part.asyncio"].map(modeOf), [0o600, 0o600]);
    await download([`${server.origin}/a`, `${server.origin}/b`], { dir: folder.path });
    assertEquals(["a", "b"].map(modeOf), [modeOf("usual"), modeOf("usual")]);
    assertEquals(folder.names(), ["a", "b", "usual"]);
  },
});

for (const [what, meddle] of Object.entries({ removed: Deno.removeSync, replaced })) {
  Deno.test(`download() gives nothing else the name of a file when its part is ${what} meanwhile`, async () => {
    for (const existing of ["rename", "overwrite"] as const) {
      await using folder = await makeFolder();
      await using server = serveFaults(async (request, reply) => {
        await reply.head("200 OK", { "content-length": CONTENT.length, etag: '"v1"' });
        await reply.body(CONTENT.subarray(0, 1000));
        if (request.number === 0) {
          while (!folder.names().includes("a.part")) await reply.pause(1);
          meddle(`${folder.path}/a.part`);
        }
        await reply.body(CONTENT.subarray(1000));
      });
      const [failed] = await download([`${server.origin}/a`], { dir: folder.path, existing, retries: 0 });
      assert(failed?.status === "failed");
      assertMatch(failed.error.message, /^Cannot name .*a\.part: it has been removed or replaced meanwhile$/);
      assertEquals(folder.names(), what === "removed" ? [] : ["a.part"]);
      const [result] = await download([`${server.origin}/a`], { dir: folder.path, existing });
      assert(result?.status === "complete");
      assertBytes(folder.read("a"), CONTENT);
    }
  });
}

Deno.test("download() fetches a file again when its part is gone", async () => {
  await using folder = await makeFolder();
  await using server = serveFaults(async (request, reply) => {
    await reply.head("200 OK", { "content-length": CONTENT.length });
    await reply.body(CONTENT.subarray(0, 1000));
    if (request.number === 0) {
      while (!folder.names().includes("a.part")) await reply.pause(1);
      Deno.removeSync(`${folder.path}/a.part`);
    }
    await reply.body(CONTENT.subarray(1000));
  });
  const [result] = await download([`${server.origin}/a`], { dir: folder.path, retryDelay: 1 });
  assert(result?.status === "complete");
  assertEquals([result.attempts, folder.names()], [2, ["a"]]);
  assertBytes(folder.read("a"), CONTENT);
});

Deno.test("download() can be stopped while it reads a long list", async () => {
  await using folder = await makeFolder();
  const stop = new AbortController();
  let read = 0;
  function* requests(): Generator<string> {
    for (;;) {
      if (++read === 2000) stop.abort("enough");
      yield "http://127.0.0.1:1/same";
    }
  }
  const stopped = await download(requests(), { dir: folder.path, signal: stop.signal }).catch((reason) => reason);
  assertEquals(stopped, "enough");
});

function replaced(path: string): void {
  Deno.removeSync(path);
  Deno.writeTextFileSync(path, "somebody else's");
}

function inoOf(folder: Folder): number | null {
  try {
    return Deno.statSync(`${folder.path}/big.iso.part`).ino;
  } catch {
    return null;
  }
}
