import { assert, assertEquals } from "@std/assert";
import { download, DownloadError } from "../../../lib/download/mod.ts";
import { retryTransient, Sources } from "../../../lib/download/plan/retry.ts";
import type { Source } from "../../../lib/download/words/request.ts";
import { serveFaults } from "../faulty_server.ts";
import { assertBytes, bytesOf, makeFolder, notFound, serveFile, sha256 } from "../samples.ts";

const CONTENT = bytesOf(100_000);
const PASSING = new DownloadError("network", "broken", { retriable: true });
const LASTING = new DownloadError("status", "gone");

Deno.test("retryTransient() tries again as often as it may, and tells of each time but the last", async () => {
  let attempts = 0;
  let told = 0;
  const attempt = () => {
    attempts++;
    return Promise.reject(PASSING);
  };
  const failed = retryTransient({ retries: 3, retryDelay: 0 }, attempt, () => told++);
  assertEquals(await failed.catch((error) => error), PASSING);
  assertEquals([attempts, told], [4, 3]);
});

Deno.test("retryTransient() does not try again what cannot pass", async () => {
  for (const error of [LASTING, new Error("a mistake")]) {
    let attempts = 0;
    const attempt = () => {
      attempts++;
      return Promise.reject(error);
    };
    const failed = retryTransient({ retries: 3, retryDelay: 0 }, attempt, () => {});
    assertEquals(await failed.catch((error) => error), error);
    assertEquals(attempts, 1);
  }
});

Deno.test("retryTransient() gives up at once when what may pass is followed by what cannot", async () => {
  let attempts = 0;
  let told = 0;
  const attempt = () => Promise.reject(++attempts < 3 ? PASSING : LASTING);
  const failed = retryTransient({ retries: 9, retryDelay: 0 }, attempt, () => told++);
  assertEquals(await failed.catch((error) => error), LASTING);
  assertEquals([attempts, told], [3, 2]);
});

Deno.test("retryTransient() begins to count anew after an attempt that has gone on, and ends soon after the last of these", async () => {
  let attempts = 0;
  const told: number[] = [];
  const attempt = () => Promise.reject(new DownloadError("network", `${++attempts}`, { retriable: true }));
  const policy = { retries: 2, retryDelay: 0 };
  const failed = retryTransient(policy, attempt, ({ message }) => told.push(Number(message)), () => attempts < 50);
  assertEquals((await failed.catch((error) => error)).message, "51");
  assertEquals(told, Array.from({ length: 50 }, (_, i) => i + 1));
});

Deno.test("retryTransient() does not try again at all where it may not, whatever has come", async () => {
  let attempts = 0;
  const attempt = () => Promise.reject(new DownloadError("network", `${++attempts}`, { retriable: true }));
  const failed = retryTransient({ retries: 0, retryDelay: 0 }, attempt, () => {}, () => true);
  assertEquals((await failed.catch((error) => error)).message, "1");
});

Deno.test("download() fetches a file that breaks off fifty times, and comes on each time", async () => {
  const content = bytesOf(510_000);
  await using server = serveFaults((request, reply) => serveFile(content, request, reply, { cutAfter: 10_000 }));
  await using folder = await makeFolder();
  const [result] = await download([`${server.origin}/a`], { dir: folder.path, retries: 1, retryDelay: 1 });
  assert(result?.status === "complete", JSON.stringify(result));
  assertEquals(result.attempts, 51);
  assertBytes(folder.read("a"), content);
});

Deno.test("download() gives a file up that does not come on any more", async () => {
  await using server = serveFaults(async (request, reply) => {
    if (request.number < 3) await serveFile(CONTENT, request, reply, { cutAfter: 20_000 });
    else reply.close();
  });
  await using folder = await makeFolder();
  const [result] = await download([`${server.origin}/a`], { dir: folder.path, retries: 2, retryDelay: 1 });
  assert(result?.status === "failed");
  assertEquals([result.attempts, folder.read("a.part").length], [5, 60_000]);
});

