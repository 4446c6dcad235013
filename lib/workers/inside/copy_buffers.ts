/** Values whose large buffers were copied, and the copies. */
export interface CopiedBuffers {
  readonly values: unknown[];
  readonly transfer: ArrayBuffer[];
}

/**
 * Copy the large buffers among `values`, so that the copies can change hands: structured cloning copies twice, into the
 * message and out of it, and takes twice as long. `null` when nothing is gained, or when a value might hold a buffer that
 * is also another's: what was one must stay one.
 *
 * Part of the program inside a worker, too: depends on nothing but the runtime.
 */
export function copyBuffers(values: readonly unknown[]): CopiedBuffers | null {
  const LARGE = 1 << 20;
  // First without making anything: of nearly all calls and results this is the end.
  let size = 0;
  for (const value of values) {
    if (typeof value !== "object" || value === null) continue;
    if (ArrayBuffer.isView(value)) size += value.buffer.byteLength;
    else if (value instanceof ArrayBuffer) size += value.byteLength;
    else return null;
  }
  if (size < LARGE) return null;
  // Subclasses arrive as what they are made of, which is for structured cloning to know.
  const plain: readonly unknown[] = [
    Uint8Array,
    Uint8ClampedArray,
    Int8Array,
    Uint16Array,
    Int16Array,
    Uint32Array,
    Int32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
  ];
  const copies = new Map<ArrayBuffer, ArrayBuffer>();
  for (const value of values) {
    if (typeof value !== "object" || value === null) continue;
    const isView = ArrayBuffer.isView(value);
    if (isView && !plain.includes(value.constructor)) return null;
    const buffer = isView ? value.buffer : value;
    if (!(buffer instanceof ArrayBuffer) || buffer.constructor !== ArrayBuffer) return null;
    if (buffer.resizable || buffer.detached) return null;
    copies.set(buffer, buffer);
  }
  for (const buffer of copies.keys()) copies.set(buffer, buffer.slice());
  const copied = values.map((value) => {
    if (typeof value !== "object" || value === null) return value;
    if (!ArrayBuffer.isView(value)) return copies.get(value as ArrayBuffer);
    const { constructor, buffer, byteOffset } = value;
    const View = constructor as new (buffer: ArrayBuffer, byteOffset: number, length: number) => ArrayBufferView;
    const { length } = value as Uint8Array | { length?: undefined };
    return new View(copies.get(buffer as ArrayBuffer)!, byteOffset, length ?? value.byteLength);
  });
  return { values: copied, transfer: [...copies.values()] };
}
