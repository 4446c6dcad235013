import { waitAskedFor } from "../../flow/retry_after.ts";
import { DownloadError } from "../words/download_error.ts";
import { confirms, contradicts, isOther, type Validator, type Version, versionOf } from "./validator.ts";

/** An answer, and where it came from. */
export interface Answer {
  readonly response: Response;
  /** After redirects. */
  readonly url: URL;
}

/** What is known of a file from an answer that has brought some of it: whatever comes later must be of the same one. */
export interface KnownFile {
  /** Where it came from, after redirects. */
  readonly finalUrl: string;
  /** Tells its version from all others; `null` when only the checksum can, in the end. */
  readonly validator: Validator | null;
  /** What the server has said of its version, whether or not that tells it from all others. */
  readonly said: Version;
  /** Bytes of the whole file; `null` when the server did not tell. */
  readonly size: number | null;
}

/** What was asked for, when that was not the whole file. */
export interface AskedRange {
  /** First byte. */
  readonly first: number;
  /** Last byte; `null` for the end of the file. */
  readonly last: number | null;
  /** What the part that is there is of; `null` when nothing is there. */
  readonly record: KnownFile | null;
  /** Whether the file will be added up in the end: then a wrong guess costs time, and nothing else. */
  readonly checked: boolean;
}

/** What an answer turned out to be. */
export type Verdict =
  /** The whole file. */
  | { readonly is: "whole"; readonly size: number | null }
  /** What was asked for; `size` is that of the whole file. */
  | { readonly is: "range"; readonly first: number; readonly last: number; readonly size: number | null }
  /** Nothing that fits what is there: ask for the whole file. */
  | { readonly is: "other"; readonly why: string };

/** Statuses that may be different the next time, whether or not the server says when. */
const PASSING: readonly number[] = [408, 425, 429];

/** Whether an answer is a refusal that may be over the next time. */
export function isTransient({ status, headers }: Response): boolean {
  return PASSING.includes(status) || status >= 500 || (status >= 400 && waitAskedFor(headers) !== undefined);
}

/**
 * Judge an answer by its head. What is there and what comes are joined only when the server has confirmed every single
 * thing: the status, the range, the size, the version, and where it came from.
 *
 * @throws {DownloadError} When it is no file at all.
 */
export function judge({ response, url }: Answer, asked: AskedRange | null): Verdict {
  const { status, headers } = response;
  if (status === 200 || status === 203) {
    return (asked === null ? null : rangeSentAs200(headers, asked, url)) ?? judgeWhole(headers, asked);
  }
  if (asked !== null && status === 416) return { is: "other", why: "the server has no such range" };
  if (status === 206) {
    const range = parseContentRange(headers.get("content-range"));
    // Some servers know no other answer than this; some caches answer so when they have all there is.
    const whole = range !== undefined && isWhole(range, headers);
    if (asked === null && whole) return judgeWhole(headers, asked);
    if (asked !== null) {
      const why = range === undefined ? "the server sent no range" : mismatch(range, asked, headers, url);
      if (why === undefined) {
        const { first, last, total } = range!;
        return { is: "range", first, last, size: total ?? asked.record?.size ?? null };
      }
      return whole ? judgeWhole(headers, asked) : { is: "other", why };
    }
  }
  const { statusText } = response;
  const retriable = isTransient(response);
  throw new DownloadError("status", `The server answered ${`${status} ${statusText}`.trim()}`, { status, retriable });
}

/**
 * Judge an answer that claims to be the whole file. Some servers, and caches in front of them, give a range that name: so
 * where a range was asked for it must be known from something else, too. If it is not, asking plainly costs one request.
 *
 * @throws {DownloadError} When it is a range, although the whole file was asked for.
 */
function judgeWhole(headers: Headers, asked: AskedRange | null): Verdict {
  const length = lengthOf(headers);
  // What is no range of bytes tells nothing: some count lines of a table there.
  const range = parseContentRange(headers.get("content-range"));
  const size = length ?? range?.total ?? null;
  const isAll = range === undefined || isWholeFile(range, size);
  if (asked === null) {
    if (isAll) return { is: "whole", size };
    throw new DownloadError("answer", "The server sent a range of the file, though it was asked for all of it", {
      retriable: true,
    });
  }
  if (!isAll) return { is: "other", why: "the server sent a range, and called it the whole file" };
  const { record } = asked;
  // A first piece of a file could be taken for all of it, if it ends just there.
  if (record === null) return size === null || size - 1 === asked.last ? UNPROVEN : { is: "whole", size };
  // As long as the range: it may be that, whatever version it is said to be of.
  if (size !== null && size === lengthOfRange(asked, record)) return UNPROVEN;
  // Another version is no range of the one that was asked for.
  if (record.validator === null ? contradicts(headers, record.said) : isOther(headers, record.validator)) {
    return { is: "whole", size };
  }
  return size !== null && size === record.size ? { is: "whole", size } : UNPROVEN;
}

