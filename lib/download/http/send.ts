import { isCancellation } from "../../errors.ts";
import type { Cookies } from "./cookies.ts";
import { decoded } from "./decoded.ts";
import { DownloadError } from "../words/download_error.ts";
import { codingsIn } from "./encoding.ts";
import { type HeaderList, withHeaders, withoutSecretHeaders } from "../words/header_list.ts";
import { networkError } from "./network_error.ts";
import { checkProtocol, type Source, withoutSecrets } from "../words/request.ts";

/** What makes connections, and knows the way that they take. */
export interface Connections {
  readonly client: Deno.HttpClient;
  /** The proxy on the way to a URL, as far as is known: what a client of the caller's does nobody can tell. */
  readonly proxyOf: (url: URL) => string | undefined;
  /** Sent back to the hosts that have set them. */
  readonly cookies: Cookies;
}

/** An answer, and where it came from. */
export interface Answer {
  readonly response: Response;
  /** After redirects. */
  readonly url: URL;
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
      return await undone({ response, url }, "transfer-encoding");
    }
    await response.body?.cancel();
    const next = URL.parse(encodeBytes(location), url);
    if (next === null) {
      throw new DownloadError("answer", `Cannot follow a redirect from ${url.href} as it leads nowhere`);
    }
    checkProtocol(next, "follow a redirect");
    // In a URL that a server made up, these are nobody's secrets, and nobody's business.
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

/** What an answer says about its body that holds for the encoded one only, and what a part could be gone on with. */
const OF_THE_BODY = ["content-encoding", "content-length", "content-range", "etag", "last-modified", "repr-digest"];

/**
 * Undo what was done to the body of an answer.
 *
 * @param header Says what it was: for the way (`Transfer-Encoding`) or for good (`Content-Encoding`).
 */
export async function undone(answer: Answer, header: "transfer-encoding" | "content-encoding"): Promise<Answer> {
  const { response: { body, headers, status, statusText }, url } = answer;
  // Almost every answer: nothing is looked at that need not be.
  const codings = headers.has(header) ? codingsIn(headers.get(header)) : [];
  if (codings.length === 0 || body === null) return answer;
  try {
    const plain = new Headers(headers);
    if (header === "content-encoding") { for (const name of OF_THE_BODY) plain.delete(name); }
    return { response: new Response(await decoded(body, codings), { headers: plain, status, statusText }), url };
  } catch (error) {
    await discard(answer);
    throw error;
  }
}

/** Many servers send a location as it is, in UTF-8; it arrives byte by byte, and each byte is what they mean. */
function encodeBytes(location: string): string {
  return location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Close the connection of an answer, unless its body has been read. */
export async function discard({ response }: Answer): Promise<void> {
  if (!response.bodyUsed) await response.body?.cancel();
}

async function request(
  url: URL,
  init: RequestInit & { client: Deno.HttpClient },
  proxyOf: Connections["proxyOf"],
): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (isCancellation(error) || error === init.signal?.reason) throw error;
    const proxy = proxyOf(url);
    throw networkError(error, `reach ${url.host}${proxy === undefined ? "" : ` by the proxy ${proxy}`}`);
  }
}
