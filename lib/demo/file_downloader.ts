// Exercise 2, with samples of its own: see `examples/file_downloader.ts` for the exercise itself.

import { download, type DownloadOptions, type DownloadRequest, type DownloadResult } from "../download/mod.ts";
import { sampleRequests, serveSampleFiles } from "./sample_files.ts";

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
  const requests = sampleRequests(server);
  if (options.dir !== undefined) return await downloadFiles(requests, options);

  const dir = await Deno.makeTempDir({ prefix: "asyncio-" });
  try {
    return { ...await downloadFiles(requests, { ...options, dir }), folder: null };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
