// The downloader of the exercise, against a server that misbehaves on request, and the command around it.
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { type Download, downloadFiles, downloadSamples } from "../../examples/file_downloader.ts";
import { createTask, isCancelled } from "../../mod.ts";
import { asyncio } from "./asyncio.ts";

/** What the path of a request makes the server do. */
const ANSWERS: Record<string, (request: Request) => Response> = {
  "/hello.txt": () => new Response("hello"),
  "/empty.txt": () => new Response("", { headers: { "content-length": "0" } }),
  "/missing.txt": () => new Response("no such file", { status: 404 }),
  "/nothing.txt": () => new Response(null, { status: 204 }),
  "/short.txt": () => new Response(ReadableStream.from([new Uint8Array(5)]), { headers: { "content-length": "100" } }),
  "/broken.txt": () => new Response(brokenStream()),
  "/moved.txt": (request) => Response.redirect(new URL("/hello.txt", request.url)),
  "/endless.txt": () => new Response(new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(9)) })),
};

function brokenStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull(stream) {
      stream.enqueue(new Uint8Array(5));
      stream.error(new Error("broken"));
    },
  });
}

/** Run a test with a server and an empty folder. */
async function withServer(test: (base: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, onError: () => new Response(null, { status: 500 }) },
    (request) => ANSWERS[new URL(request.url).pathname]?.(request) ?? new Response("hello"),
  );
  try {
    await test(`http://127.0.0.1:${server.addr.port}`, folder);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Download, and say in a line a file how it went. */
async function outcomes(urls: readonly string[], folder: string): Promise<string[]> {
  const { files } = await downloadFiles(urls.map((url) => ({ url })), folder);
  return files.map(outcome);
}

function outcome(file: Download): string {
  return file.ok ? `${file.path.slice(file.path.lastIndexOf("/") + 1)}, ${file.size} bytes` : file.error;
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("downloadFiles() puts each file under the name in its URL", async () => {
  await withServer(async (base, folder) => {
    assertEquals(await outcomes([`${base}/hello.txt`, `${base}/a%20b.txt?x=1#y`], folder), [
      "hello.txt, 5 bytes",
      "a b.txt, 5 bytes",
    ]);
    assertEquals(namesIn(folder), ["a b.txt", "hello.txt"]);
    assertEquals(await Deno.readTextFile(`${folder}/hello.txt`), "hello");
  });
});

Deno.test("downloadFiles() makes the folder", async () => {
  await withServer(async (base, folder) => {
    await outcomes([`${base}/hello.txt`], `${folder}/a/b/`);
    assertEquals(namesIn(`${folder}/a/b`), ["hello.txt"]);
  });
});

for (
  const [path, name] of [
    ["/", "index.html"],
    ["/books/", "index.html"],
    ["/..%2F..%2Fetc%2Fpasswd", "_.._etc_passwd"],
    ["/.bashrc", "bashrc"],
    ["/-rf", "rf"],
    ["/a%00b", "a_b"],
    ["/100%", "100%"],
    ["/%E6%97%A5.txt", "日.txt"],
    ["/C:%5Cx", "C__x"],
  ] as const
) {
  Deno.test(`downloadFiles() makes "${name}" of the path "${path}"`, async () => {
    await withServer(async (base, folder) => {
      await outcomes([base + path], folder);
      assertEquals(namesIn(folder), [name]);
    });
  });
}

Deno.test("downloadFiles() never overwrites a file: a name that is taken gets a number", async () => {
  await withServer(async (base, folder) => {
    await Deno.writeTextFile(`${folder}/hello.txt`, "precious");
    const url = `${base}/hello.txt`;
    const lines = await outcomes([url, url], folder);
    assertEquals(lines.sort(), ["hello (1).txt, 5 bytes", "hello (2).txt, 5 bytes"]);
    assertEquals(await Deno.readTextFile(`${folder}/hello.txt`), "precious");
  });
});

Deno.test("downloadFiles() leaves the part of another download alone", async () => {
  await withServer(async (base, folder) => {
    await Deno.writeTextFile(`${folder}/hello.txt.part`, "precious");
    assertEquals(await outcomes([`${base}/hello.txt`], folder), ["hello.txt, 5 bytes"]);
    assertEquals(await Deno.readTextFile(`${folder}/hello.txt.part`), "precious");
  });
});

Deno.test("downloadFiles() goes on when one of the files fails, and leaves nothing of that one", async () => {
  await withServer(async (base, folder) => {
    const urls = ["hello", "missing", "short", "broken", "nothing", "empty", "moved"].map((name) =>
      `${base}/${name}.txt`
    );
    assertEquals(await outcomes([...urls, "no URL", "ftp://127.0.0.1/a", "http://127.0.0.1:1/a"], folder), [
      "hello.txt, 5 bytes",
      "The server answered 404 Not Found",
      "error reading a body from connection",
      "error reading a body from connection",
      "The server answered 204 No Content",
      "empty.txt, 0 bytes",
      "moved.txt, 5 bytes",
      "Not a URL",
      "Neither http nor https",
      "Fetch failed: Requests to port 1 are blocked",
    ]);
    assertEquals(namesIn(folder), ["empty.txt", "hello.txt", "moved.txt"]);
  });
});

Deno.test("downloadFiles() keeps no file whose size or digest is not what is known of it", async () => {
  await withServer(async (base, folder) => {
    const url = `${base}/hello.txt`;
    const { files } = await downloadFiles([{ url, size: 6 }, { url, sha256: "00" }], folder);
    const digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assertEquals(files.map(outcome), ["Got 5 of 6 bytes", `Got digest ${digest} instead of 00`]);
    assertEquals(namesIn(folder), []);
  });
});

Deno.test("downloadFiles() tells of progress in bytes", async () => {
  await withServer(async (base, folder) => {
    const seen: unknown[] = [];
    const source = { url: `${base}/hello.txt` };
    await downloadFiles([source], folder, { onProgress: (source, progress) => seen.push([source, progress]) });
    assertEquals(seen, [[source, { name: "hello.txt", received: 5, size: 5 }]]);
  });
});

Deno.test("downloadFiles() leaves no part behind when it is cancelled", async () => {
  await withServer(async (base, folder) => {
    const started = Promise.withResolvers<void>();
    const sources = [{ url: `${base}/endless.txt` }];
    const task = createTask(() => downloadFiles(sources, folder, { onProgress: () => started.resolve() }));
    await started.promise;
    assertEquals(namesIn(folder), ["endless.txt.part"]);
    task.cancel();
    assertEquals(isCancelled(await task.catch((error) => error)), true);
    assertEquals(namesIn(folder), []);
  });
});

Deno.test("downloadFiles() refuses a folder that cannot be made before it asks for anything", async () => {
  await withServer(async (base, folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assertRejects(() => downloadFiles([{ url: `${base}/hello.txt` }], `${folder}/file/books`));
  });
});

// Half a second: the sample server sends at the pace of a modest line, so that there is something to see.
Deno.test("downloadSamples() keeps the files where it is told to", async () => {
  await withServer(async (_base, folder) => {
    const { files } = await downloadSamples(folder);
    assertEquals(files.map(({ ok }) => ok), [true, true, true, true]);
    assertEquals(namesIn(folder), ["alphabet.bin", "counting.bin", "silence.bin", "squares.bin"]);
  });
});

Deno.test("asyncio download prints the path of each file", async () => {
  await withServer(async (base, folder) => {
    const { code, stdout, stderr } = await asyncio(["download", "--dir", folder, `${base}/hello.txt`]);
    assertEquals(code, 0);
    assertStringIncludes(stdout, `${folder}/hello.txt  5 B  `);
    assertMatch(stdout, /\n1 of 1 files, 5 B in [\d.]+ m?s\n$/);
    assertMatch(stderr, /^hello\.txt: 5 B in \d+ ms\n$/);
  });
});

Deno.test("asyncio download names each file that failed, and exits with 1", async () => {
  await withServer(async (base, folder) => {
    const { code, stdout, stderr } = await asyncio(["download", "-d", folder, "nope", `${base}/hello.txt`, "-q"]);
    assertEquals(code, 1);
    assertMatch(stdout, /1 of 2 files/);
    assertEquals(stderr, 'error: Cannot download "nope": Not a URL\n');
    assertEquals(namesIn(folder), ["hello.txt"]);
  });
});

Deno.test("asyncio download --json reports each file", async () => {
  await withServer(async (base, folder) => {
    const { stdout } = await asyncio(["download", "-d", folder, `${base}/hello.txt`, "nope", "--json", "-q"]);
    const { files: [hello, nope], ...report } = JSON.parse(stdout);
    assertEquals({ folder: report.folder, size: report.size }, { folder, size: 5 });
    assertEquals([hello.ok, hello.path, hello.size], [true, `${folder}/hello.txt`, 5]);
    assertEquals([nope.ok, nope.url, nope.error], [false, "nope", "Not a URL"]);
  });
});

Deno.test("asyncio download names a folder that cannot be made, and exits with 1", async () => {
  await withServer(async (base, folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const { code, stderr } = await asyncio(["download", "-d", `${folder}/file/books`, `${base}/hello.txt`]);
    assertEquals({ code, stderr }, {
      code: 1,
      stderr: `error: Cannot make the folder "${folder}/file/books": Not a directory\n`,
    });
  });
});
