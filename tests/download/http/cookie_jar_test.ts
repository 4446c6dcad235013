import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { download } from "../../../lib/download/mod.ts";
import { Cookies } from "../../../lib/download/http/cookies.ts";
import { serveFaults } from "../faulty_server.ts";
import { bytesOf, makeFolder, serveFile } from "../samples.ts";

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
  await assertRejects(() => download([`${server.origin}/login`], { cookieJar }), TypeError, "line 1 is no cookie");
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

/** A line of a jar. */
function line(host: string, name: string, value: string, { expires = 0, secure = false, path = "/" } = {}): string {
  return [host, host.startsWith(".") ? "TRUE" : "FALSE", path, secure ? "TRUE" : "FALSE", expires, name, value].join(
    "\t",
  );
}

async function readJar(path: string): Promise<string[]> {
  return (await Deno.readTextFile(path)).trim().split("\n").slice(1);
}

/** Download once from a server that sets these cookies, with a jar of these lines; returns what was sent, and the jar after. */
async function withJar(
  lines: string[],
  setCookie?: string,
  path = "/a",
): Promise<{ sent: string | null; jar: string[] }> {
  await using server = serveFaults((request, reply) =>
    serveFile(CONTENT, request, reply, { headers: setCookie === undefined ? {} : { "set-cookie": setCookie } })
  );
  await using folder = await makeFolder();
  const cookieJar = `${folder.path}/cookies.txt`;
  await Deno.writeTextFile(cookieJar, lines.join("\n"));
  const [result] = await download([server.origin + path], { dir: folder.path, cookieJar, ...ONE_BY_ONE });
  assertEquals(result!.status, "complete");
  return { sent: server.requests[0]!.headers.get("cookie"), jar: await readJar(cookieJar) };
}

Deno.test("download() neither sends a cookie that has expired nor writes it back", async () => {
  const expires = Math.floor(Date.now() / 1000) - 1;
  const kept = line("127.0.0.1", "b", "2");
  const { sent, jar } = await withJar([line("127.0.0.1", "a", "1", { expires }), kept]);
  assertEquals([sent, jar], ["b=2", [kept]]);
});

Deno.test("download() tells a cookie of a host from one of its whole domain", async () => {
  const lines = [line("example.com", "a", "host"), line(".example.com", "a", "domain")];
  const { sent, jar } = await withJar(lines);
  assertEquals([sent, jar], [null, lines]);
});

Deno.test("download() believes no secure cookie that comes over plain HTTP, nor one in the place of a secure one", async () => {
  const { jar } = await withJar([], "a=1; Secure");
  assertEquals(jar, []);
  const secure = line("127.0.0.1", "a", "mine", { secure: true });
  for (const setCookie of ["a=theirs", "a=theirs; Max-Age=0"]) {
    assertEquals((await withJar([secure], setCookie)).jar, [secure]);
  }
});

Deno.test("download() sends the cookies of longer paths first", async () => {
  const { sent } = await withJar(
    [line("127.0.0.1", "a", "1"), line("127.0.0.1", "a", "2", { path: "/dir" }), line("127.0.0.1", "b", "3")],
    undefined,
    "/dir/a",
  );
  assertEquals(sent, "a=2; a=1; b=3");
});

Deno.test("Cookies: a host renews the cookie of its domain that the user's own file has, and makes none of its own", () => {
  const cookies = new Cookies();
  const common = { name: "a", path: "/", secure: false, httpOnly: false, expires: null };
  cookies.add({ ...common, host: "example.com", below: true, value: "old" });
  const set = (value: string) => new Headers({ "set-cookie": `a=${value}; Path=/; Domain=Example.com` });
  cookies.keep(set("new"), new URL("https://www.example.com/"));
  cookies.keep(set("stranger"), new URL("https://www.example.org/"));
  const sentTo = (url: string) => cookies.headerFor(new URL(url), undefined);
  assertEquals(sentTo("https://files.example.com/"), "a=new");
  assertEquals(sentTo("https://www.example.org/"), "a=stranger");
  assertEquals(sentTo("https://example.org/"), undefined);
  assertEquals(sentTo("https://notexample.com/"), undefined);
});

Deno.test("Cookies looks only at those of the host, however many there are", () => {
  const cookies = new Cookies();
  let looks = 0;
  for (let i = 0; i < 1000; i++) {
    const common = { name: "a", value: `${i}`, secure: false, httpOnly: false, expires: null, below: false };
    cookies.add({
      ...common,
      host: `h${i}.example`,
      get path() {
        looks++;
        return "/";
      },
    });
  }
  looks = 0;
  assertEquals(cookies.headerFor(new URL("http://h500.example/"), undefined), "a=500");
  assert(looks < 10, `${looks}`);
});

