import { assertEquals } from "@std/assert";
import { download, type DownloadRequest } from "../../../lib/download/mod.ts";
import { type RawRequest, serveFaults } from "../faulty_server.ts";
import { bytesOf, makeFolder, serveFile } from "../samples.ts";

const CONTENT = bytesOf(1000);
const SECRETS = { authorization: "Bearer secret", cookie: "session=secret", "proxy-authorization": "secret" };

/** Serves the file, and redirects what asks for `/to?URL` to that URL. */
function serve() {
  return serveFaults(async (request, reply) => {
    const target = request.path.match(/^\/to\?(.*)$/)?.[1];
    if (target === undefined) await serveFile(CONTENT, request, reply);
    else await reply.head("302 Found", { location: decodeURIComponent(target), "content-length": 0 });
  });
}

function secretsIn({ headers }: RawRequest): string[] {
  return Object.keys(SECRETS).filter((name) => headers.has(name));
}

async function fetchWith(request: DownloadRequest): Promise<void> {
  await using folder = await makeFolder();
  const [result] = await download([request], { dir: folder.path, retries: 1, retryDelay: 1 });
  assertEquals(result?.status, "complete");
}

Deno.test("download() takes its secrets along to the same origin", async () => {
  await using server = serve();
  await fetchWith({ url: `${server.origin}/to?/file`, headers: SECRETS });
  assertEquals(server.requests.map(secretsIn), [Object.keys(SECRETS), Object.keys(SECRETS)]);
});

Deno.test("download() leaves its secrets at home when it is sent to another origin, for good", async () => {
  await using home = serve();
  await using other = serve();
  const back = encodeURIComponent(`${home.origin}/file`);
  const away = encodeURIComponent(`${other.origin}/to?${back}`);
  await fetchWith({ url: `${home.origin}/to?${away}`, headers: { ...SECRETS, "x-plain": "yes" } });
  assertEquals(home.requests.map(secretsIn), [Object.keys(SECRETS), []]);
  assertEquals(other.requests.map(secretsIn), [[]]);
  assertEquals(other.requests[0]!.headers.get("x-plain"), "yes");
});

Deno.test("download() takes no user name and password from a redirect", async () => {
  await using server = serve();
  const target = encodeURIComponent(`${server.origin.replace("//", "//user:password@")}/file`);
  await fetchWith({ url: `${server.origin}/to?${target}` });
  assertEquals(server.requests.map(secretsIn), [[], []]);
});

Deno.test("download() sends no secrets to a mirror at another origin", async () => {
  await using home = serveFaults((_request, reply) => reply.head("404 Not Found", { "content-length": 0 }));
  await using mirror = serve();
  await fetchWith({ url: `${home.origin}/file`, mirrors: [`${mirror.origin}/file`], headers: SECRETS });
  assertEquals(home.requests.map(secretsIn), [Object.keys(SECRETS)]);
  assertEquals(mirror.requests.map(secretsIn), [[]]);
});

Deno.test("download() takes cookies along that are set on the way, each to the host and the path that has set it", async () => {
  await using other = serve();
  const away = `${other.origin}/c`;
  await using home = serveFaults(async (request, reply) => {
    const next: Record<string, string> = { "/a": "/x/b", "/x/b": "/c", "/c": away };
    const lines: Record<string, string> = {
      "/a": "Set-Cookie: one=1; Path=/\r\nSet-Cookie: gone=1; Path=/\r\nSet-Cookie: tls=1; Secure; Path=/\r\n",
      "/x/b": "Set-Cookie: below=1; HttpOnly\r\nSet-Cookie: gone=; Path=/; Max-Age=0\r\n",
      "/c": "Set-Cookie: two=2; Domain=0.0.1\r\n",
    };
    const { path } = request;
    await reply.raw(new TextEncoder().encode(
      `HTTP/1.1 302 Found\r\nLocation: ${next[path]}\r\nContent-Length: 0\r\n${lines[path]}\r\n`,
    ));
  });
  await fetchWith({ url: `${home.origin}/a`, headers: { cookie: "mine=0" } });
  const sent = [...home.requests, ...other.requests].map(({ headers }) => headers.get("cookie"));
  // Cookies know no ports: both servers are one host to them.
  assertEquals(sent, ["mine=0", "mine=0; one=1; gone=1", "mine=0; one=1", "one=1; two=2"]);
});
