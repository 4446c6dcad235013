// The command around the downloader, as its users run it: as a process, against a server of this machine.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { gzipSync } from "node:zlib";
import { downloadSamples } from "../../../lib/demo/file_downloader.ts";
import { type Behaviour, type FaultyServer, serveFaults } from "../../download/faulty_server.ts";
import { assertBytes, bytesOf, type Folder, makeFolder, notFound, serveFile, sha256 } from "../../download/samples.ts";
import { asyncio, type CliEnded, start } from "../asyncio.ts";
import { CERT, KEY } from "../certificate.ts";

const CONTENT = bytesOf(300_000);

/** A server, an empty folder, and the command with that folder. */
interface Stage {
  readonly server: FaultyServer;
  readonly folder: Folder;
  run(...args: string[]): Promise<CliEnded>;
}

const serve: Behaviour = (request, reply) =>
  request.path === "/missing" ? notFound(request, reply) : serveFile(CONTENT, request, reply);

async function onStage(test: (stage: Stage) => Promise<void>, behave: Behaviour = serve): Promise<void> {
  await using server = serveFaults(behave);
  await using folder = await makeFolder();
  const run = (...args: string[]) => asyncio(["download", "--dir", folder.path, ...args]);
  await test({ server, folder, run });
}

// Half a second: the sample server sends at the pace of a modest line, so that there is something to see.
Deno.test("downloadSamples() keeps the files where it is told to", async () => {
  await using folder = await makeFolder();
  const { files } = await downloadSamples({ dir: folder.path });
  assertEquals(files.map(({ status }) => status), ["complete", "complete", "complete", "complete"]);
  assertEquals(folder.names(), ["alphabet.bin", "counting.bin", "silence.bin", "squares.bin"]);
});

Deno.test("asyncio download prints the path of each file, and a line for each as it comes", () =>
  onStage(async ({ server, folder, run }) => {
    const { code, stdout, stderr } = await run(`${server.origin}/a.bin`);
    assertEquals(code, 0);
    assertMatch(stdout, /^File downloader\n\n/);
    assertStringIncludes(stdout, `${folder.path}/a.bin  300 kB  `);
    assertMatch(stdout, /\n1 of 1 files, 300 kB in [\d.]+ m?s\n$/);
    assertMatch(stderr, /^a\.bin: 300 kB in [\d.]+ (?:µs|ms|s)\n$/);
    assertBytes(folder.read("a.bin"), CONTENT);
  }));

Deno.test("asyncio download names each file that failed, and exits with 1", () =>
  onStage(async ({ server: { origin }, folder, run }) => {
    const { code, stdout, stderr } = await run("nope", `${origin}/missing`, `${origin}/a.bin`, "-q");
    assertEquals(code, 1);
    assertMatch(stdout, /\n1 of 3 files/);
    assertEquals(stderr.split("\n").sort(), [
      "",
      `error: ${origin}/missing: The server answered 404 Not Found`,
      'error: nope: Cannot download as it is no URL: current value is "nope"',
    ]);
    assertEquals(folder.names(), ["a.bin"]);
  }));

Deno.test("asyncio download --json prints an event a line, and a summary last", () =>
  onStage(async ({ server: { origin }, folder, run }) => {
    const { stdout, stderr } = await run(`${origin}/a.bin`, `${origin}/missing`, "--json", "-q");
    const events = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    const { ms: _, ...summary } = events.pop();
    assertEquals(summary, { type: "summary", complete: 1, skipped: 0, failed: 1, files: 2, bytes: CONTENT.length });
    const of = (index: number) => events.filter((event) => event.index === index && event.type !== "progress");
    assertEquals(of(0).map(({ type }) => type), ["start", "end"]);
    assertEquals(of(0)[1].result.path, `${folder.path}/a.bin`);
    assertEquals(of(1)[0].result.error, { kind: "status", message: "The server answered 404 Not Found", status: 404 });
    assertEquals(stderr, `error: ${origin}/missing: The server answered 404 Not Found\n`);
  }));

