/** What a server says of when to come again: the `Retry-After` header. */

/** As much of `Headers` as is needed to read one. */
interface HeadersLike {
  get(name: string): string | null;
}

/** How long the server asks to be left alone, in milliseconds: by its own clock, which may be another one than ours. */
export function waitAskedFor(headers: HeadersLike): number | undefined {
  const date = Date.parse(headers.get("date") ?? "");
  return parseRetryAfter(headers.get("retry-after"), Number.isNaN(date) ? undefined : date);
}

/**
 * Read a `Retry-After` header: a number of seconds, or a date.
 *
 * @param header The header.
 * @param now The time by the clock of the one who sent it, in milliseconds as `Date.now()` tells them.
 * @returns Milliseconds from now, from 0; `undefined` when it makes no sense.
 */
export function parseRetryAfter(header: string | null, now: number = Date.now()): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === "") return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  // `Date.parse` takes too much for a date ("-5" is one); those of HTTP all begin with a day of the week.
  const date = /^[a-z]{3,9},? /i.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
