import type { DownloadError } from "./download_error.ts";

/** What all events have. */
export interface DownloadEventBase {
  /** Place of the request among all of the call, from 0. */
  readonly index: number;
  /** Where it was asked for, without user name and password. */
  readonly url: string;
}

/** The first bytes of an attempt are about to come. */
export interface DownloadStartEvent extends DownloadEventBase {
  /** `"start"` */
  readonly type: "start";
  /** What the file will be called, unless that name is taken by then. */
  readonly name: string;
  /** Bytes of the whole file; `null` when the server does not tell. */
  readonly size: number | null;
  /** Bytes that are there already. */
  readonly received: number;
  /** Which attempt it is, from 1. */
  readonly attempt: number;
}

/** More bytes have come. Told about ten times a second for each file. */
export interface DownloadProgressEvent extends DownloadEventBase {
  /** `"progress"` */
  readonly type: "progress";
  /** What the file will be called. */
  readonly name: string;
  /** Bytes of the whole file; `null` when the server does not tell. */
  readonly size: number | null;
  /** Bytes that are there. */
  readonly received: number;
}

/** An attempt has failed, and there will be another one. */
export interface DownloadRetryEvent extends DownloadEventBase {
  /** `"retry"` */
  readonly type: "retry";
  /** Why. */
  readonly error: DownloadError;
  /** Which attempt has failed, from 1. */
  readonly attempt: number;
}

/** The call was cancelled while this file was on its way. */
export interface DownloadInterruptedEvent extends DownloadEventBase {
  /** `"interrupted"` */
  readonly type: "interrupted";
  /** The part that the next run can resume; `null` when nothing was kept. */
  readonly part: string | null;
}

/** A file has come, or has failed for good. The last event of each request. */
export interface DownloadEndEvent extends DownloadEventBase {
  /** `"end"` */
  readonly type: "end";
  /** What became of it. */
  readonly result: DownloadResult;
}

/** What happens to one of the requests; `type` tells which event it is. */
export type DownloadEvent =
  | DownloadStartEvent
  | DownloadProgressEvent
  | DownloadRetryEvent
  | DownloadInterruptedEvent
  | DownloadEndEvent;

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
  /** The part that the next run can resume; `null` when nothing was kept. */
  readonly part: string | null;
}

/** What became of one request. */
export type DownloadResult = CompleteDownload | SkippedDownload | FailedDownload;
