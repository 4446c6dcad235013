import { InvalidStateError } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { checkCount, inspectBriefly } from "../core/checks.ts";
import { letGo } from "../core/observe.ts";
import { END, type Thrown } from "../core/outcome.ts";
import { resolved, throwIfRefused, type WaitOptions } from "../core/waiter.ts";
import { cancellable } from "../tasks/cancellable.ts";

/** What lines are read from, as it comes. */
export type LineSource =
  | ReadableStream<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>;

/** Options of {@linkcode lines}. */
export interface LinesOptions extends WaitOptions {
  /**
   * How long a line may be, in characters, at least 1: a source that never ends its line does not fill the memory.
   *
   * @default 104857600 (100 Mi)
   */
  max?: number | undefined;
}

const MAX = 100 * 1024 * 1024;

/**
 * Read text line by line, at the pace of the loop.
 *
 * - A line ends with a line feed, a carriage return, or both, and is given without them. The last one need not have an end.
 * - Bytes are UTF-8, wherever they are cut; what is no UTF-8 becomes U+FFFD.
 * - Of the source no more is asked for than the loop takes, chunk by chunk. It is closed when the loop is left, is cancelled
 *   or fails, and when the function that began it has ended; also while it waits for more.
 *
 * As iterating over an `asyncio.StreamReader`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { lines } from "@asyncio/toolkit/flow";
 *
 * const response = new Response("first\r\nsecond\nthe rest");
 * assertEquals(await Array.fromAsync(lines(response.body!)), ["first", "second", "the rest"]);
 * ```
 *
 * @param source A stream, such as the body of a response, `file.readable` or `Deno.stdin.readable`; or an async iterable. Of
 *   bytes, or of text.
 * @param options `max`; `signal`, which ends the loop with the signal's reason.
 * @returns The lines, to loop over once.
 * @throws {TypeError} When the source cannot be iterated.
 * @throws {RangeError} In the loop, once the lines before it are given, for a line longer than `max`.
 */
export function lines(source: LineSource, options: LinesOptions = {}): AsyncIterableIterator<string, void, void> {
  const { max = MAX, signal } = options;
  checkCount("read lines", "max", max);
  if (typeof Object(source)[Symbol.asyncIterator] !== "function") {
    throw new TypeError(
      `Cannot read lines as a stream or an async iterable is needed: current value is ${inspectBriefly(source)}`,
    );
  }
  return new LineReader(cancellable<Uint8Array | string>(source, { signal }), {
    max,
    signal,
    tooLong: () => new RangeError(`Cannot read a line as it is longer than max: current value is ${max}`),
  });
}

/** How a {@linkcode LineReader} reads. */
export interface LineReading {
  /** Length of the longest line. */
  readonly max: number;
  readonly signal: AbortSignal | undefined;
  /** The error for a longer one. */
  tooLong(): RangeError;
}

/** The lines of what `chunks` gives: iterates, and closes, that. Each of its steps must be a wait that can be cancelled. */
export class LineReader implements AsyncIterableIterator<string, void, void> {
  readonly #chunks: AsyncIterator<Uint8Array | string, unknown>;
  readonly #reading: LineReading;
  readonly #splitter: LineSplitter;
  /** The lines of the last chunk, and how many of them were given. */
  #lines: readonly string[] = [];
  #given = 0;
  #isReading = false;
  #ended = false;
  #failure: Thrown | null = null;

  constructor(chunks: AsyncIterator<Uint8Array | string, unknown>, reading: LineReading) {
    this.#chunks = chunks;
    this.#reading = reading;
    this.#splitter = new LineSplitter(reading.max);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<string, void>> {
    const scope = currentScope();
    if (scope.error === null && !this.#reading.signal?.aborted) {
      if (this.#given < this.#lines.length) {
        return resolved(scope, { done: false, value: this.#lines[this.#given++]! });
      }
    } else this.#lines = [];
    return this.#read();
  }

  async return(): Promise<IteratorResult<string, void>> {
    this.#lines = [];
    this.#failure = null;
    this.#ended = true;
    await this.#chunks.return?.();
    return END;
  }

  async #read(): Promise<IteratorResult<string, void>> {
    if (this.#isReading) {
      throw new InvalidStateError("Cannot take the next step of lines() as the last one has not ended: await each");
    }
    this.#isReading = true;
    try {
      while (!this.#ended) {
        const { done, value } = await this.#chunks.next();
        if (this.#ended) return END;
        this.#lines = done ? this.#splitter.end() : this.#splitter.split(value);
        this.#given = 0;
        if (done) this.#ended = true;
        if (this.#splitter.hasTooLong) this.#fail(this.#reading.tooLong());
        if (this.#lines.length > 0) return { done: false, value: this.#lines[this.#given++]! };
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isReading = false;
    }
    throwIfRefused(currentScope(), this.#reading.signal);
    if (this.#failure === null) return END;
    const { error } = this.#failure;
    this.#failure = null;
    throw error;
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    this.#ended = true;
    letGo(this.#chunks.return?.(), error);
  }
}

/** Cuts text into lines. */
class LineSplitter {
  readonly #decoder = new TextDecoder();
  readonly #max: number;
  #rest = "";
  /** Whether the last line ended with a carriage return: a line feed behind it is part of that. */
  #afterReturn = false;
  /** Whether there was a line that is too long: no more comes after it. */
  hasTooLong = false;

  constructor(max: number) {
    this.#max = max;
  }

  /** The lines that end in this chunk. */
  split(chunk: Uint8Array | string): string[] {
    // Text after half a character: that will not be whole any more.
    const text = typeof chunk === "string"
      ? this.#decoder.decode() + chunk
      : this.#decoder.decode(chunk, { stream: true });
    return this.#cut(text);
  }

  /** What is left. */
  end(): string[] {
    const lines = this.#cut(this.#decoder.decode());
    if (this.#rest !== "" && !this.hasTooLong) lines.push(this.#rest);
    this.#rest = "";
    return lines;
  }

  #cut(text: string): string[] {
    if (this.#afterReturn && text !== "") {
      if (text.startsWith("\n")) text = text.slice(1);
      this.#afterReturn = false;
    }
    if (text === "") return [];
    this.#afterReturn = text.endsWith("\r");
    const lines = text.includes("\r") ? text.split(/\r\n|[\r\n]/) : text.split("\n");
    const mayBeTooLong = this.#rest.length + text.length > this.#max;
    lines[0] = this.#rest + lines[0]!;
    const tooLong = mayBeTooLong ? lines.findIndex(({ length }) => length > this.#max) : -1;
    if (tooLong !== -1) {
      this.hasTooLong = true;
      this.#rest = "";
      return lines.slice(0, tooLong);
    }
    this.#rest = lines.pop()!;
    return lines;
  }
}
