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
