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
