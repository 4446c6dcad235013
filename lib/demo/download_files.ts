import { download, type DownloadOptions, type DownloadRequest, type DownloadResult } from "../download/mod.ts";

/** What became of several files that were downloaded at once. */
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
