import { isCancellation } from "../../errors.ts";
import type { BufferPool } from "./buffer_pool.ts";
import { DownloadError } from "../words/download_error.ts";
import { networkError } from "./network_error.ts";
import type { RateLimit } from "./rate_limit.ts";

/** What to do with a body. */
export interface Receiver {
  /** Bytes that must come; `null` when nobody knows. */
  readonly expected: number | null;
  /** Bytes that may come. */
  readonly most: number;
  readonly rate: RateLimit;
  readonly buffers: BufferPool;
  /** Take the next bytes: they are overwritten after this returns. */
  take(bytes: Uint8Array): void;
  /** Waiting for the network begins (`true`), or pauses, as we ourselves hold it up (`false`). */
  onWaiting(waiting: boolean): void;
}

/**
 * Read a body to its end, into one buffer that is used again and again: so memory does not grow with the file. This
 * moves about twice as much as a stream of chunks does. For those who look at the bytes, and for small files.
 *
 * @throws {DownloadError} When it breaks, or is longer or shorter than it must be.
 */
export async function receive(body: ReadableStream<Uint8Array> | null, receiver: Receiver): Promise<void> {
  const { expected, most, rate, buffers, take, onWaiting } = receiver;
  let received = 0;
  if (body !== null) {
    const reader = body.getReader({ mode: "byob" });
    let buffer = buffers.get(expected, rate.piece);
    let ended = false;
    try {
      for (;;) {
        const { value, done } = await readInto(reader, buffer);
        // Whatever the reader was given comes back as another object, also at the end.
        if (value !== undefined) buffer = value.buffer as ArrayBuffer;
        ended = done;
        if (done) break;
        received += value.length;
        if (received > most) throw tooLong(expected, most);
        take(value);
        if (rate.limited) {
          onWaiting(false);
          await rate.spend(value.length);
        }
        onWaiting(true);
      }
    } finally {
      // A buffer that is still being read into is lost, and detached.
      if (ended) buffers.put(buffer);
      else await reader.cancel().catch(() => {});
    }
  }
  if (expected === null || received === expected) return;
  throw brokenOff(received, expected);
}

/** Fewer bytes have come than must. */
export function brokenOff(received: number, expected: number): DownloadError {
  return new DownloadError("network", `The connection ended after ${received} of ${expected} bytes`, {
    retriable: true,
  });
}

async function readInto(
  reader: ReadableStreamBYOBReader,
  buffer: ArrayBuffer,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    return await reader.read(new Uint8Array(buffer));
  } catch (error) {
    throw isCancellation(error) || error instanceof DownloadError ? error : networkError(error, "receive the file");
  }
}

function tooLong(expected: number | null, most: number): DownloadError {
  if (expected === null || most < expected) {
    return new DownloadError("size", `The file has more bytes than are allowed`);
  }
  return new DownloadError("answer", `The server sent more than the ${expected} bytes it had announced`, {
    retriable: true,
  });
}