Deno.test("download() replaces a jar when the new one is complete, keeps it private, and follows a link to it", async () => {
  if (Deno.build.os === "windows") return;
  await using server = serve();
  await using folder = await makeFolder();
  await Deno.mkdir(`${folder.path}/real`);
  const real = `${folder.path}/real/cookies.txt`;
  await Deno.writeTextFile(real, line("example.com", "a", "1"), { mode: 0o644 });
  await Deno.symlink(real, `${folder.path}/jar`);
  using old = await Deno.open(real);
  await download([`${server.origin}/login`], { dir: folder.path, cookieJar: `${folder.path}/jar`, ...ONE_BY_ONE });
  assertEquals((await readJar(`${folder.path}/jar`)).length, 2);
  assertEquals([...Deno.readDirSync(`${folder.path}/real`)].map(({ name }) => name), ["cookies.txt"]);
  assertEquals((await Deno.lstat(`${folder.path}/jar`)).isSymlink, true);
  assertEquals((await Deno.stat(real)).mode! & 0o777, 0o600);
  // Whoever reads the old one goes on to its end.
  assertEquals(await new Response(old.readable).text(), line("example.com", "a", "1"));
});

Deno.test("download() says before it asks for anything that a jar has no folder to lie in", async () => {
  await using server = serve();
  await using folder = await makeFolder();
  const cookieJar = `${folder.path}/no/cookies.txt`;
  await assertRejects(() => download([`${server.origin}/login`], { cookieJar }), TypeError, "there is no such folder");
  assertEquals(server.requests.length, 0);
});

Deno.test("download() keeps the cookies that another call has written into the same jar meanwhile", async () => {
  const areBothThere = Promise.withResolvers<void>();
  await using server = serveFaults(async (request, reply) => {
    if (request.number === 1) areBothThere.resolve();
    // Both calls have read the jar by then.
    await areBothThere.promise;
    const name = request.path.slice(1);
    const gone = name === "a" ? "; Max-Age=0" : "";
    await reply.head("200 OK", {
      "content-length": 0,
      "set-cookie": `${name}=1; Path=/\r\nset-cookie: old=2; Path=/${gone}`,
    });
  });
  await using folder = await makeFolder();
  const cookieJar = `${folder.path}/cookies.txt`;
  await Deno.writeTextFile(cookieJar, "127.0.0.1\tFALSE\t/\tFALSE\t0\tkept\tyes\n");
  const one = download([`${server.origin}/a`], { dir: folder.path, cookieJar, ...ONE_BY_ONE });
  const other = download([`${server.origin}/b`], { dir: folder.path, cookieJar, ...ONE_BY_ONE });
  await Promise.all([one, other]);
  const names = (await Deno.readTextFile(cookieJar)).trim().split("\n").slice(1).map((line) => line.split("\t")[5]);
  assertEquals(new Set(names.filter((name) => name !== "old")), new Set(["kept", "a", "b"]));
});

Deno.test("download() takes a cookie out of its jar that the server has taken back, and no other", async () => {
  await using server = serveFaults((_request, reply) =>
    reply.head("200 OK", { "content-length": 0, "set-cookie": "session=; Path=/; Max-Age=0" })
  );
  await using folder = await makeFolder();
  const cookieJar = `${folder.path}/cookies.txt`;
  const lines = ["session\tabc", "kept\tyes"].map((pair) => `127.0.0.1\tFALSE\t/\tFALSE\t0\t${pair}\n`);
  await Deno.writeTextFile(cookieJar, lines.join(""));
  await download([`${server.origin}/a`], { dir: folder.path, cookieJar, ...ONE_BY_ONE });
  assertEquals((await Deno.readTextFile(cookieJar)).split("\n").slice(1), [lines[1]!.trim(), ""]);
});

Deno.test("a cookie goes to its path and what lies below, and not to what only begins like it", () => {
  const cookies = new Cookies();
  const flags = { below: false, secure: false, httpOnly: false, expires: null };
  cookies.add({ name: "n", value: "v", host: "a.test", path: "/foo", ...flags });
  const sent = (path: string) => cookies.headerFor(new URL(`http://a.test${path}`), undefined);
  assertEquals(["/foo", "/foo/", "/foo/bar"].map(sent), ["n=v", "n=v", "n=v"]);
  assertEquals(["/foobar", "/", "/fo", "/bar/foo"].map(sent), [undefined, undefined, undefined, undefined]);
});
