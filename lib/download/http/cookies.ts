/** One cookie, and where it goes back to. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  /** Whether it goes to hosts below that one, too: only the user's own file says so. */
  readonly below: boolean;
  readonly path: string;
  readonly secure: boolean;
  /** Whether scripts of a page must not see it: of no use here, but to whom the jar goes back. */
  readonly httpOnly: boolean;
  /** Until when, in milliseconds of `Date.now()`; `null` for the session. */
  readonly expires: number | null;
}

/**
 * The cookies of one call: many hosts that ask for consent, or for a session, send one on the way of a redirect, or with an
 * earlier file, and look for it. Each goes to the very host that has set it, whatever it says of a `Domain`: without a list of
 * all domains that are shared by strangers, that is the only safe reading.
 */
export class Cookies {
  readonly #cookies = new Map<string, Cookie>();

  /** Those that are kept. */
  [Symbol.iterator](): Iterator<Cookie> {
    return this.#cookies.values();
  }

  /** Keep one, in place of the one of that name. */
  add(cookie: Cookie): void {
    this.#cookies.set(keyOf(cookie), cookie);
  }

  /** Keep what an answer from `url` sets, and forget what it takes back. */
  keep(headers: Headers, { hostname: host, pathname }: URL): void {
    for (const line of headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
      const equals = pair.indexOf("=");
      if (equals < 1) continue;
      const given = new Map(attributes.map((attribute): [string, string] => {
        const [name = "", value = ""] = attribute.split(/=(.*)/s);
        return [name.trim().toLowerCase(), value.trim()];
      }));
      const own = given.get("path") ?? "";
      const path = own.startsWith("/") ? own : pathname.slice(0, Math.max(1, pathname.lastIndexOf("/")));
      const expires = endOf(given);
      const [name, value] = [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
      const cookie = {
        name,
        value,
        host,
        below: false,
        path,
        secure: given.has("secure"),
        httpOnly: given.has("httponly"),
        expires,
      };
      // What no browser would take: a line of a jar is cut by it.
      // deno-lint-ignore no-control-regex
      if (/[\x00-\x1f\x7f]/.test(name + value + path + host)) continue;
      if (expires !== null && expires <= Date.now()) this.#cookies.delete(keyOf(cookie));
      else this.add(cookie);
    }
  }

  /** What to send to `url`, below what is sent anyway; `undefined` for nothing. */
  headerFor(url: URL, own: string | undefined): string | undefined {
    if (this.#cookies.size === 0) return own;
    const pairs = own === undefined ? [] : [own];
    for (const { name, value, host, below, path, secure, expires } of this.#cookies.values()) {
      const isThere = host === url.hostname || (below && url.hostname.endsWith(`.${host}`));
      if (!isThere || (secure && url.protocol !== "https:") || !isBelow(url.pathname, path)) continue;
      if (expires === null || expires > Date.now()) pairs.push(`${name}=${value}`);
    }
    return pairs.length === 0 ? undefined : pairs.join("; ");
  }
}

/** A cookie of the same host, path and name takes the place of another. */
function keyOf({ host, path, name }: Cookie): string {
  return JSON.stringify([host, path, name]);
}

/** The last moment that a date can be. */
const LATEST = 8.64e15;

/** When a cookie is over, by RFC 6265, section 5.3: `Max-Age` comes before `Expires`. */
function endOf(given: ReadonlyMap<string, string>): number | null {
  const age = given.get("max-age");
  if (age !== undefined && /^-?\d+$/.test(age)) return Math.min(Date.now() + Number(age) * 1_000, LATEST);
  const date = Date.parse(given.get("expires") ?? "");
  return Number.isNaN(date) ? null : date;
}

/** Whether a cookie for `path` goes to `pathname`, by RFC 6265, section 5.1.4. */
function isBelow(pathname: string, path: string): boolean {
  return pathname === path || (pathname.startsWith(path) && (path.endsWith("/") || pathname[path.length] === "/"));
}