Deno.test("asyncio download reads a list, with options of its own for each line", () =>
  onStage(async ({ server: { origin }, folder, run }) => {
    const list = `${folder.path}/list.txt`;
    await Deno.writeTextFile(
      list,
      `# two files\n\n${origin}/a -o first.bin --checksum sha256:${sha256(CONTENT)}\r\n${origin}/b -H 'X-Token: a b'\n`,
    );
    const { code, stderr } = await run("--input", list, "-q");
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(folder.names(), ["b", "first.bin", "list.txt"]);
  }));

Deno.test("asyncio download sends the headers of a list line, on top of those of the command", () =>
  onStage(async ({ server, folder, run }) => {
    const list = `${folder.path}/list.txt`;
    await Deno.writeTextFile(list, `${server.origin}/a --header "X-A: line"`);
    await run("-i", list, "-H", "X-A: command", "-H", "X-B: command: both");
    const { headers } = server.requests[0]!;
    assertEquals([headers.get("x-a"), headers.get("x-b")], ["line", "command: both"]);
  }));

Deno.test("asyncio download reads a list from standard input", () =>
  onStage(async ({ server, folder }) => {
    await using process = start(["download", "-d", folder.path, "-i", "-"], { stdin: `${server.origin}/a.bin\n` });
    assertEquals((await process.ended()).code, 0);
    assertEquals(folder.names(), ["a.bin"]);
  }));

Deno.test("asyncio download --output names the file of a single URL, and its folder", () =>
  onStage(async ({ server, folder, run }) => {
    const checksum = `sha256:${sha256(CONTENT)}`;
    const { code, stdout } = await run("-o", "new/mine.bin", "--checksum", checksum, `${server.origin}/a`);
    assertEquals(code, 0);
    assertEquals(folder.names(), ["new"]);
    assertBytes(folder.read("new/mine.bin"), CONTENT);
    assertStringIncludes(stdout, `sha256 ${sha256(CONTENT).slice(0, 12)}…`);
  }));

Deno.test("asyncio download --output begins in the folder of --dir, and may lead out of it", () =>
  onStage(async ({ server: { origin }, folder }) => {
    const { code } = await asyncio(["download", "-q", "-d", `${folder.path}/books`, "-o", "../x", `${origin}/a`]);
    assertEquals(code, 0);
    assertEquals(folder.names(), ["x"]);
    assertBytes(folder.read("x"), CONTENT);
  }));

Deno.test("asyncio download names the proxy that does not answer, and not its password", () =>
  onStage(async ({ folder }) => {
    // Nobody listens there any more.
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    listener.close();
    const { port } = listener.addr;
    const { code, stderr } = await asyncio(
      ["download", "-q", "--retries", "0", "-d", folder.path, "http://host.test/a"],
      { env: { http_proxy: `http://me:secret@127.0.0.1:${port}` }, permissions: ["-A"] },
    );
    assertEquals(code, 1);
    assertStringIncludes(stderr, `Cannot reach host.test by the proxy 127.0.0.1:${port}: `);
    assertEquals(stderr.includes("secret"), false);
  }));

Deno.test("asyncio download --output is what one gets", () =>
  onStage(async ({ server, folder }) => {
    const names = [".env", "notes 12:30.txt", "-x", "sub/up.bin", "as is/"];
    for (const name of Deno.build.os === "windows" ? names.filter((name) => !name.includes(":")) : names) {
      const { code, stderr } = await asyncio([
        "download",
        `--output=${folder.path}/${name}`,
        `${server.origin}/a`,
        "-q",
      ]);
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
      assertBytes(folder.read(name.endsWith("/") ? `${name}a` : name), CONTENT);
    }
  }));

Deno.test("asyncio download --output - writes the file to standard output, and nothing else", () =>
  onStage(async ({ server, folder, run }) => {
    await using process = start([
      "download",
      "-o",
      "-",
      "--checksum",
      `sha256:${sha256(CONTENT)}`,
      `${server.origin}/a`,
    ]);
    const { code, stderr } = await process.ended();
    assertEquals(code, 0);
    assertBytes(process.bytes, CONTENT);
    assertMatch(stderr, /^a: 300 kB in [\d.]+ (?:µs|ms|s)\n$/);
    const failed = await run("-o", "-", `${server.origin}/missing`);
    assertEquals({ code: failed.code, stdout: failed.stdout }, { code: 1, stdout: "" });
    assertEquals(folder.names(), []);
  }));

