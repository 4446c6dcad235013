import { inspectBriefly } from "../core/checks.ts";
import type { Collected } from "./collected.ts";
import { openFile } from "./open_file.ts";
import type { OutputPipe } from "./output_pipe.ts";
import type { ProcessOutput } from "./options.ts";

/** Where a process writes to; or how what it writes is collected. */
export type AnyOutput = ProcessOutput | "text" | "bytes";

/** What empties a pipe. */
export interface Sink {
  /** Read the pipe to its end. */
  drain(pipe: OutputPipe): Promise<void>;
  /** Whether it is this room's own, and ends in a moment once the pipe has ended: others may never do. */
  readonly isOwn: boolean;
  /** The process could not be started: close what was opened. */
  discard(): void;
}

/**
 * Make ready what takes an output of `program`; `null` when nobody has to, or that is left to others.
 *
 * @param collected Where to collect what is to be collected; `null` where nothing may be.
 * @throws {TypeError} When it is nothing that could be written to.
 */
export function sinkOf(program: string, name: string, way: AnyOutput, collected: Collected | null): Sink | null {
  if (way === "null" || way === "inherit" || way === "piped") return null;
  if (collected !== null && (way === "text" || way === "bytes")) return sink((pipe) => collected.read(pipe), true);
  if (typeof way === "object" && way !== null) {
    if (way instanceof WritableStream) {
      if (!way.locked) return sink((pipe) => flow(pipe, way), false);
      throw new TypeError(`Cannot start "${program}" as its ${name} must be a stream that nobody else writes to`);
    }
    if ("file" in way) {
      const { file: path, append = false } = way;
      const file = openFile(program, path, { write: true, create: true, append, truncate: !append });
      // What is no file, such as a terminal, may take nothing for ever.
      return sink((pipe) => write(pipe, file), file.statSync().isFile, () => file.close());
    }
  }
  throw new TypeError(
    `Cannot start "${program}" as its ${name} must be "null", "inherit", "piped", { file } or a stream: current value is ` +
      inspectBriefly(way),
  );
}

function sink(drain: Sink["drain"], isOwn: boolean, discard: () => void = () => {}): Sink {
  return { drain, isOwn, discard };
}

/** By hand: `file.writable` loses the error of its last write, and with a full disk the end of what was written. */
async function write(pipe: OutputPipe, file: Deno.FsFile): Promise<void> {
  try {
    for (let chunk = await pipe.read(); chunk !== null; chunk = await pipe.read()) {
      for (let at = 0; at < chunk.byteLength;) at += await file.write(chunk.subarray(at));
    }
  } finally {
    file.close();
  }
}

async function flow(pipe: OutputPipe, target: WritableStream<Uint8Array>): Promise<void> {
  await pipe.readable.pipeTo(target as WritableStream<Uint8Array<ArrayBuffer>>);
}