Deno.test("download() stays with a place that comes on, and goes to another when it does not", async () => {
  await using first = serveFaults(async (request, reply) => {
    if (request.number < 5) await serveFile(CONTENT, request, reply, { cutAfter: 10_000 });
    else reply.close();
  });
  await using second = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  const [result] = await download([{ url: `${first.origin}/a`, mirrors: [`${second.origin}/a`] }], {
    dir: folder.path,
    retries: 3,
    retryDelay: 1,
  });
  assertEquals(result?.status, "complete");
  assertEquals([first.requests.length, second.requests.length], [7, 2]);
  assertBytes(folder.read("a"), CONTENT);
});

for (const digest of [undefined, "sha256"] as const) {
  const way = digest === undefined ? "" : ", adding up what comes";
  Deno.test(`download() gives a connection up that is slower than it may be${way}`, async () => {
    await using server = serveFaults(async (request, reply) => {
      if (request.number > 0) return await serveFile(CONTENT, request, reply);
      await reply.head("200 OK", { "content-length": CONTENT.length });
      for (let at = 0; at < CONTENT.length && reply.open; at += 10) {
        await reply.body(CONTENT.subarray(at, at + 10));
        await reply.pause(2);
      }
    });
    await using folder = await makeFolder();
    const messages: string[] = [];
    const [result] = await download([`${server.origin}/a`], {
      dir: folder.path,
      digest,
      idleTimeout: 200,
      lowSpeed: 1_000_000,
      retryDelay: 1,
      onEvent: (event) => event.type === "retry" && messages.push(event.error.message),
    });
    assertEquals(result?.status, "complete");
    assertEquals(messages, ["Fewer than 1000000 bytes a second came for 200 ms"]);
    assertBytes(folder.read("a"), CONTENT);
  });
}

Deno.test("download() does not blame a server for the limit that it was given itself", async () => {
  await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  const options = { dir: folder.path, limitRate: 500_000, lowSpeed: 1_000_000, idleTimeout: 100, retries: 0 };
  const [result] = await download([`${server.origin}/a`], options);
  assertEquals(result?.status, "complete");
});

Deno.test("Sources gives a place that cannot recover up at once, and the last one for good", () => {
  const [a, b] = sources("a", "b");
  const both = new Sources([a!, b!]);
  assertEquals(both.failed(LASTING, false), "now");
  assertEquals(both.next, b);
  assertEquals(both.failed(LASTING, false), "never");
});

Deno.test("Sources tries another place after a failure that may pass, and comes back", () => {
  const [a, b] = sources("a", "b");
  const both = new Sources([a!, b!]);
  const tried = [both.next];
  for (let i = 0; i < 3; i++) {
    assertEquals(both.failed(PASSING, false), "later");
    tried.push(both.next);
  }
  assertEquals(tried, [a, b, a, b]);
});

Deno.test("Sources tries a place once more that has left something to go on with", () => {
  const [a, b] = sources("a", "b");
  const both = new Sources([a!, b!]);
  both.failed(PASSING, true);
  assertEquals(both.next, a);
  both.failed(PASSING, true);
  assertEquals(both.next, b);
});

Deno.test("Sources blames no place for what is wrong with the disk", () => {
  const [a, b] = sources("a", "b");
  assertEquals(new Sources([a!, b!]).failed(new DownloadError("disk", "full"), false), "never");
});

Deno.test("download() takes a file from a mirror when its first place does not have it", async () => {
  await using empty = serveFaults(notFound);
  await using mirror = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  const url = `${empty.origin}/a.bin`;
  const [result] = await download([{ url, mirrors: [`${mirror.origin}/b.bin`] }], { dir: folder.path });
  assert(result?.status === "complete");
  assertEquals([result.url, result.finalUrl], [url, `${mirror.origin}/b.bin`]);
  assertEquals(folder.names(), ["a.bin"]);
  assertEquals(result.attempts, 2);
});