Deno.test("asyncio download puts the files of a list into folders of theirs, all below its own", () =>
  onStage(async ({ server: { origin }, folder }) => {
    const list = `${origin}/1 -o train/data.bin\n${origin}/2 -o test/data.bin\n${origin}/it's.bin -o ../../up/\n`;
    const { code, stderr } = await asyncio(["download", "-q", "-d", folder.path, "-i", "-"], { stdin: list });
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(folder.names(), ["test", "train", "up"]);
    for (const name of ["train/data.bin", "test/data.bin", "up/it's.bin"]) assertBytes(folder.read(name), CONTENT);
  }));

Deno.test("asyncio download --encoded says what becomes of a file that is stored compressed", () => {
  const packed = new Uint8Array(gzipSync(CONTENT));
  return onStage(async ({ server, folder, run }) => {
    const kept = await run(`${server.origin}/a`);
    assertMatch(kept.stderr, /^a: saved as it is stored \(gzip\); --encoded decode unpacks it\na: /);
    assertBytes(folder.read("a"), packed);
    assertEquals((await run(`${server.origin}/a`, "--encoded", "refuse")).code, 1);
    assertEquals((await run(`${server.origin}/b`, "--encoded=decode")).code, 0);
    assertBytes(folder.read("b"), CONTENT);
    assertEquals((await run(`${server.origin}/b`, "--encoded=unpack")).code, 2);
  }, (request, reply) => serveFile(packed, request, reply, { headers: { "content-encoding": "gzip" } }));
});

// Half a second, as above.
Deno.test("asyncio download --samples downloads the files of an embedded server", () =>
  onStage(async ({ folder, run }) => {
    assertEquals((await run("--samples", "-q")).code, 0);
    assertEquals(folder.names(), ["alphabet.bin", "counting.bin", "silence.bin", "squares.bin"]);
  }));

Deno.test("asyncio download tells apart what to do about files that are there", () =>
  onStage(async ({ server, folder, run }) => {
    const url = `${server.origin}/a.bin`;
    await Deno.writeTextFile(`${folder.path}/a.bin`, "mine");
    const { code, stdout } = await run(url, "--skip-existing");
    assertEquals(code, 0);
    assertMatch(stdout, /\n0 of 1 files, 0 B in [\d.]+ (?:µs|ms|s), 1 skipped\n$/);
    await run(url);
    assertEquals(folder.names(), ["a (1).bin", "a.bin"]);
    assertEquals(await Deno.readTextFile(`${folder.path}/a.bin`), "mine");
    await run(url, "--overwrite");
    assertBytes(folder.read("a.bin"), CONTENT);
  }));

Deno.test("asyncio download refuses a --cookie-jar that is none, and writes one that is not there", () =>
  onStage(async ({ server: { origin }, folder, run }) => {
    const jar = `${folder.path}/cookies.txt`;
    assertEquals((await run("-q", "--cookie-jar", jar, `${origin}/a.bin`)).code, 0);
    assertEquals(folder.names(), ["a.bin", "cookies.txt"]);
    await Deno.writeTextFile(jar, "buy milk");
    const { code, stderr } = await run("-q", "--cookie-jar", jar, `${origin}/b.bin`);
    assertEquals(code, 2);
    assertMatch(stderr, /line 1 is no cookie/);
  }));

