import { currentScope } from "../../core/ambient.ts";
import { isCancellation } from "../../errors.ts";
import { sleep } from "../../tasks/sleep.ts";
import { DownloadError } from "../words/download_error.ts";
import { networkError } from "./network_error.ts";

/** What to do with a body. */
export interface Receiver {
  /** Bytes that must come; `null` when that is not known. */
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
  throw endedEarly(received, expected);
}

/** Fewer bytes have come than must. */
export function endedEarly(received: number, expected: number): DownloadError {
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

/** What a connection may take in at once: often enough for a steady flow, seldom enough to cost nothing. */
const PIECES_A_SECOND = 8;

/** Shares so many bytes a second among all downloads of one call. */
export class RateLimit {
  readonly #perSecond: number;
  /** When what has been taken so far will have been paid for. */
  #paidAt = -Infinity;

  /** @param perSecond Bytes a second, from 1; `Infinity` for no limit. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Bytes to take at once, at most. */
  get piece(): number {
    return Math.max(1, Math.ceil(this.#perSecond / PIECES_A_SECOND));
  }

  /** Whether there is anything to wait for. */
  get limited(): boolean {
    return this.#perSecond !== Infinity;
  }

  /** Wait until `bytes` more are within the limit. */
  async spend(bytes: number): Promise<void> {
    const now = currentScope().clock.now();
    this.#paidAt = Math.max(this.#paidAt, now) + (bytes / this.#perSecond) * 1000;
    await sleep(this.#paidAt - now);
  }
}

/** Sizes of buffers, from one that holds a small file to one that moves a gigabyte a second. */
const SIZES: readonly number[] = [1 << 16, 1 << 18, 1 << 20];

/** Reads that a file is to take at least: memory is for many files at a time. */
const READS = 64;

/**
 * Buffers to read into, used again and again: those of a thousand small files would otherwise pile up until they are
 * collected.
 */
export class BufferPool {
  readonly #free: ReadonlyMap<number, ArrayBuffer[]> = new Map(SIZES.map((size) => [size, []]));

  /**
   * Get a buffer to read so many bytes with; `null` when that is not known.
   *
   * @param most What is wanted at a time, at most. A buffer that is smaller than all others is not kept.
   */
  get(expected: number | null, most: number): ArrayBuffer {
    const wanted = expected === null ? SIZES[1]! : expected / READS;
    const size = SIZES.find((size) => size >= wanted) ?? SIZES.at(-1)!;
    if (most >= size) return this.#free.get(size)!.pop() ?? new ArrayBuffer(size);
    return new ArrayBuffer(most);
  }

  /** Give a buffer back. */
  put(buffer: ArrayBuffer): void {
    this.#free.get(buffer.byteLength)?.push(buffer);
  }
}
