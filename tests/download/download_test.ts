import { assert, assertEquals, assertRejects } from "@std/assert";
import { CancelledError, createTask, sleep } from "../../mod.ts";
import { download, DownloadError, type DownloadEvent } from "../../lib/download/mod.ts";
import { type FaultyServer, serveFaults } from "./faulty_server.ts";
import { assertBytes, bytesOf, file, makeFolder, notFound, serveFile, sha256 } from "./samples.ts";

const CONTENT = bytesOf(200_000);

/** Serves one content under every path but `/missing`. */
function serveAll(): FaultyServer {
  return serveFaults((request, reply) =>
    request.path === "/missing" ? notFound(request, reply) : serveFile(CONTENT, request, reply)
  );
}

Deno.test("download() writes the bytes of a file under the name in its URL", async () => {
  await using server = serveAll();
  await using folder = await makeFolder();
  const [result] = await download([`${server.origin}/some/path/photo%20one.jpg?size=large#top`], { dir: folder.path });
  assert(result?.status === "complete");
  assertEquals(result.path, `${folder.path}/photo one.jpg`);
  assertEquals(folder.names(), ["photo one.jpg"]);
  assertBytes(folder.read("photo one.jpg"), CONTENT);
  assertEquals(result.bytes, CONTENT.length);
  assertEquals(result.attempts, 1);
  assertEquals(result.resumed, 0);
  assertEquals(result.digest, null);
});

Deno.test("download() gives results in the order of the requests", async () => {
  await using server = serveFaults(async (request, reply) => {
    if (request.path === "/slow") await reply.pause(30);
    await serveFile(CONTENT, request, reply);
  });
  await using folder = await makeFolder();
  const ended: string[] = [];
  const results = await download(["slow", "fast"].map((name) => `${server.origin}/${name}`), {
    dir: folder.path,
    onEvent: (event) => event.type === "end" && ended.push(event.url.split("/").pop()!),
  });
  assertEquals(ended, ["fast", "slow"]);
  assertEquals(results.map(({ url }) => url.split("/").pop()), ["slow", "fast"]);
});

Deno.test("download() of nothing is nothing, and makes no folder", async () => {
  await using folder = await makeFolder();
  assertEquals(await download([], { dir: `${folder.path}/new` }), []);
  assertEquals(folder.names(), []);
});

Deno.test("download() makes the folder, with those around it", async () => {
  await using server = serveAll();
  await using folder = await makeFolder();
  const [result] = await download([`${server.origin}/a`], { dir: `${folder.path}/b/c/` });
  assert(result?.status === "complete");
  assertEquals(result.path, `${folder.path}/b/c/a`);
  assertBytes(folder.read("b/c/a"), CONTENT);
});

Deno.test("download() lets one file fail without the others, and leaves nothing of it", async () => {
  await using server = serveAll();
  await using folder = await makeFolder();
  const [failed, complete] = await download(["/missing", "/there"].map((path) => server.origin + path), {
    dir: folder.path,
  });
  assert(failed?.status === "failed");
  assert(failed.error instanceof DownloadError);
  assertEquals(failed.error.message, "The server answered 404 Not Found");
  assertEquals(failed.error.status, 404);
  assertEquals(failed.attempts, 1);
  assertEquals(failed.part, null);
  assertEquals(complete?.status, "complete");
  assertEquals(folder.names(), ["there"]);
});

Deno.test("download() fails what is no URL of the web, without a request", async () => {
  await using folder = await makeFolder();
  const urls = ["not a url", "file:///etc/passwd", "ftp://127.0.0.1/a", "data:text/plain,hello"];
  const results = await download(urls, { dir: folder.path });
  const kinds = results.map((result) => result.status === "failed" ? result.error.kind : "none");
  assertEquals(kinds, ["request", "request", "request", "request"]);
  assertEquals(folder.names(), []);
});

