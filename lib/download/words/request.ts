import { inspectBriefly } from "../../core/checks.ts";
import { type Checksum, parseChecksum } from "./checksum.ts";
import { DownloadError } from "./download_error.ts";
import { ownName } from "./safe_name.ts";

/** A file to download, and what is known of it. */
export interface DownloadRequest {
  /** Where it is, with `http:` or `https:`. */
  url: string | URL;
  /**
   * What to call it, kept as it is where the system can store that; with folders below that of the call, as in
   * `"train/data.bin"`. It does not lead out of there.
   *
   * @default the last part of the URL's path, made safe
   */
  name?: string | undefined;
  /** Sent with the requests for this file, in addition to those for all. */
  headers?: HeadersInit | undefined;
  /** What its bytes add up to: `"sha256:"` and the digest in hexadecimal, digits alone, or `"sha256-"` and Base64; also sha512, sha384, sha1, md5. */
  checksum?: string | undefined;
  /** Where else it is; tried in turn when an attempt fails. `Authorization` and `Cookie` are not sent to other hosts. */
  mirrors?: readonly (string | URL)[] | undefined;
}

/** One place that a file can be got from. */
export interface Source {
  /** Without user name and password. */
  readonly url: URL;
  readonly headers: HeaderList;
}

/** A request that has been read. */
export interface FileRequest {
  /** Its place among all requests of the call. */
  readonly index: number;
  /** The URL as it was given, without user name and password. */
  readonly url: string;
  /** Folders below that of the call, that it goes to. */
  readonly folder: string;
  readonly name: string | undefined;
  readonly checksum: Checksum | undefined;
  /** At least one. */
  readonly sources: readonly Source[];
}

/** Read one request; `common` are the headers for all. */
export function readRequest(input: string | URL | DownloadRequest, index: number, common: HeaderList): FileRequest {
  const request = typeof input === "string" || input instanceof URL ? { url: input } : input;
  const urls = [request.url, ...request.mirrors ?? []].map(parseUrl);
  const headers = readHeaders(common, request.headers);
  const home = urls[0]!;
  return {
    index,
    url: withoutSecrets(home).href,
    ...request.name === undefined ? { folder: "", name: undefined } : ownName(request.name),
    checksum: request.checksum === undefined ? undefined : readChecksum(request.checksum),
    sources: urls.map((url) => toSource(url, url.origin === home.origin ? headers : withoutSecretHeaders(headers))),
  };
}

/** Show a request that could not be read. */
export function showUrl(input: unknown): string {
  const url = typeof input === "object" && input !== null && "url" in input ? input.url : input;
  const parsed = URL.parse(String(url));
  return parsed === null ? String(url) : withoutSecrets(parsed).href;
}

/**
 * Check where a request goes, at first or by redirection.
 *
 * @throws {DownloadError} When it is not the web.
 */
export function checkProtocol({ protocol }: URL, doing: string): void {
  if (protocol === "http:" || protocol === "https:") return;
  throw new DownloadError(
    "request",
    `Cannot ${doing} as the URL must be of http or https: current value is ${protocol}`,
  );
}

function parseUrl(input: string | URL): URL {
  const url = URL.parse(String(input));
  if (url === null) {
    throw new DownloadError("request", `Cannot download as it is no URL: current value is ${inspectBriefly(input)}`);
  }
  checkProtocol(url, "download");
  return url;
}

/** Headers for all, and on top of them those for one file. */
function readHeaders(common: HeaderList, own: HeadersInit | undefined): HeaderList {
  if (own === undefined) return common;
  try {
    return withHeaders(common, [...new Headers(own)]);
  } catch (cause) {
    throw new DownloadError("request", `Cannot download with these headers: ${(cause as Error).message}`, { cause });
  }
}

/** User name and password go into a header, and nowhere else: the URL is shown, and written to disk. */
function toSource(url: URL, headers: HeaderList): Source {
  if (url.username === "" && url.password === "") return { url: withoutSecrets(url), headers };
  const pair = `${decode(url.username)}:${decode(url.password)}`;
  const authorization = `Basic ${new TextEncoder().encode(pair).toBase64()}`;
  return { url: withoutSecrets(url), headers: withHeaders(headers, [["authorization", authorization]]) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Leave out user name and password, and the fragment, which is not sent. */
export function withoutSecrets(url: URL): URL {
  // Setting any part of a URL has it parsed anew.
  if (url.username === "" && url.password === "" && url.hash === "") return url;
  const plain = new URL(url);
  plain.username = plain.password = plain.hash = "";
  return plain;
}

function readChecksum(text: string): Checksum {
  const checksum = parseChecksum(text);
  if (checksum !== undefined) return checksum;
  throw new DownloadError(
    "request",
    `Cannot check a download as the checksum must be like sha256:HEX: current value is ${inspectBriefly(text)}`,
  );
}

/** Names, in small letters, and values. To copy a `Headers` object would cost more than all else about a request. */
export type HeaderList = readonly [name: string, value: string][];

/** Headers that are meant for one origin. */
const SECRETS = ["authorization", "cookie", "host", "proxy-authorization"];

/** Leave out the headers that are meant for another origin. */
export function withoutSecretHeaders(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => !SECRETS.includes(name));
}

/** Put headers in the place of those of the same name. */
export function withHeaders(headers: HeaderList, others: HeaderList): HeaderList {
  if (headers.length === 0) return others;
  return [...headers.filter(([name]) => others.every(([other]) => other !== name)), ...others];
}
