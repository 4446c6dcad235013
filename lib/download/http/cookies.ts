/** One cookie, and where it goes back to. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  /** Whether it goes to hosts below that one, too: only the user's own file says so. */
  readonly below: boolean;
  readonly path: string;
  readonly secure: boolean;
  /** Whether scripts of a page must not see it: of no use here, but the other programs that read the jar go by it. */
  readonly httpOnly: boolean;
  /** Until when, in milliseconds of `Date.now()`; `null` for the session. */
  readonly expires: number | null;
}

/**
 * The cookies of one call: many hosts that ask for consent, or for a session, send one on the way of a redirect, or with an
 * earlier file, and look for it. Each goes to the very host that has set it, whatever it says of a `Domain`: without a list of
 * all domains that are shared by strangers, that is the only safe reading. One exception: a cookie that the user's own file has
 * for a domain may be renewed by the hosts of that domain.
 */
export class Cookies {
  /** By host, so that a request looks only at the cookies that may go with it. */
  readonly #hosts = new Map<string, Map<string, Cookie>>();
  /** What answers have set and taken back, the last of each: what was read before is somebody else's. */
  readonly #changes = new Map<string, Cookie>();

  /** The cookies that answers have set, and those that they have taken back, which have expired. */
  get changes(): Iterable<Cookie> {
    return this.#changes.values();
  }

  /** All that have not expired. */
  *[Symbol.iterator](): Generator<Cookie> {
    const now = Date.now();
    for (const cookies of this.#hosts.values()) {
      for (const cookie of cookies.values()) if (!hasExpired(cookie, now)) yield cookie;
    }
  }

  /** Keep one, in place of the one of that name; one that has expired only takes that one away. */
  add(cookie: Cookie): void {
    const { host } = cookie;
    const key = keyOf(cookie);
    if (!hasExpired(cookie, Date.now())) this.#hosts.getOrInsertComputed(host, () => new Map()).set(key, cookie);
    else if (this.#hosts.get(host)?.delete(key) && this.#hosts.get(host)!.size === 0) this.#hosts.delete(host);
  }

  /** Keep what an answer from `url` sets, and forget what it takes back. */
  keep(headers: Headers, url: URL): void {
    for (const line of headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
      const equals = pair.indexOf("=");
      if (equals < 1) continue;
      const given = new Map(attributes.map((attribute): [string, string] => {
        const [name = "", value = ""] = attribute.split(/=(.*)/s);
        return [name.trim().toLowerCase(), value.trim()];
      }));
      const own = given.get("path") ?? "";
      const { hostname, pathname } = url;
      const cookie = {
        name: pair.slice(0, equals).trim(),
        value: pair.slice(equals + 1).trim(),
        host: hostname,
        below: false,
        path: own.startsWith("/") ? own : pathname.slice(0, Math.max(1, pathname.lastIndexOf("/"))),
        secure: given.has("secure"),
        httpOnly: given.has("httponly"),
        expires: endOf(given),
      };
      // What no browser would take: a line of a jar is cut by it.
      // deno-lint-ignore no-control-regex
      if (/[\x00-\x1f\x7f]/.test(cookie.name + cookie.value + cookie.path + cookie.host)) continue;
      if (url.protocol !== "https:" && (cookie.secure || this.#hidesSecure(cookie))) continue;
      const domain = given.get("domain")?.replace(/^\./, "").toLowerCase();
      const known = domain === undefined ? undefined : this.#ofDomain(cookie, domain);
      const kept = known === undefined ? cookie : { ...cookie, host: known.host, below: true };
      this.#changes.set(`${kept.host} ${keyOf(kept)}`, kept);
      this.add(kept);
    }
  }

  /** What to send to `url`, below what is sent anyway; `undefined` for nothing. */
  headerFor(url: URL, own: string | undefined): string | undefined {
    if (this.#hosts.size === 0) return own;
    const now = Date.now();
    const sent = [...this.#reaching(url.hostname)].filter((cookie) =>
      (!cookie.secure || url.protocol === "https:") && isBelow(url.pathname, cookie.path) && !hasExpired(cookie, now)
    );
    if (sent.length === 0) return own;
    // As RFC 6265, section 5.4, has it: many servers look at the first one of a name.
    sent.sort((a, b) => b.path.length - a.path.length);
    const pairs = sent.map(({ name, value }) => `${name}=${value}`);
    return (own === undefined ? pairs : [own, ...pairs]).join("; ");
  }

  /** Those that go to a host: its own, and those of the domains above it. */
  *#reaching(hostname: string): Generator<Cookie> {
    for (let host = hostname;;) {
      for (const cookie of this.#hosts.get(host)?.values() ?? []) {
        if (cookie.below || host === hostname) yield cookie;
      }
      const dot = host.indexOf(".");
      if (dot < 0) return;
      host = host.slice(dot + 1);
    }
  }

  /** Whether a cookie would take the place of one that only goes over encrypted connections, by RFC 6265bis, section 5.7. */
  #hidesSecure({ host, name, path }: Cookie): boolean {
    return this.#reaching(host).some((cookie) => cookie.secure && cookie.name === name && isBelow(path, cookie.path));
  }

  /** The cookie of a whole domain that one of a host in it renews. */
  #ofDomain({ host, name, path }: Cookie, domain: string): Cookie | undefined {
    return this.#reaching(host).find((cookie) =>
      cookie.below && cookie.host === domain && cookie.name === name && cookie.path === path
    );
  }
}

/** A cookie of the same host or domain, path and name takes the place of another. */
function keyOf({ below, path, name }: Cookie): string {
  return JSON.stringify([below, path, name]);
}

function hasExpired({ expires }: Cookie, now: number): boolean {
  return expires !== null && expires <= now;
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