Deno.test("download() never joins what came from two mirrors", async () => {
  const other = bytesOf(100_000, 2);
  await using first = serveFaults((request, reply) =>
    serveFile(CONTENT, request, reply, { cutAfter: 70_000, ranges: false })
  );
  await using second = serveFaults((request, reply) => serveFile(other, request, reply));
  await using folder = await makeFolder();
  const [result] = await download([{ url: `${first.origin}/a`, mirrors: [`${second.origin}/a`] }], {
    dir: folder.path,
    retryDelay: 1,
  });
  assert(result?.status === "complete");
  assertBytes(folder.read("a"), other);
});

Deno.test("download() takes a file with the right digest from a mirror when the first has another one", async () => {
  await using wrong = serveFaults((request, reply) => serveFile(bytesOf(100_000, 2), request, reply));
  await using right = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  const checksum = `sha256:${sha256(CONTENT)}`;
  const [result] = await download([{ url: `${wrong.origin}/a`, mirrors: [`${right.origin}/a`], checksum }], {
    dir: folder.path,
    retryDelay: 1,
  });
  assertEquals(result?.status, "complete");
  assertBytes(folder.read("a"), CONTENT);
});

Deno.test("download() obeys Retry-After, in seconds and as a date, up to a limit", async () => {
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  for (const after of ["3600", date]) {
    await using server = serveFaults((request, reply) =>
      request.number === 0
        ? reply.head("429 Too Many Requests", { "retry-after": after, "content-length": 0 })
        : serveFile(CONTENT, request, reply)
    );
    await using folder = await makeFolder();
    const start = performance.now();
    const [result] = await download([`${server.origin}/a`], { dir: folder.path, retryDelay: 1, maxRetryAfter: 40 });
    assertEquals(result?.status, "complete");
    assert(performance.now() - start >= 40);
  }
});

Deno.test("download() sends no other request to a host that wants to be left alone", async () => {
  const times: number[] = [];
  await using server = serveFaults((request, reply) => {
    times.push(performance.now());
    return request.number === 0
      ? reply.head("503 Busy", { "retry-after": "60", "content-length": 0 })
      : serveFile(CONTENT, request, reply);
  });
  await using folder = await makeFolder();
  const urls = ["a", "b", "c"].map((name) => `${server.origin}/${name}`);
  const results = await download(urls, { dir: folder.path, concurrency: 1, retryDelay: 1, maxRetryAfter: 40 });
  assertEquals(results.map(({ status }) => status), ["complete", "complete", "complete"]);
  assert(times[1]! - times[0]! >= 40, `${times}`);
});

Deno.test("download() makes half as many requests at a time to a host that has had too many", async () => {
  let refused = 0;
  let atOnce = 0;
  let mostAfter = 0;
  await using server = serveFaults(async (request, reply) => {
    atOnce++;
    // The first round is turned away, all of it.
    if (request.number < 8) {
      refused++;
      while (refused < 8) await reply.pause(1);
      await reply.head("503 Busy", { "content-length": 0 });
    } else {
      mostAfter = Math.max(mostAfter, atOnce);
      await reply.pause(2);
      await serveFile(CONTENT.subarray(0, 10), request, reply);
    }
    atOnce--;
  });
  await using folder = await makeFolder();
  const urls = Array.from({ length: 8 }, (_, i) => `${server.origin}/${i}`);
  const results = await download(urls, { dir: folder.path, perHost: 8, retryDelay: 1 });
  assertEquals(new Set(results.map(({ status }) => status)), new Set(["complete"]));
  // Four, and one more for each round of four that went well.
  assert(mostAfter <= 6, `${mostAfter}`);
});

Deno.test("download() makes no more requests at a time than it may", async () => {
  await using server = serveFaults(async (request, reply) => {
    await reply.pause(2);
    await serveFile(CONTENT.subarray(0, 10), request, reply);
  });
  await using folder = await makeFolder();
  const urls = Array.from({ length: 12 }, (_, i) => `${server.origin}/${i}`);
  await download(urls, { dir: folder.path, perHost: 3 });
  assertEquals(server.mostAtOnce, 3);
});

function sources(...names: string[]): Source[] {
  return names.map((name) => ({ url: new URL(`http://${name}/`), headers: [] }));
}
