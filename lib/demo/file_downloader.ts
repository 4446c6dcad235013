// Exercise 2, with samples of its own: see `examples/file_downloader.ts` for the exercise itself.

import type { DownloadOptions } from "../download/mod.ts";
import { downloadFiles, type DownloadReport } from "./download_files.ts";
import { sampleRequests, serveSampleFiles } from "./sample_files.ts";

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
