import type { OutputPipe } from "./output_pipe.ts";

/** A process has written more than it may: the error that this becomes has to know how it has ended. */
export class TooMuch extends Error {}

/** All that a process writes, up to a limit. */
export class Collected {
  readonly #max: number;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  /** Whether there was more than may be kept. */
  isTooMuch = false;

  /** @param max In bytes. */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Read to the end.
   *
   * @throws {TooMuch} When there is more than that.
   */
  async read(pipe: OutputPipe): Promise<void> {
    for (let chunk = await pipe.read(); chunk !== null; chunk = await pipe.read()) {
      if (this.#size + chunk.byteLength > this.#max) {
        this.isTooMuch = true;
        throw new TooMuch();
      }
      this.#size += chunk.byteLength;
      this.#chunks.push(chunk);
    }
  }

  /** What has come so far. */
  get bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return bytes;
  }

  /** The same, as text. */
  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }
}
