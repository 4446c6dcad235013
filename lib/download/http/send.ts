import { isCancellation } from "../../errors.ts";
import { DownloadError } from "../words/download_error.ts";
import {
  checkProtocol,
  type HeaderList,
  type Source,
  withHeaders,
  withoutSecretHeaders,
  withoutSecrets,
} from "../words/request.ts";
import type { Cookies } from "./cookies.ts";
import type { Answer } from "./answer.ts";
import { decodeAnswer } from "./encoding.ts";
import { networkError } from "./network_error.ts";

/** What makes connections, and knows the way that they take. */
export interface Connections {
  readonly client: Deno.HttpClient;
  /** The proxy on the way to a URL; `undefined` where there is none, and for a client of the caller's, which cannot be asked. */
  readonly proxyOf: (url: URL) => string | undefined;
  /** Sent back to the hosts that have set them. */
  readonly cookies: Cookies;
}

/** As browsers have it. */
const MOST_REDIRECTS = 20;

const REDIRECTS: readonly number[] = [300, 301, 302, 303, 307, 308];

/**
 * Make a request, and follow where it leads. The platform would follow too, but it takes all headers along: here
 * `Authorization` and `Cookie` stay with the origin that they were meant for.
 *
 * @param source Where to.
 * @param extra Headers of this request: they make it no secret.
 * @param signal Ends it, and the reading of the answer.
 * @param connections Makes the connection, and knows which proxy that takes.
 */
export async function send(
  source: Source,
  extra: HeaderList,
  signal: AbortSignal,
  { client, proxyOf, cookies }: Connections,
): Promise<Answer> {
  let { url } = source;
  let headers = withHeaders(source.headers, extra);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const sent = withCookies(headers, cookies, url);
    const response = await request(url, { headers: sent, redirect: "manual", signal, client }, proxyOf);
    if (response.headers.has("set-cookie")) cookies.keep(response.headers, url);
    const location = response.headers.get("location");
    if (!REDIRECTS.includes(response.status) || location === null) {
      return await decodeAnswer({ response, url }, "transfer-encoding");
    }
    await response.body?.cancel();
    const next = URL.parse(encodeBytes(location), url);
    if (next === null) {
      throw new DownloadError("answer", `Cannot follow a redirect from ${url.href} as it leads nowhere`);
    }
    checkProtocol(next, "follow a redirect");
    // User name and password in a URL that a server has made up are not the user's.
    if (next.origin !== url.origin) headers = withoutSecretHeaders(headers);
    url = withoutSecrets(next);
  }
  throw new DownloadError("answer", `Cannot follow more than ${MOST_REDIRECTS} redirects from ${source.url.href}`);
}

function withCookies(headers: HeaderList, cookies: Cookies, url: URL): HeaderList {
  const own = headers.find(([name]) => name === "cookie")?.[1];
  const cookie = cookies.headerFor(url, own);
  return cookie === own ? headers : withHeaders(headers, [["cookie", cookie!]]);
}

/** Many servers send a location as it is, in UTF-8; it arrives byte by byte, and each byte is what they mean. */
function encodeBytes(location: string): string {
  return location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

async function request(
  url: URL,
  init: RequestInit & { client: Deno.HttpClient },
  proxyOf: Connections["proxyOf"],
): Promise<Response> {
  try {
    // The platform's own: an attempt has its own signal, for its own time limits, and sees to each body that it gets.
    return await fetch(url, init);
  } catch (error) {
    if (isCancellation(error) || error === init.signal?.reason) throw error;
    const proxy = proxyOf(url);
    throw networkError(error, `reach ${url.host}${proxy === undefined ? "" : ` by the proxy ${proxy}`}`);
  }
}

/** Reads a variable of the environment. */
export type ReadVariable = (name: string) => string | undefined;

/**
 * What proxy the environment sends a request through, for messages: host and port, without what gives access to it. Where
 * that is not certain, nothing is said; and no permission is asked for.
 */
export function proxyFor({ protocol, hostname }: URL, read: ReadVariable = granted): string | undefined {
  const either = (name: string) => read(name) || read(name.toLowerCase()) || undefined;
  const proxy = either("ALL_PROXY") ?? either(protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  if (proxy === undefined || isExempt(hostname, either("NO_PROXY") ?? "")) return undefined;
  return URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`)?.host || undefined;
}

/** Whether a host may be among those that are reached without a proxy: a domain is so with all below it. */
function isExempt(host: string, exempt: string): boolean {
  return exempt.split(",").map((entry) => entry.trim().replace(/^\*?\./, "")).some((entry) =>
    entry === "*" || entry === host || (entry !== "" && host.endsWith(`.${entry}`)) ||
    // A range of addresses.
    (entry.includes("/") && /^[\d.]+$|^\[/.test(host))
  );
}

function granted(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  return Deno.env.get(name);
}
