import { assert, assertEquals } from "@std/assert";
import { allTasks } from "../../mod.ts";
import { download } from "../../lib/download/mod.ts";
import { serveFaults } from "./faulty_server.ts";
import { assertBytes, bytesOf, file, makeFolder, serveFile, sha256 } from "./samples.ts";

const CONTENT = bytesOf(200_000);

Deno.test("download() names its tasks after their files", async () => {
  await using server = serveFaults(file(CONTENT));
  await using folder = await makeFolder();
  const names = new Set<string>();
  await download([`${server.origin}/a.bin`, { url: `${server.origin}/b`, name: "b.bin" }, "no URL"], {
    dir: folder.path,
    onEvent: () => allTasks().forEach(({ name }) => names.add(name)),
  });
  assert(new Set(["a.bin", "b.bin", "no URL"]).isSubsetOf(names), [...names].join(", "));
});

Deno.test("download() writes many files at once, each with its own bytes", async () => {
  const contents = Array.from({ length: 8 }, (_, i) => bytesOf(300_000 + i));
  await using server = serveFaults((request, reply) =>
    serveFile(contents[Number(request.path.slice(1))]!, request, reply)
  );
  await using folder = await makeFolder();
  const results = await download(contents.map((_, i) => `${server.origin}/${i}`), {
    dir: folder.path,
    digest: "sha256",
  });
  for (const [i, content] of contents.entries()) {
    const result = results[i];
    assert(result?.status === "complete");
    assertEquals(result.digest, `sha256:${sha256(content)}`);
    assertBytes(folder.read(`${i}`), content);
  }
});
