import { assert, assertEquals } from "@std/assert";
import { download } from "../../../lib/download/mod.ts";
import { diskError } from "../../../lib/download/disk/disk_error.ts";
import { Process, runProgram } from "../../program.ts";
import { serveFaults } from "../faulty_server.ts";
import { assertBytes, bytesOf, makeFolder, serveFile } from "../samples.ts";

const CONTENT = bytesOf(3_000_000);

Deno.test("diskError() says what the system's errors mean, and tells the disk from permissions", () => {
  const full = Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });
  const error = diskError(full, "write a.part");
  assertEquals(error.message, "Cannot write a.part: no space left on the disk");
  assertEquals([error.kind, error.retriable, error.cause], ["disk", false, full]);
  const denied = new Deno.errors.NotCapable('Requires write access to "a"');
  assertEquals(diskError(denied, "write a").kind, "permission");
  assertEquals(diskError(error, "do anything else"), error);
});

Deno.test("download() says that its folder is none, and makes no request", async () => {
  await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  for (const dir of [`${folder.path}/file`, `${folder.path}/file/below`]) {
    const [result] = await download([`${server.origin}/a`], { dir });
    assert(result?.status === "failed");
    assertEquals(result.error.kind, "disk");
    assert(
      /^Cannot write to .*: (there is a file of that name|part of the path is not a folder)$/.test(
        result.error.message,
      ),
    );
  }
  assertEquals(server.requests, []);
});

Deno.test("download() cuts a name that is too long for the file system", async () => {
  await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  const [result] = await download([`${server.origin}/${"é".repeat(300)}.txt`], { dir: folder.path });
  assertEquals(result?.status, "complete");
  assertEquals(folder.names().length, 1);
});

Deno.test("download() overwrites no folder, even when it may overwrite files", async () => {
  await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  await Deno.mkdir(`${folder.path}/a`);
  const [result] = await download([`${server.origin}/a`], { dir: folder.path, existing: "overwrite" });
  assert(result?.status === "failed");
  assertEquals(result.error.message, `Cannot overwrite ${folder.path}/a as it is no file: it is a folder`);
  // That is told before anything is asked for.
  assertEquals([result.part, server.requests.length, folder.names()], [null, 0, ["a"]]);
});

Deno.test({
  name: "download() turns no pipe into a file, and takes none for one",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
    await using folder = await makeFolder();
    await new Process("mkfifo", [`${folder.path}/a`]).ended();
    const path = `${folder.path}/a`;
    for (
      const [existing, doing] of [["overwrite", `overwrite ${path}`], ["skip", `take ${path} for the file`]] as const
    ) {
      const [result] = await download([`${server.origin}/a`], { dir: folder.path, existing });
      assert(result?.status === "failed");
      assertEquals(result.error.message, `Cannot ${doing} as it is no file: it is a pipe`);
    }
    assert(Deno.lstatSync(path).isFifo);
    assertEquals(server.requests, []);
  },
});

Deno.test("download() overwrites no folder of which it learns by the server's name for the file", async () => {
  await using server = serveFaults((request, reply) =>
    serveFile(CONTENT, request, reply, { headers: { "content-disposition": "attachment; filename=b" } })
  );
  await using folder = await makeFolder();
  await Deno.mkdir(`${folder.path}/b`);
  const options = { dir: folder.path, existing: "overwrite", contentDisposition: true } as const;
  const [result] = await download([`${server.origin}/a`], options);
  assert(result?.status === "failed");
  assertEquals(result.error.message, `Cannot overwrite ${folder.path}/b as it is no file: it is a folder`);
  assertEquals(folder.names(), ["b"]);
});

Deno.test("download() overwrites a link, and not what it leads to", async () => {
  await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  await using outside = await makeFolder();
  await Deno.writeTextFile(`${outside.path}/precious`, "mine");
  await Deno.symlink(`${outside.path}/precious`, `${folder.path}/a`);
  const [result] = await download([`${server.origin}/a`], { dir: folder.path, existing: "overwrite" });
  assertEquals(result?.status, "complete");
  assertBytes(folder.read("a"), CONTENT);
  assertEquals(await Deno.readTextFile(`${outside.path}/precious`), "mine");
});

/** Download in a process that may write files of so many blocks of 512 bytes; only a shell can set such a limit. */
async function downloadWithin(blocks: number, url: string, dir: string): Promise<Record<string, unknown>> {
  const code = `
      import { download } from ${JSON.stringify(import.meta.resolve("../../../lib/download/mod.ts"))};
      const [result] = await download(["${url}"], { dir: "${dir}", retries: 3 });
      console.log(JSON.stringify({ ...result, message: result.error?.message }));
    `;
  const within = `ulimit -f ${blocks}; trap '' XFSZ`;
  const { stdout } = await runProgram("", code, { permissions: ["-A"], within });
  return JSON.parse(stdout);
}

// A limit on the size of files stands for the full disk. A process takes most of the time.
Deno.test("download() keeps the part when the disk is full, and goes on when there is room again", async () => {
  await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  const url = `${server.origin}/a.bin`;
  const { message, attempts, part } = await downloadWithin(2000, url, folder.path);
  assertEquals(message, `Cannot write ${part}: File too large`);
  assertEquals(attempts, 1);

  const [result] = await download([url], { dir: folder.path });
  assert(result?.status === "complete");
  assert(result.resumed > 500_000, `${result.resumed}`);
  assertBytes(folder.read("a.bin"), CONTENT);
});

// A process takes most of the time.
Deno.test("download() leaves nothing behind when the disk has room for the names of files only", async () => {
  await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  await using folder = await makeFolder();
  const { message, part } = await downloadWithin(0, `${server.origin}/a.bin`, folder.path);
  assertEquals(message, `Cannot write ${folder.path}/a.bin.part: File too large`);
  assertEquals(part, null);
  assertEquals(folder.names(), []);
});

Deno.test("download() says that a folder is not to be written to, and takes that for no reason to try again", async () => {
  await using server = serveFaults((request, reply) => serveFile(CONTENT, request, reply));
  // Here nobody can make a file, whatever their rights.
  const [result] = await download([`${server.origin}/a`], { dir: "/proc/self/fdinfo" });
  assert(result?.status === "failed");
  assertEquals([result.error.kind, result.attempts, result.part], ["disk", 1, null]);
  assertEquals(server.requests, []);
});
