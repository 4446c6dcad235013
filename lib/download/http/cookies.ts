/** One cookie, and where it goes back to. */
interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
  readonly secure: boolean;
}

/**
 * Cookies that are set on the way from one redirect to the next: many hosts that ask for consent, or for a session, send one
 * back to the same place and look for it. Each goes to the very host that has set it, whatever it says of a `Domain`: without
 * a list of all domains that are shared by strangers, that is the only safe reading.
 */
export class Cookies {
  readonly #cookies = new Map<string, Cookie>();

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
      const name = pair.slice(0, equals).trim();
      const key = JSON.stringify([host, path, name]);
      this.#cookies.delete(key);
      if (isOver(given)) continue;
      this.#cookies.set(key, { name, value: pair.slice(equals + 1).trim(), host, path, secure: given.has("secure") });
    }
  }

  /** What to send to `url`, below what is sent anyway; `undefined` for nothing. */
  headerFor(url: URL, own: string | undefined): string | undefined {
    const pairs = own === undefined ? [] : [own];
    for (const { name, value, host, path, secure } of this.#cookies.values()) {
      if (host !== url.hostname || (secure && url.protocol !== "https:") || !isBelow(url.pathname, path)) continue;
      pairs.push(`${name}=${value}`);
    }
    return pairs.length === 0 ? undefined : pairs.join("; ");
  }
}

/** Whether a cookie is one to be forgotten. */
function isOver(given: ReadonlyMap<string, string>): boolean {
  const age = given.get("max-age");
  if (age !== undefined && /^-?\d+$/.test(age)) return Number(age) <= 0;
  return Date.parse(given.get("expires") ?? "") <= Date.now();
}

/** Whether a cookie for `path` goes to `pathname`, by RFC 6265, section 5.1.4. */
function isBelow(pathname: string, path: string): boolean {
  return pathname === path || (pathname.startsWith(path) && (path.endsWith("/") || pathname[path.length] === "/"));
}