Deno.test("asyncio download --checksum @FILE checks each file by a list like SHA256SUMS", () =>
  onStage(async ({ server: { origin }, folder, run }) => {
    const sums = `${folder.path}/SHA256SUMS`;
    const zeros = "0".repeat(64);
    await Deno.writeTextFile(
      sums,
      `${sha256(CONTENT)}  ./a.bin\nSHA256 (it's b) = ${sha256(CONTENT)}\n${zeros} *c.bin\n`,
    );
    const good = await run("--checksum", `@${sums}`, `${origin}/a.bin`, `${origin}/it's%20b`, "-q");
    assertEquals({ code: good.code, stderr: good.stderr }, { code: 0, stderr: "" });
    const bad = await run("--checksum", `@${sums}`, `${origin}/c.bin`, "-q", "--retries", "0");
    assertEquals(bad.code, 1);
    assertMatch(bad.stderr, /sha256 digest of the file is/);
    const unlisted = await run("--checksum", `@${sums}`, `${origin}/d.bin`);
    assertEquals(unlisted.code, 2);
    assertMatch(unlisted.stderr, /SHA256SUMS has no checksum for "d\.bin"/);
    assertEquals(folder.names(), ["SHA256SUMS", "a.bin", "it's b"]);
  }));

Deno.test("asyncio download --checksum takes bare digits, and Base64 as web pages have it", () =>
  onStage(async ({ server: { origin }, run }) => {
    const hex = sha256(CONTENT);
    for (const sum of [hex, `sha256-${Uint8Array.fromHex(hex).toBase64()}`]) {
      assertEquals((await run("--checksum", sum, `${origin}/a`, "-q")).code, 0);
    }
  }));

Deno.test("asyncio download --cacert trusts a certificate, and without it says what is wrong, once", () =>
  onStage(async ({ folder, run }) => {
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", cert: CERT, key: KEY, onListen() {} },
      () => new Response("hello"),
    );
    const url = `https://127.0.0.1:${server.addr.port}/a`;
    const untrusted = await run(url, "-q");
    assertEquals(untrusted.code, 1);
    assertMatch(untrusted.stderr, /^error: .*certificate.*\n$/);
    await Deno.writeTextFile(`${folder.path}/ca.pem`, CERT);
    assertEquals((await run(url, "-q", "--cacert", `${folder.path}/ca.pem`)).code, 0);
    assertEquals(await Deno.readTextFile(`${folder.path}/a`), "hello");
  }));

Deno.test("asyncio download sends a Host of one's own, to that origin only", () =>
  onStage(async ({ server, run }) => {
    await using other = serveFaults(serve);
    const redirecting: Behaviour = (request, reply) =>
      reply.head("302 Found", { location: `${other.origin}${request.path}`, "content-length": 0 });
    await using first = serveFaults(redirecting);
    await run("-H", "Host: example.com", `${server.origin}/a`, `${first.origin}/b`, "-q");
    assertEquals(server.requests[0]!.headers.get("host"), "example.com");
    assertEquals(first.requests[0]!.headers.get("host"), "example.com");
    assertEquals(other.requests[0]!.headers.get("host"), new URL(other.origin).host);
  }));

