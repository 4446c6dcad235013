import type { DownloadError } from "./download_error.ts";

/** A file that has been downloaded, with the right length and digest. */
export interface CompleteDownload {
  /** `"complete"` */
  readonly status: "complete";
  /** Where it was asked for, without user name and password. */
  readonly url: string;
  /** Where it was, after redirects and mirrors. */
  readonly finalUrl: string;
  /** Where it is. */
  readonly path: string;
  /** Its size. */
  readonly bytes: number;
  /** How many of these bytes an earlier run had left. */
  readonly resumed: number;
  /** How long it took from its first turn on, in milliseconds. */
  readonly ms: number;
  /** How many attempts it took, from 1. */
  readonly attempts: number;
  /** What its bytes are still encoded with, as in `"gzip"`, when the name does not tell; `null` for nothing. See `encoded`. */
  readonly encoding: string | null;
  /** As `"sha256:"` and hexadecimal digits; `null` when none was asked for, and the server stated none. */
  readonly digest: string | null;
}

/** A file that was there already. */
export interface SkippedDownload {
  /** `"skipped"` */
  readonly status: "skipped";
  /** Where it was asked for, without user name and password. */
  readonly url: string;
  /** Where it is. */
  readonly path: string;
}

/** A file that was not downloaded. */
export interface FailedDownload {
  /** `"failed"` */
  readonly status: "failed";
  /** Where it was asked for, without user name and password. */
  readonly url: string;
  /** Why. */
  readonly error: DownloadError;
  /** How long it took from its first turn on, in milliseconds. */
  readonly ms: number;
  /** How many attempts were made, from 0. */
  readonly attempts: number;
  /** What the next run can go on with; `null` when nothing was kept. */
  readonly part: string | null;
}

/** What became of one request. */
export type DownloadResult = CompleteDownload | SkippedDownload | FailedDownload;