Deno.test("download() numbers files of the same name, in the order of the requests", async () => {
  await using server = serveAll();
  await using folder = await makeFolder();
  await Deno.writeTextFile(`${folder.path}/x`, "");
  const capitals = await Deno.stat(`${folder.path}/X`).then(() => "A (2).TXT", () => "A.TXT");
  const results = await download(["/1/a.txt", "/2/a.txt", "/3/A.TXT"].map((path) => server.origin + path), {
    dir: folder.path,
  });
  const names = results.map((result) => result.status === "complete" && result.path.split("/").pop());
  assertEquals(names, ["a.txt", "a (1).txt", capitals]);
});

Deno.test("download() never overwrites a file", async () => {
  await using server = serveAll();
  await using folder = await makeFolder();
  await Deno.writeTextFile(`${folder.path}/a.tar.gz`, "mine");
  const [result] = await download([`${server.origin}/a.tar.gz`], { dir: folder.path });
  assert(result?.status === "complete");
  assertEquals(folder.names(), ["a (1).tar.gz", "a.tar.gz"]);
  assertEquals(await Deno.readTextFile(`${folder.path}/a.tar.gz`), "mine");
});

Deno.test("download() does not overwrite a file that appears meanwhile either", async () => {
  await using folder = await makeFolder();
  await using server = serveFaults(async (request, reply) => {
    await Deno.writeTextFile(`${folder.path}/a`, "mine");
    await serveFile(CONTENT, request, reply);
  });
  const [result] = await download([`${server.origin}/a`], { dir: folder.path });
  assert(result?.status === "complete");
  assertEquals(result.path, `${folder.path}/a (1)`);
  assertEquals(await Deno.readTextFile(`${folder.path}/a`), "mine");
});

Deno.test("download() replaces a file only when told to, and only by a complete one", async () => {
  await using server = serveFaults((request, reply) =>
    request.number === 0 ? notFound(request, reply) : serveFile(CONTENT, request, reply)
  );
  await using folder = await makeFolder();
  await Deno.writeTextFile(`${folder.path}/a`, "mine");
  const options = { dir: folder.path, existing: "overwrite" } as const;
  await download([`${server.origin}/a`], options);
  assertEquals(await Deno.readTextFile(`${folder.path}/a`), "mine");
  await download([`${server.origin}/a`], options);
  assertEquals(folder.names(), ["a"]);
  assertBytes(folder.read("a"), CONTENT);
});

Deno.test("download() skips a file that is there when told to, without a request", async () => {
  await using server = serveAll();
  await using folder = await makeFolder();
  await Deno.writeTextFile(`${folder.path}/a`, "mine");
  const [result] = await download([`${server.origin}/a`], { dir: folder.path, existing: "skip" });
  assertEquals(result, { status: "skipped", url: `${server.origin}/a`, path: `${folder.path}/a` });
  assertEquals(server.requests, []);
});

Deno.test("download() takes the name of a request before all others, and stays in its folder", async () => {
  await using server = serveFaults(file(CONTENT, { headers: { "content-disposition": 'attachment; filename="no"' } }));
  await using folder = await makeFolder();
  await download([{ url: `${server.origin}/a`, name: "../../mine.txt" }], {
    dir: folder.path,
    contentDisposition: true,
  });
  assertEquals(folder.names(), ["mine.txt"]);
});

Deno.test("download() keeps the name of a request as it is, and the folders in front of it", async () => {
  await using server = serveAll();
  await using folder = await makeFolder();
  const names = [".env", "notes 12:30.txt", "train/data.bin", "test/data.bin", "/deep/er/data.bin", "b/"];
  const results = await download(names.map((name) => ({ url: `${server.origin}/a`, name })), { dir: folder.path });
  const paths = results.map((result) => result.status === "complete" && result.path.slice(folder.path.length + 1));
  const windows = Deno.build.os === "windows";
  const right = [".env", windows ? "notes 12_30.txt" : "notes 12:30.txt", ...names.slice(2, 4), "deep/er/data.bin"];
  assertEquals(paths, [...right, "b/a"]);
  for (const path of [...right, "b/a"]) assertBytes(folder.read(path), CONTENT);
});

