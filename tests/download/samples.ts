// What the tests download, and where to.
import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import type { Behaviour, RawRequest, Reply } from "./faulty_server.ts";

/** Bytes that differ from place to place, so that a file put together wrongly shows. */
export function bytesOf(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Two large arrays are the same. `assertEquals` would show all their differences. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals([actual.length, sha256(actual)], [expected.length, sha256(expected)]);
}

/** A folder that is gone at the end of the block. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
  /** What is in it, sorted. */
  names(): string[];
  read(name: string): Uint8Array;
}

export async function makeFolder(): Promise<Folder> {
  const path = await Deno.makeTempDir({ prefix: "download-test-" });
  return {
    path,
    names: () => [...Deno.readDirSync(path)].map(({ name }) => name).sort(),
    read: (name) => Deno.readFileSync(`${path}/${name}`),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** How a file is served. */
export interface Serving {
  /** `null` for none. */
  etag?: string | null;
  /** Further headers. */
  headers?: Record<string, string>;
  /** Whether ranges are served. */
  ranges?: boolean;
  /** Close the connection after so many bytes of a body. */
  cutAfter?: number;
}

/** A server as it should be, but for what is asked of it. */
export function file(content: Uint8Array, serving: Serving = {}): Behaviour {
  return (request, reply) => serveFile(content, request, reply, serving);
}

export async function serveFile(
  content: Uint8Array,
  { headers: asked }: RawRequest,
  reply: Reply,
  { etag = '"v1"', headers = {}, ranges = true, cutAfter = Infinity }: Serving = {},
): Promise<void> {
  const all = { ...etag === null ? {} : { etag }, ...headers };
  const wanted = ranges ? rangeIn(asked, content.length) : undefined;
  const sameVersion = !asked.has("if-range") || asked.get("if-range") === etag ||
    asked.get("if-range") === headers["last-modified"];
  let body = content;
  if (wanted !== undefined && sameVersion) {
    const [first, last] = wanted;
    if (first >= content.length) {
      await reply.head("416 Range Not Satisfiable", {
        "content-range": `bytes */${content.length}`,
        "content-length": 0,
      });
      return;
    }
    body = content.subarray(first, last + 1);
    const range = `bytes ${first}-${first + body.length - 1}/${content.length}`;
    await reply.head("206 Partial Content", { "content-length": body.length, "content-range": range, ...all });
  } else {
    await reply.head("200 OK", { "content-length": body.length, ...all });
  }
  await reply.body(body.subarray(0, cutAfter));
  if (cutAfter < body.length) reply.close();
}

function rangeIn(headers: Headers, size: number): [number, number] | undefined {
  const [, first, last] = headers.get("range")?.match(/^bytes=(\d+)-(\d*)$/) ?? [];
  if (first === undefined) return undefined;
  return [Number(first), last === "" ? size - 1 : Math.min(Number(last), size - 1)];
}

/** A file that is not there. */
export async function notFound(_request: RawRequest, reply: Reply): Promise<void> {
  await reply.head("404 Not Found", { "content-length": 0 });
}

/** A record as `download` writes it beside a part. */
export function recordText(
  changes: { ino: number | null; url: string; size: number } & Record<string, unknown>,
): string {
  const validator = { kind: "etag", value: '"v1"' };
  const format = { format: "asyncio-toolkit download", version: 3 };
  const wanted = { name: changes.url.split("/").pop(), checksum: null };
  const said = { etag: validator.value, modified: null, encoding: "" };
  return JSON.stringify({
    ...format,
    ...wanted,
    finalUrl: changes.url,
    validator,
    said,
    pieces: null,
    ...changes,
  });
}
