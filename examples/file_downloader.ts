// Exercise 2, file downloader: several files at once over HTTP, streamed to disk, each with its progress. A file gets its
// name when it is complete and right, never before; no file is overwritten, and one that fails does not spoil the others.
//
// Without URLs it downloads from a server of its own into a folder that is removed at the end; with URLs, into the
// current folder, which takes more permissions: deno run --allow-net --allow-read --allow-write
//
// Run: deno run --allow-net=127.0.0.1 --allow-read --allow-write examples/file_downloader.ts

import { run } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own
import { download, type DownloadOptions, type DownloadRequest, type DownloadResult } from "../lib/download/mod.ts"; // "@asyncio/toolkit/download"
import { SAMPLE_FILES, serveSampleFiles } from "./_sample_files.ts";

/** What the exercise found out. */
export interface DownloadReport {
  /** Where the files are; `null` when they have been removed again. */
  folder: string | null;
  files: DownloadResult[];
  ms: number;
  /** Of all that were downloaded. */
  size: number;
}

/** Download all files at once. */
export async function downloadFiles(
  requests: readonly (string | DownloadRequest)[],
  options: DownloadOptions = {},
): Promise<DownloadReport> {
  const start = performance.now();
  const files = await download(requests, options);
  const size = files.reduce((sum, file) => sum + (file.status === "complete" ? file.bytes : 0), 0);
  return { folder: options.dir ?? ".", files, ms: performance.now() - start, size };
}

/** Download the sample files from a server of this program's own, and remove them again unless there is a folder. */
export async function downloadSamples(options: DownloadOptions = {}): Promise<DownloadReport> {
  await using server = serveSampleFiles();
  const { port } = server.addr;
  const requests = SAMPLE_FILES.map(({ name, sha256 }) => ({
    url: `http://127.0.0.1:${port}/${name}`,
    checksum: `sha256:${sha256}`,
  }));
  if (options.dir !== undefined) return await downloadFiles(requests, options);

  const dir = await Deno.makeTempDir({ prefix: "asyncio-" });
  try {
    return { ...await downloadFiles(requests, { ...options, dir }), folder: null };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Say in a line what became of a file. */
function describe(result: DownloadResult): string {
  switch (result.status) {
    case "complete":
      return `${result.path.split("/").pop()}: ${result.bytes} bytes`;
    case "skipped":
      return `${result.path} was there already`;
    case "failed":
      return `${result.url}: ${result.error.message}`;
  }
}

async function main(): Promise<void> {
  const options: DownloadOptions = {
    onEvent(event) {
      if (event.type === "end") console.log(describe(event.result));
    },
  };
  const { files, ms } = Deno.args.length === 0
    ? await downloadSamples(options)
    : await downloadFiles(Deno.args, options);
  const complete = files.filter(({ status }) => status === "complete").length;
  console.log(`${complete} of ${files.length} files in ${Math.round(ms)} ms`);
  if (complete < files.length) Deno.exitCode = 1;
}

if (import.meta.main) await run(main);

// Output:
// squares.bin: 300007 bytes
// silence.bin: 524288 bytes
// counting.bin: 786432 bytes
// alphabet.bin: 1048576 bytes
// 4 of 4 files in … ms
