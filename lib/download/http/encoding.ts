import { type Answer, discard } from "./answer.ts";
import { DownloadError } from "../words/download_error.ts";
import { codingsIn } from "./codings.ts";

/** What a compressed file is called: then it is what was asked for, whatever the server says about it. */
const NAMES: Readonly<Record<string, RegExp>> = {
  gzip: /\.(t?gz|gzip|svgz)$/i,
  br: /\.br$/i,
  zstd: /\.(zst|tzst|zstd)$/i,
  compress: /\.z$/i,
  bzip2: /\.t?bz2?$/i,
  lzma: /\.t?lzma$/i,
  xz: /\.t?xz$/i,
};

/** What was done to the bytes of a file of that name, and is not told by the name itself. */
export function encodingOf({ headers }: Response, name: string): string[] {
  const codings = codingsIn(headers.get("content-encoding"));
  const [first] = codings;
  return codings.length === 1 && NAMES[first!]?.test(name) ? [] : codings;
}

/** What is read piece by piece. */
type Pieces = AsyncIterable<Uint8Array>;

/**
 * Undo what was done to a body. One that is broken, or is not all there, ends in an error.
 *
 * @param codings What was done, first to last, in small letters.
 * @throws {DownloadError} When one of them cannot be decodeAnswer.
 */
export async function decodeBody(
  body: ReadableStream<Uint8Array>,
  codings: readonly string[],
): Promise<ReadableStream<Uint8Array>> {
  const decoders = [];
  for (const coding of codings.toReversed()) decoders.push(await decoderOf(coding));
  let broken: { readonly error: unknown } | undefined;
  async function* noting() {
    try {
      yield* body;
    } catch (error) {
      broken = { error };
      throw error;
    }
  }
  const pieces = decoders.reduce((pieces: Pieces, decode) => decode(pieces), noting());
  return asBytes(pieces, (error) => {
    if (broken !== undefined) return broken.error;
    const told = `Cannot decode the file (${codings.join(", ")}): ${(error as Error).message}`;
    return new DownloadError("answer", told, { cause: error });
  });
}

/** Make a stream of bytes of them: a file is read into a buffer that the reader brings. */
function asBytes(pieces: Pieces, explain: (error: unknown) => unknown): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      try {
        let next = await iterator.next();
        while (!next.done && next.value.length === 0) next = await iterator.next();
        // A copy: the stream makes what it is given its own.
        if (!next.done) return controller.enqueue(new Uint8Array(next.value));
      } catch (error) {
        throw explain(error);
      }
      controller.close();
      controller.byobRequest?.respond(0);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

/**
 * Only decoders that tell a broken stream from a whole one. In Deno those of the platform do for brotli, and for gzip in one
 * piece; those of Node's library for gzip and deflate; none does for zstd.
 */
async function decoderOf(coding: string): Promise<(pieces: Pieces) => Pieces> {
  if (coding === "br") {
    // Not yet among the formats that TypeScript knows.
    const format = "brotli" as CompressionFormat;
    return (pieces) =>
      ReadableStream.from(pieces as AsyncIterable<BufferSource>).pipeThrough(new DecompressionStream(format));
  }
  if (coding === "gzip" || coding === "deflate") {
    const [{ createGunzip, createInflate }, { pipeline }] = await Promise.all([
      import("node:zlib"),
      import("node:stream"),
    ]);
    // What goes wrong, here or before, comes out of the end.
    return (pieces) => pipeline(pieces, coding === "gzip" ? createGunzip() : createInflate(), () => {});
  }
  throw new DownloadError("answer", `Cannot decode the file as Deno has no safe decoder for ${coding}`);
}

/** Headers that are about the encoded body only, or by which a part of it could be resumed. */
const OF_THE_BODY = ["content-encoding", "content-length", "content-range", "etag", "last-modified", "repr-digest"];

/**
 * Undo what was done to the body of an answer.
 *
 * @param header Says what it was: for the way (`Transfer-Encoding`) or for good (`Content-Encoding`).
 */
export async function decodeAnswer(answer: Answer, header: "transfer-encoding" | "content-encoding"): Promise<Answer> {
  const { response: { body, headers, status, statusText }, url } = answer;
  // Almost every answer: nothing is looked at that need not be.
  const codings = headers.has(header) ? codingsIn(headers.get(header)) : [];
  // Of an empty file many servers send nothing at all.
  if (codings.length === 0 || body === null || headers.get("content-length") === "0") return answer;
  try {
    const plain = new Headers(headers);
    if (header === "content-encoding") { for (const name of OF_THE_BODY) plain.delete(name); }
    return { response: new Response(await decodeBody(body, codings), { headers: plain, status, statusText }), url };
  } catch (error) {
    await discard(answer);
    throw error;
  }
}
