import { currentScope } from "../core/ambient.ts";
import { throwIfRefused } from "../core/waiter.ts";
import { ProcessWait } from "./process_wait.ts";

/**
 * Read text line by line, at the pace of those who take them. The stream is closed when they stop, or are cancelled.
 *
 * Not by `TextLineStream` of `@std/streams`: that keeps a line of any length, and takes a turn of three streams for each.
 *
 * @param max Length of the longest line.
 * @param what What is waited for, and read.
 */
export async function* readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  max: number,
  what: string,
  signal?: AbortSignal,
): AsyncGenerator<string, void> {
  const reader = stream.getReader();
  const splitter = new LineSplitter();
  try {
    for (;;) {
      throwIfRefused(currentScope(), signal);
      const { done, value } = await new ProcessWait(currentScope(), what, reader.read(), signal).promise;
      for (const line of splitter.split(value)) {
        yield line;
        throwIfRefused();
      }
      if (splitter.pending > max) {
        throw new RangeError(`Cannot read ${what} as it is longer than maxBuffer: current value is ${max}`);
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Cuts text into lines, which end with a line feed, a carriage return, or both. */
class LineSplitter {
  readonly #decoder = new TextDecoder();
  #rest = "";
  /** Whether the last line ended with a carriage return: a line feed behind it is part of that. */
  #afterReturn = false;

  /** How long the line is, so far, that has not come to its end. */
  get pending(): number {
    return this.#rest.length;
  }

  /** The lines that end in these bytes; without bytes, what is left. */
  split(bytes: Uint8Array | undefined): string[] {
    let text = this.#decoder.decode(bytes, { stream: bytes !== undefined });
    if (this.#afterReturn && text !== "") {
      if (text.startsWith("\n")) text = text.slice(1);
      this.#afterReturn = false;
    }
    if (bytes !== undefined && text === "") return [];
    this.#afterReturn = text.endsWith("\r");
    const lines = text.includes("\r") ? text.split(/\r\n|[\r\n]/) : text.split("\n");
    lines[0] = this.#rest + lines[0]!;
    this.#rest = lines.pop()!;
    if (bytes === undefined && this.#rest !== "") {
      lines.push(this.#rest);
      this.#rest = "";
    }
    return lines;
  }
}