const MISTAKES: [args: string[], message: RegExp][] = [
  [
    ["-H", "X-Name: 日本", "http://127.0.0.1/a"],
    /--header as X-Name must be plain ASCII: current value is "日本"\nhint: /,
  ],
  [["-H", "näme: a", "http://127.0.0.1/a"], /--header as "näme" is no name of a header/],
  [
    ["--checksum", "sha256:00", "http://127.0.0.1/a"],
    /--checksum as it must be like sha256:HEX.*: current value is "sha256:00"/,
  ],
  [["--input", "no/list.txt"], /Cannot read no\/list\.txt for --input: there is no such file/],
  [["--input", "docs"], /Cannot read docs for --input: /],
  [["--checksum", "@no/SUMS", "http://127.0.0.1/a"], /Cannot read no\/SUMS for --checksum: there is no such file/],
  [["--cacert", "no/ca.pem", "http://127.0.0.1/a"], /Cannot read no\/ca\.pem for --cacert: there is no such file/],
  [["--cookie-jar", "docs", "http://127.0.0.1/a"], /Cannot read docs for --cookie-jar: /],
  [
    ["--cookie-jar", "no/jar.txt", "http://127.0.0.1/a"],
    /Cannot keep cookies in no\/jar\.txt as there is no such folder/,
  ],
  [["--cacert", "deno.json", "http://127.0.0.1/a"], /--cacert as it must be a file of certificates in PEM/],
  [[], /asyncio download needs a URL\nhint: asyncio download --samples/],
  [["-o", "foo.bin"], /asyncio download needs a URL/],
  [["--samples", "http://127.0.0.1/a"], /--samples as there are URLs: current number is 1/],
  [["--samples", "-o", "a"], /--output as it is for a single URL: current number is 0/],
  [["-o", "-", "--json", "http://127.0.0.1/a"], /--output - and --json together/],
  [["--overwrite", "--skip-existing", "http://127.0.0.1/a"], /--overwrite and --skip-existing together/],
  [["-o", "x", "http://127.0.0.1/a", "http://127.0.0.1/b"], /--output as it is for a single URL: current number is 2/],
  [["--checksum", "sha256:00", "http://127.0.0.1/a", "http://127.0.0.1/b"], /--checksum as it is for a single URL/],
  [
    ["--header", "nonsense", "http://127.0.0.1/a"],
    /--header as it must be a name and a value.*: current value is "nonsense"/,
  ],
  [["--max-size", "big"], /--max-size as it must be a number of bytes from 1/],
  [["--jobs", "0"], /--jobs as it must be a whole number from 1/],
];

for (const [args, message] of MISTAKES) {
  Deno.test(`asyncio download ${args.join(" ")} exits with 2`, async () => {
    const { code, stderr } = await asyncio(["download", ...args]);
    assertEquals(code, 2);
    assertMatch(stderr, message);
  });
}

Deno.test("asyncio download keeps the part on Ctrl-C, exits with 130, and goes on the next time", () => {
  let interrupted = false;
  const behave: Behaviour = async (request, reply) => {
    if (interrupted) return await serveFile(CONTENT, request, reply);
    await reply.head("200 OK", { "content-length": CONTENT.length, etag: '"v1"' });
    await reply.body(CONTENT.subarray(0, 200_000));
    await reply.stall();
  };
  return onStage(async ({ server, folder, run }) => {
    const url = `${server.origin}/a.bin`;
    await using process = start(["download", "-d", folder.path, url]);
    while (sizeOf(`${folder.path}/a.bin.part`) < 200_000) await new Promise((resolve) => setTimeout(resolve, 5));
    process.kill("SIGINT");
    const { code, stderr } = await process.ended();
    assertEquals(code, 130);
    assertEquals(
      stderr,
      "1 file is kept in part: the same command goes on where this one stopped\nInterrupted\n",
    );
    assertEquals(folder.names(), ["a.bin.part", "a.bin.part.asyncio"]);

    interrupted = true;
    const before = server.sent;
    assertEquals((await run(url)).code, 0);
    assertEquals(server.sent - before, 100_000);
    assertBytes(folder.read("a.bin"), CONTENT);
  }, behave);
});

Deno.test("asyncio download says how to go on with what has failed in the middle", () =>
  onStage(async ({ server, folder, run }) => {
    const { code, stderr } = await run(`${server.origin}/a.bin`, "--retries", "0", "-q");
    assertEquals(code, 1);
    assertMatch(
      stderr,
      /^error: http.*: Cannot receive the file: .*\nhint: The same command goes on with .*a\.bin\.part\n$/,
    );
    assertEquals(folder.names(), ["a.bin.part", "a.bin.part.asyncio"]);
  }, (request, reply) => serveFile(CONTENT, request, reply, { cutAfter: 200_000 })));

Deno.test("asyncio download names a folder that cannot be made, and exits with 1", () =>
  onStage(async ({ server, folder }) => {
    await Deno.writeTextFile(`${folder.path}/file`, "");
    const { code, stderr } = await asyncio(["download", "-d", `${folder.path}/file/below`, `${server.origin}/a`]);
    assertEquals(code, 1);
    assertMatch(stderr, /^error: .*: Cannot write to .*\/file\/below: part of the path is not a folder\n$/);
  }));

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
