/**
 * Download files, many at once, checked, resumable, and cancelled with the task around.
 *
 * @example Several files, one of them with a checksum
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { download } from "@asyncio/toolkit/download";
 *
 * await using server = Deno.serve({ port: 0, onListen() {} }, () => new Response("hello"));
 * const site = `http://127.0.0.1:${server.addr.port}`;
 * const dir = await Deno.makeTempDir();
 *
 * const results = await download([
 *   `${site}/one.txt`,
 *   {
 *     url: `${site}/two.txt`,
 *     checksum: "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
 *   },
 * ], { dir });
 *
 * assertEquals(results.map(({ status }) => status), ["complete", "complete"]);
 * await Deno.remove(dir, { recursive: true });
 * ```
 *
 * @module
 */

export type { WaitOptions } from "../core/waiter.ts";
export type { DigestAlgorithm } from "./words/checksum.ts";
export { download } from "./download.ts";
export { DownloadError, type DownloadErrorKind, type DownloadErrorOptions } from "./words/download_error.ts";
export type {
  DownloadEndEvent,
  DownloadEvent,
  DownloadEventBase,
  DownloadInterruptedEvent,
  DownloadProgressEvent,
  DownloadRetryEvent,
  DownloadStartEvent,
} from "./words/report.ts";
export type { DownloadOptions, EncodedFile, ExistingFile } from "./words/options.ts";
export type { DownloadRequest } from "./words/request.ts";
export type { CompleteDownload, DownloadResult, FailedDownload, SkippedDownload } from "./words/report.ts";