Deno.test("download() numbers equal names in one folder, and only there", async () => {
  await using server = serveAll();
  await using folder = await makeFolder();
  const names = ["x.y/data", "x.y/data", "x.y/../data", "data"];
  const results = await download(names.map((name) => ({ url: `${server.origin}/a`, name })), { dir: folder.path });
  const paths = results.map((result) => result.status === "complete" && result.path.slice(folder.path.length + 1));
  assertEquals(paths, ["x.y/data", "x.y/data (1)", "data", "data (1)"]);
});

Deno.test("download() lets the server name a file only when told to", async () => {
  await using server = serveFaults(
    file(CONTENT, { headers: { "content-disposition": "attachment; filename=report.pdf" } }),
  );
  await using folder = await makeFolder();
  await download([`${server.origin}/get`], { dir: folder.path });
  assertEquals(folder.names(), ["get"]);
  await download([`${server.origin}/get`], { dir: folder.path, contentDisposition: true });
  assertEquals(folder.names(), ["get", "report.pdf"]);
  const [skipped] = await download([`${server.origin}/get`], {
    dir: folder.path,
    contentDisposition: true,
    existing: "skip",
  });
  assertEquals(skipped?.status, "skipped");
  assertEquals(folder.names(), ["get", "report.pdf"]);
});

Deno.test("download() gives the digest that was asked for", async () => {
  await using server = serveAll();
  await using folder = await makeFolder();
  const digest = sha256(CONTENT);
  const results = await download([
    `${server.origin}/a`,
    { url: `${server.origin}/b`, checksum: `SHA-256:${digest.toUpperCase()}` },
  ], { dir: folder.path, digest: "sha256" });
  assertEquals(results.map((result) => result.status === "complete" && result.digest), [
    `sha256:${digest}`,
    `sha256:${digest}`,
  ]);
});

Deno.test("download() gives no wrong bytes a name: a wrong digest fails, and leaves nothing", async () => {
  await using server = serveAll();
  await using folder = await makeFolder();
  const checksum = `sha256:${"0".repeat(64)}`;
  const [result] = await download([{ url: `${server.origin}/a`, checksum }], {
    dir: folder.path,
    retries: 1,
    retryDelay: 1,
  });
  assert(result?.status === "failed");
  assertEquals(result.error.kind, "checksum");
  assertEquals(result.attempts, 2);
  assertEquals(folder.names(), []);
});

Deno.test("download() sends its headers, those of a request on top", async () => {
  await using server = serveAll();
  await using folder = await makeFolder();
  await download([{ url: `${server.origin}/a`, headers: { "x-b": "own" } }], {
    dir: folder.path,
    headers: { "x-a": "all", "x-b": "all" },
  });
  const { headers } = server.requests[0]!;
  assertEquals([headers.get("x-a"), headers.get("x-b")], ["all", "own"]);
  assertEquals(headers.get("accept-encoding"), "identity");
});

Deno.test("download() sends the user name and password of a URL as a header, and shows them nowhere", async () => {
  await using server = serveFaults(file(CONTENT, { cutAfter: 100_000 }));
  await using folder = await makeFolder();
  const url = `${server.origin.replace("//", "//me:se%20cret@")}/a`;
  const [result] = await download([url], { dir: folder.path, retries: 0 });
  assertEquals(server.requests[0]!.headers.get("authorization"), `Basic ${btoa("me:se cret")}`);
  const record = await Deno.readTextFile(`${folder.path}/a.part.asyncio`);
  for (const text of [result!.url, record]) assert(!/me:|cret/.test(text), text);
});

