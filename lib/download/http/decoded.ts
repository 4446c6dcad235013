import { DownloadError } from "../words/download_error.ts";

/** What is read piece by piece. */
type Pieces = AsyncIterable<Uint8Array>;

/**
 * Undo what was done to a body. One that is broken, or is not all there, ends in an error.
 *
 * @param codings What was done, first to last, in small letters.
 * @throws {DownloadError} When one of them cannot be undone.
 */
export async function decoded(
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

/** Whoever reads a file brings a buffer: it takes a stream of bytes. */
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