/**
 * A range that its server calls the whole file, as some hubs do, and that says everything all the same: the range, the size of
 * the file, its own length, and a tag that tells the version from all others; all of it what is known already.
 */
function rangeSentAs200(headers: Headers, asked: AskedRange, url: URL): Verdict | null {
  const range = parseContentRange(headers.get("content-range"));
  const { record } = asked;
  if (range === undefined || record?.validator?.kind !== "etag") return null;
  const { first, last, total } = range;
  const saysAll = first > 0 && total !== null && total === record.size && lengthOf(headers) === last - first + 1;
  return saysAll && mismatch(range, asked, headers, url) === undefined
    ? { is: "range", first, last, size: total }
    : null;
}

const UNPROVEN: Verdict = { is: "other", why: "the server may have sent a range, and called it the whole file" };

/** Bytes that were asked for; `null` when it is not known how many there are to the end of the file. */
function lengthOfRange({ first, last }: AskedRange, { size }: KnownFile): number | null {
  const end = last ?? (size === null ? null : size - 1);
  return end === null ? null : end - first + 1;
}

/** Whether a range is all of a file of this size, as far as is known. */
function isWholeFile({ first, last, total }: ContentRange, size: number | null): boolean {
  return first === 0 && (total === null || total === last + 1) && (size === null || size === last + 1);
}

/** Whether a range is all of the file, and what comes is that range. */
function isWhole({ first, last, total }: ContentRange, headers: Headers): boolean {
  return first === 0 && last + 1 === total && (lengthOf(headers) ?? total) === total;
}

/** Why a range is not the one that was asked for. */
function mismatch(range: ContentRange, asked: AskedRange, headers: Headers, url: URL): string | undefined {
  const { first, last, total } = range;
  const { record } = asked;
  // A server may send less than it was asked for, and leave out how much there is in all: then it must be as much as it
  // has said before. Where it has never said that, it would not show that the end is missing.
  const end = (total ?? record?.size ?? Infinity) - 1;
  if (first !== asked.first || last !== Math.min(asked.last ?? Infinity, end)) return "the server sent another range";
  const length = lengthOf(headers);
  if (length !== null && length !== last - first + 1) return "the server sent a range of another length";
  if (record === null) return undefined;
  if (versionOf(headers).encoding !== record.said.encoding) return "the file comes in another encoding now";
  if (record.size !== null && total !== null && total !== record.size) return "the file has another size now";
  if (asked.checked) return mismatchOfChecked(total, record, headers, url);
  // No range is asked for of such a file.
  if (record.validator === null) return "nothing tells its versions apart";
  if (!confirms(headers, record.validator)) return "the file has changed";
  // It has to be repeated. A server that does not may never have heard of `If-Range`.
  if (record.validator.kind === "etag" && !headers.has("etag")) return "the server does not say what the range is of";
  return isSamePlace(url.href, record.finalUrl) ? undefined : "the file comes from another place now";
}

/** The same for a file that is added up in the end: what must not be is only what is known to be wrong. */
function mismatchOfChecked(total: number | null, record: KnownFile, headers: Headers, url: URL): string | undefined {
  if (isSamePlace(url.href, record.finalUrl)) {
    return contradicts(headers, record.said) ? "the file has changed" : undefined;
  }
  // Each server has its own way to tell versions apart; the size is the same everywhere.
  return total !== null && total === record.size ? undefined : "the other place does not say that it has the same file";
}

/** Bytes of the body; `null` when the server does not tell. */
function lengthOf(headers: Headers): number | null {
  const length = headers.get("content-length");
  // A body in chunks ends by itself, whatever else is said. A length that was sent twice arrives as a list; the platform
  // has checked that it is the same one each time.
  return length === null || headers.has("transfer-encoding") ? null : Number(length.split(",")[0]);
}

/** Whether two URLs are one but for the query, where servers put signatures that change from time to time. */
export function isSamePlace(one: string, other: string): boolean {
  return one.split("?")[0] === other.split("?")[0];
}

/** What part of a file a `206` answer carries. */
export interface ContentRange {
  /** First byte, from 0. */
  readonly first: number;
  /** Last byte; it belongs to the part. */
  readonly last: number;
  /** Bytes of the whole file; `null` when the server does not know. */
  readonly total: number | null;
}

/** Read a `Content-Range` header. Returns `undefined` when it makes no sense. */
export function parseContentRange(header: string | null): ContentRange | undefined {
  const [, first, last, total] = header?.match(/^\s*bytes\s+(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)\s*$/i) ?? [];
  if (first === undefined || last === undefined || total === undefined) return undefined;
  const range = { first: Number(first), last: Number(last), total: total === "*" ? null : Number(total) };
  if (range.first > range.last || (range.total !== null && range.last >= range.total)) return undefined;
  return range;
}

/** Close the connection of an answer, unless its body has been read. */
export async function discard({ response }: Answer): Promise<void> {
  if (!response.bodyUsed) await response.body?.cancel();
}