Deno.test("download() tells what happens to a file, in order", async () => {
  await using server = serveFaults((request, reply) =>
    serveFile(CONTENT, request, reply, request.number === 0 ? { cutAfter: 150_000 } : {})
  );
  await using folder = await makeFolder();
  const events: DownloadEvent[] = [];
  await download([`${server.origin}/a`], {
    dir: folder.path,
    retryDelay: 1,
    onEvent: (event) => event.type !== "progress" && events.push(event),
  });
  assertEquals(events.map(({ type }) => type), ["start", "retry", "start", "end"]);
  const [first, retry, second, end] = events;
  assert(first?.type === "start" && retry?.type === "retry" && second?.type === "start" && end?.type === "end");
  assertEquals([first.size, first.received, first.attempt], [200_000, 0, 1]);
  assertEquals([retry.error.kind, retry.attempt], ["network", 1]);
  assertEquals([second.size, second.received, second.attempt], [200_000, 150_000, 2]);
  assertEquals(end.result.status, "complete");
});

Deno.test("download() rejects with what onEvent throws, and stops", async () => {
  await using server = serveAll();
  await using folder = await makeFolder();
  const error = new Error("from the listener");
  const failed = download([`${server.origin}/a`], {
    dir: folder.path,
    onEvent() {
      throw error;
    },
  });
  assertEquals(await failed.catch((error) => error), error);
});

Deno.test("download() stops when the task around it is cancelled, and keeps the part", async () => {
  await using server = serveFaults(async (_request, reply) => {
    await reply.head("200 OK", { "content-length": CONTENT.length, etag: '"v1"' });
    await reply.body(CONTENT.subarray(0, 120_000));
    await reply.stall();
  });
  await using folder = await makeFolder();
  const events: DownloadEvent[] = [];
  const urls = [`${server.origin}/a`];
  const task = createTask(() => download(urls, { dir: folder.path, onEvent: (event) => events.push(event) }));
  while (size(`${folder.path}/a.part`) < 120_000) await sleep(2);
  task.cancel("enough");
  const error = await assertRejects(() => task, CancelledError);
  assertEquals(error.reason, "enough");
  assertEquals(folder.names(), ["a.part", "a.part.asyncio"]);
  const interrupted = events.find(({ type }) => type === "interrupted");
  assert(interrupted?.type === "interrupted");
  assertEquals(interrupted.part, `${folder.path}/a.part`);
});

Deno.test("download() leaves nothing of a file without a strong validator when it is cancelled", async () => {
  await using server = serveFaults(async (_request, reply) => {
    await reply.head("200 OK", { "content-length": CONTENT.length, etag: 'W/"v1"' });
    await reply.body(CONTENT.subarray(0, 120_000));
    await reply.stall();
  });
  await using folder = await makeFolder();
  const controller = new AbortController();
  const downloading = download([`${server.origin}/a`], { dir: folder.path, signal: controller.signal });
  while (size(`${folder.path}/a.part`) < 120_000) await sleep(2);
  const reason = new Error("stop");
  controller.abort(reason);
  assertEquals(await downloading.catch((error) => error), reason);
  assertEquals(folder.names(), []);
});

Deno.test("download() rejects bad options before it does anything", async () => {
  const bad = [
    [{ concurrency: 0 }, RangeError, "concurrency"],
    [{ perHost: 1.5 }, RangeError, "perHost"],
    [{ split: 0 }, RangeError, "split"],
    [{ retries: -1 }, RangeError, "retries"],
    [{ idleTimeout: NaN }, RangeError, "milliseconds"],
    [{ maxSize: -1 }, RangeError, "maxSize"],
    [{ lowSpeed: -1 }, RangeError, "lowSpeed"],
    [{ limitRate: 0 }, RangeError, "limitRate"],
    [{ existing: "ask" }, TypeError, "existing"],
    [{ digest: "crc32" }, TypeError, "digest"],
    [{ onEvent: "print" }, TypeError, "function"],
  ] as const;
  for (const [options, type, message] of bad) {
    await assertRejects(() => download([], options as unknown as Parameters<typeof download>[1]), type, message);
  }
});

function size(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
