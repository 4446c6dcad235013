import { codingsIn } from "./codings.ts";

/** What tells one version of a file from all others: only with one is it safe to add to a part of a file. */
export interface Validator {
  readonly kind: "etag" | "last-modified";
  /** As the server sent it, and as `If-Range` sends it back. */
  readonly value: string;
}

/** What a server says of the version of a file. */
export interface Version {
  readonly etag: string | null;
  readonly modified: string | null;
  /** What was done to its bytes, as a list; empty for nothing. Some servers give all encodings of a file the same `ETag`. */
  readonly encoding: string;
}

/** A file may change twice in the second that `Last-Modified` tells; RFC 7232 held it for sure after a minute. */
const SETTLED_MS = 60_000;

/**
 * Find the strong validator of an answer: an `ETag` that is not weak, or else a `Last-Modified` that lay far enough back
 * when the answer was made. As RFC 9110, section 8.8.
 */
export function strongValidator(headers: Headers): Validator | undefined {
  const etag = headers.get("etag")?.trim();
  if (etag !== undefined && /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag)) return { kind: "etag", value: etag };
  const modified = headers.get("last-modified")?.trim();
  if (modified === undefined) return undefined;
  const age = Date.parse(headers.get("date") ?? "") - Date.parse(modified);
  return age >= SETTLED_MS ? { kind: "last-modified", value: modified } : undefined;
}

/** The header that asks for a part of a file only if that is still of this version, and else for the whole. */
export function ifRange({ value }: Validator): [name: string, value: string] {
  return ["if-range", value];
}

/**
 * Whether an answer to a request with `If-Range` is of the same version. A server may leave `Last-Modified` out of such an
 * answer; then `If-Range` has to be trusted, as it was made for this.
 */
export function confirms(headers: Headers, { kind, value }: Validator): boolean {
  const current = headers.get(kind)?.trim();
  return current === undefined || current === value;
}

/** Whether an answer says that it is of another version. */
export function isOther(headers: Headers, { kind, value }: Validator): boolean {
  const current = headers.get(kind)?.trim();
  return current !== undefined && current !== value;
}

/** Read what an answer says of its version. */
export function versionOf(headers: Headers): Version {
  const encoding = codingsIn(headers.get("content-encoding")).join(", ");
  return { etag: headers.get("etag"), modified: headers.get("last-modified"), encoding };
}

/** Whether an answer says that it is of another version, going by the weakest signs there are. */
export function contradicts(headers: Headers, { etag, modified }: Version): boolean {
  const now = versionOf(headers);
  if (etag !== null && now.etag !== null) return opaque(etag) !== opaque(now.etag);
  return modified !== null && now.modified !== null && modified !== now.modified;
}

function opaque(etag: string): string {
  return etag.trim().replace(/^W\//, "");
}
