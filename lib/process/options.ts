import type { WaitOptions } from "../core/waiter.ts";

/** A file, by its path. */
export interface ProcessFile {
  /** Path or `file:` URL. */
  file: string | URL;
  /**
   * Write behind what is there, instead of replacing it.
   *
   * @default false
   */
  append?: boolean | undefined;
}

/** Text that a process is to read. */
export interface ProcessText {
  /** The text; travels as UTF-8. */
  text: string;
}

/**
 * Where a process reads from: nothing (`"null"`), what this program reads (`"inherit"`), what is written to
 * `process.stdin` (`"piped"`); bytes, text, or a file; a stream; or a list or an async iterable, in which a string is a line
 * and gets its line break. An iterable is asked for no more than the process reads.
 */
export type ProcessInput =
  | "null"
  | "inherit"
  | "piped"
  | Uint8Array<ArrayBuffer>
  | ProcessText
  | ProcessFile
  | ReadableStream<Uint8Array>
  | AsyncIterable<string | Uint8Array<ArrayBuffer>>
  | readonly string[];

/**
 * Where a process writes to: nowhere (`"null"`), where this program writes (`"inherit"`), a stream or lines to be read
 * (`"piped"`), a file, or a stream, which is closed at its end.
 */
export type ProcessOutput = "null" | "inherit" | "piped" | ProcessFile | WritableStream<Uint8Array>;

/** Options of {@linkcode startProcess}. */
export interface ProcessOptions extends WaitOptions {
  /** Ends the process when it fires; `status()` then throws the signal's `reason`. */
  signal?: AbortSignal | undefined;
  /**
   * The folder that it starts in.
   *
   * @default the one of this program
   */
  cwd?: string | URL | undefined;
  /** Environment variables besides those of this program. */
  env?: Readonly<Record<string, string>> | undefined;
  /**
   * Give it none of the variables of this program.
   *
   * @default false
   */
  clearEnv?: boolean | undefined;
  /**
   * What it reads.
   *
   * @default "null"
   */
  stdin?: ProcessInput | undefined;
  /**
   * What becomes of what it writes.
   *
   * @default "piped"
   */
  stdout?: ProcessOutput | undefined;
  /**
   * What becomes of its messages.
   *
   * @default "inherit"
   */
  stderr?: ProcessOutput | undefined;
  /**
   * Milliseconds that it may take, from 0; then it is ended, and `status()` throws a `TimeoutError`.
   *
   * @default Infinity
   */
  timeout?: number | undefined;
  /**
   * Milliseconds between SIGTERM and SIGKILL, from 0. As long may others hold its pipes after its end.
   *
   * @default 5000
   */
  grace?: number | undefined;
  /**
   * The most bytes that are kept in memory, from 1: of all that is collected, or of one line. What writes more is an error.
   *
   * @default 104857600 (100 MiB)
   */
  maxBuffer?: number | undefined;
}

/** How a process has ended. */
export interface ProcessStatus {
  /** What it exited with; for one that a signal ended, 128 and the number of that. */
  readonly code: number;
  /** The signal that ended it, or `null`. On Windows always `null`. */
  readonly signal: Deno.Signal | null;
}
