import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { download } from "../../lib/download/mod.ts";
import { serveFaults } from "./faulty_server.ts";
import { bytesOf, makeFolder, serveFile } from "./samples.ts";

const CONTENT = bytesOf(1000);

/** Sets a cookie at `/login`; gives `/guarded` only to those who have it. */
function serve() {
  return serveFaults(async (request, reply) => {
    const headers = { "set-cookie": "session=abc; Path=/; Max-Age=3600" };
    if (request.path === "/login") await serveFile(CONTENT, request, reply, { headers });
    else if (request.headers.get("cookie") === "session=abc") await serveFile(CONTENT, request, reply);
    else await reply.head("403 Forbidden", { "content-length": 0 });
  });
}

const ONE_BY_ONE = { concurrency: 1, retries: 0 };

Deno.test("download() sends a cookie that one file has set along with the next ones of the call", async () => {
  await using server = serve();
  await using folder = await makeFolder();
  const urls = [`${server.origin}/login`, `${server.origin}/guarded`];
  const results = await download(urls, { dir: folder.path, ...ONE_BY_ONE });
  assertEquals(results.map(({ status }) => status), ["complete", "complete"]);
});

Deno.test("download() does not send a cookie along with another call", async () => {
  await using server = serve();
  await using folder = await makeFolder();
  await download([`${server.origin}/login`], { dir: folder.path, ...ONE_BY_ONE });
  const [result] = await download([`${server.origin}/guarded`], { dir: folder.path, ...ONE_BY_ONE });
  assertEquals(result!.status, "failed");
});

Deno.test("download() keeps cookies in a jar, for the next call and for nobody else", async () => {
  await using server = serve();
  await using folder = await makeFolder();
  const cookieJar = `${folder.path}/cookies.txt`;
  await download([`${server.origin}/login`], { dir: folder.path, cookieJar, ...ONE_BY_ONE });
  const text = await Deno.readTextFile(cookieJar);
  assertMatch(text, /^# Netscape HTTP Cookie File\n127\.0\.0\.1\tFALSE\t\/\tFALSE\t\d+\tsession\tabc\n$/);
  if (Deno.build.os !== "windows") assertEquals((await Deno.stat(cookieJar)).mode! & 0o777, 0o600);
  const [result] = await download([`${server.origin}/guarded`], { dir: folder.path, cookieJar, ...ONE_BY_ONE });
  assertEquals(result!.status, "complete");
});

Deno.test("download() reads a jar as others write it, and keeps what is in it", async () => {
  await using server = serve();
  await using folder = await makeFolder();
  const cookieJar = `${folder.path}/cookies.txt`;
  const others = [
    "#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tabc",
    ".example.com\tTRUE\t/a\tTRUE\t4000000000\tother\tx",
  ];
  await Deno.writeTextFile(cookieJar, ["# a comment", "", ...others].join("\n"));
  const [result] = await download([`${server.origin}/guarded`], { dir: folder.path, cookieJar, ...ONE_BY_ONE });
  assertEquals(result!.status, "complete");
  assertEquals((await Deno.readTextFile(cookieJar)).split("\n").slice(1), [
    "#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tabc",
    ".example.com\tTRUE\t/a\tTRUE\t4000000000\tother\tx",
    "",
  ]);
});

Deno.test("download() refuses a file that is no jar before it asks for anything, and leaves it as it is", async () => {
  await using server = serve();
  await using folder = await makeFolder();
  const cookieJar = `${folder.path}/notes.txt`;
  await Deno.writeTextFile(cookieJar, "buy milk\n");
  await assertRejects(() => download([`${server.origin}/login`], { cookieJar }), TypeError, "line 1 is none");
  assertEquals([server.requests.length, await Deno.readTextFile(cookieJar)], [0, "buy milk\n"]);
});

Deno.test("download() keeps no cookie in a jar that would spoil it", async () => {
  await using server = serveFaults((request, reply) =>
    serveFile(CONTENT, request, reply, {
      headers: { "set-cookie": request.path === "/tab" ? "a=b\tc" : `long=1; Max-Age=${"9".repeat(400)}` },
    })
  );
  await using folder = await makeFolder();
  const cookieJar = `${folder.path}/cookies.txt`;
  const options = { dir: folder.path, cookieJar, ...ONE_BY_ONE };
  for (const path of ["/tab", "/long", "/again"]) {
    const [result] = await download([server.origin + path], options);
    assertEquals(result!.status, "complete");
  }
});
