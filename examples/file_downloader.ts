// Exercise 2, file downloader: several files at once over HTTP, streamed to disk. A file gets its name when it is complete
// and right, never before; no file is overwritten, and one that fails does not spoil the others.
//
// Without URLs it downloads from a server of its own into a folder that is removed at the end; with URLs, into the
// current folder, which takes more permissions: deno run --allow-net --allow-read --allow-write
//
// Run: deno run --allow-net=127.0.0.1 --allow-read --allow-write examples/file_downloader.ts

import { run } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own
import { download, type DownloadRequest } from "../lib/download/mod.ts"; // "@asyncio/toolkit/download"
import { sampleRequests, serveSampleFiles } from "../lib/demo/sample_files.ts"; // for where there is no network

async function downloadAll(requests: (string | DownloadRequest)[], dir: string): Promise<void> {
  const start = performance.now();
  const files = await download(requests, { dir });
  for (const result of files) {
    if (result.status === "complete") console.log(`${result.path.split("/").pop()}: ${result.bytes} bytes`);
    if (result.status === "failed") console.log(`${result.url}: ${result.error.message}`);
  }
  const complete = files.filter(({ status }) => status === "complete").length;
  console.log(`${complete} of ${files.length} files in ${Math.round(performance.now() - start)} ms`);
  if (complete < files.length) Deno.exitCode = 1;
}

export async function main(): Promise<void> {
  if (Deno.args.length > 0) return await downloadAll(Deno.args, ".");
  await using server = serveSampleFiles();
  const dir = await Deno.makeTempDir();
  await downloadAll(sampleRequests(server), dir).finally(() => Deno.remove(dir, { recursive: true }));
}

if (import.meta.main) await run(main);

// Output:
// alphabet.bin: 1048576 bytes
// counting.bin: 786432 bytes
// silence.bin: 524288 bytes
// squares.bin: 300007 bytes
// 4 of 4 files in … ms
