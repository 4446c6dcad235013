import { currentScope } from "../core/ambient.ts";
import { inspectBriefly } from "../core/checks.ts";
import { cancellable } from "../tasks/cancellable.ts";
import { openFile } from "./open_file.ts";
import type { ProcessInput } from "./options.ts";

type Stdin = WritableStream<Uint8Array<ArrayBuffer>>;

/** Brings data to a process, until that is over or the scope is cancelled; then all that it has opened is closed. */
export type Feed = (stdin: Stdin) => Promise<void>;

/** What a process is to read, made ready before it starts. */
export interface Feeding {
  readonly feed: Feed;
  /** Whether it comes from code of this program, which may itself be waiting for something. */
  readonly isLive: boolean;
  /** The process could not be started: close what was opened. */
  discard(): void;
}

/**
 * Make ready what `program` is to read; `null` when that needs nobody.
 *
 * @throws {TypeError} When it is nothing that can be read.
 */
export function feedingOf(program: string, input: ProcessInput): Feeding | null {
  if (input === "null" || input === "inherit" || input === "piped") return null;
  if (typeof input === "object" && input !== null) {
    if (input instanceof Uint8Array) return ready(writing([input]));
    if (input instanceof ReadableStream) {
      if (!input.locked) return ready((stdin) => flow(input as ReadableStream<Uint8Array<ArrayBuffer>>, stdin), true);
      throw new TypeError(`Cannot start "${program}" as its stdin must be a stream that nobody else reads`);
    }
    if ("text" in input) return ready(writing([new TextEncoder().encode(input.text)]));
    if ("file" in input) {
      const file = openFile(program, input.file, { read: true });
      return ready((stdin) => flow(file.readable, stdin), false, () => file.close());
    }
    if (Array.isArray(input)) return ready(writing(input));
    if (Symbol.asyncIterator in input) return ready(writing(input), true);
  }
  throw new TypeError(
    `Cannot start "${program}" as its stdin must be "null", "inherit", "piped", { text }, { file }, bytes, a stream or ` +
      `an iterable: current value is ${inspectBriefly(input)}`,
  );
}

function ready(feed: Feed, isLive = false, discard: () => void = () => {}): Feeding {
  return { feed: (stdin) => whileRead(feed, stdin), isLive, discard };
}

/** That a process reads only the beginning is no error: `head` does. */
async function whileRead(feed: Feed, stdin: Stdin): Promise<void> {
  try {
    await feed(stdin);
  } catch (error) {
    if (!isBrokenPipe(error)) throw error;
  }
}

/** The same for what is still under way when the wait for it is given up: the process is about to end. */
async function orBroken(writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!isBrokenPipe(error) || currentScope().error === null) throw error;
  }
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || (error as { code?: unknown } | null)?.code === "EPIPE";
}

async function flow(source: ReadableStream<Uint8Array<ArrayBuffer>>, stdin: Stdin): Promise<void> {
  const { signal } = currentScope();
  // A source that does not let itself be cancelled is not waited for.
  await cancellable(orBroken(source.pipeTo(stdin, { signal })));
}

type Chunks = Iterable<string | Uint8Array<ArrayBuffer>> | AsyncIterable<string | Uint8Array<ArrayBuffer>>;

function writing(chunks: Chunks): Feed {
  return async (stdin) => {
    const writer = stdin.getWriter();
    const encoder = new TextEncoder();
    const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
    let over = false;
    try {
      for (;;) {
        const { done, value } = await cancellable(iterator.next());
        if (done) break;
        await cancellable(orBroken(writer.write(typeof value === "string" ? encoder.encode(`${value}\n`) : value)));
      }
      over = true;
      await cancellable(orBroken(writer.close()));
    } catch (error) {
      writer.abort(error).catch(() => {});
      throw error;
    } finally {
      // It may be in the middle of something that never ends, and is not waited for.
      if (!over) Promise.resolve(iterator.return?.()).catch(() => {});
    }
  };
}
