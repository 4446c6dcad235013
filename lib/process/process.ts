import type { Stopped } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { refusal, type WaitOptions } from "../core/waiter.ts";
import { LineReader } from "../flow/lines.ts";
import type { ProcessOptions, ProcessStatus } from "./options.ts";
import { OutputChunks } from "./output_chunks.ts";
import type { ProcessRun } from "./process_run.ts";

/**
 * A running process. It is owned by the scope that has started it: when that is cancelled, or its function ends, the process
 * ends, with all that it has started. {@linkcode startProcess} makes one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Process, startProcess } from "@asyncio/toolkit/process";
 *
 * const counter: Process = startProcess("seq", ["3"]).pipe("sort", ["-r"]);
 * assertEquals(await Array.fromAsync(counter.lines()), ["3", "2", "1"]);
 * assertEquals(await counter.status(), { code: 0, signal: null });
 * ```
 */
export class Process implements AsyncDisposable {
  readonly #run: ProcessRun;

  /** Use {@linkcode startProcess}. */
  constructor(run: ProcessRun) {
    this.#run = run;
  }

  /** The program and its arguments. */
  get command(): readonly string[] {
    return this.#run.command;
  }

  /** What the system knows it by. */
  get pid(): number {
    return this.#run.pid;
  }

  /**
   * What it reads, for `stdin: "piped"`. Closing it tells the process that there is no more.
   *
   * @throws {TypeError} When it reads something else.
   */
  get stdin(): WritableStream<Uint8Array<ArrayBuffer>> {
    const { input } = this.#run;
    if (input === null) throw this.#run.notPiped("stdin");
    return input.writable;
  }

  /**
   * What it writes, for `stdout: "piped"`: a stream of bytes with back-pressure, so a process that writes faster than it is
   * read waits. Where the process was ended before its time, reading fails with the error of `status()`.
   *
   * @throws {TypeError} When that goes somewhere else.
   */
  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#run.pipeOf("stdout").readable;
  }

  /**
   * Its messages, for `stderr: "piped"`; otherwise as `stdout`.
   *
   * @throws {TypeError} When they go somewhere else.
   */
  get stderr(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#run.pipeOf("stderr").readable;
  }

  /**
   * Read what it writes line by line, with back-pressure: a process that writes faster than its lines are taken waits.
   *
   * @param from Which of the two.
   * @param options `signal`: stops reading when it fires, with its reason.
   * @returns The lines, without their line breaks: line feed, carriage return, or both. `break` closes the pipe, which ends a
   *   process that writes on.
   * @throws {TypeError} When that is not `"piped"`, or somebody reads it already.
   * @throws {RangeError} When a line is longer than `maxBuffer`.
   */
  lines(
    from: "stdout" | "stderr" = "stdout",
    options: WaitOptions = {},
  ): AsyncIterableIterator<string, void, void> {
    const { name, pid, maxBuffer: max } = this.#run;
    const { signal } = options;
    const what = `a line of ${name} (pid ${pid})`;
    return new LineReader(new OutputChunks(this.#run.pipeOf(from).readable, what, signal), {
      max,
      signal,
      tooLong: () => new RangeError(`Cannot read ${what} as it is longer than maxBuffer: current value is ${max}`),
    });
  }

  /**
   * Start a process that reads what this one writes. The two, and any more, are a pipeline, and end together:
   *
   * - Data flows with back-pressure. When one has read enough, the one before it gets SIGPIPE with the next that it writes;
   *   one that does not write is ended `grace` milliseconds after the last of the pipeline.
   * - `status()` of the last one waits for all, and throws a `ProcessError` for the first of the others that has failed. A
   *   process that SIGPIPE has ended did not fail, as those who read it had enough. (The `pipefail` of a shell takes that for
   *   a failure.)
   * - When one cannot be started, runs out of time or is cancelled, all are ended.
   *
   * @param command The program.
   * @param args Its arguments.
   * @param options As for `startProcess`, without `stdin`.
   * @returns The next process. It belongs to the calling scope, as any that is started there.
   * @throws {TypeError} When `stdout` of this one is not `"piped"`, or somebody reads it already.
   */
  pipe(command: string, args: readonly string[] = [], options: Omit<ProcessOptions, "stdin"> = {}): Process {
    return new Process(this.#run.pipeTo(command, args, options));
  }

  /**
   * Wait for its end, and for that of all that it has started.
   *
   * A process that writes more than a pipe holds, 64 KiB as a rule, goes on only when it is read: do that meanwhile.
   *
   * @param options `signal`: stops waiting when it fires, with its reason; the process runs on.
   * @returns Code and signal. A code other than 0 is no error here.
   * @throws {TimeoutError} When its time has run out.
   * @throws {ProcessError} When one before it in a pipeline has failed.
   * @throws {CancelledError} When the calling task, or the owner of the process, was cancelled.
   */
  async status(options: WaitOptions = {}): Promise<ProcessStatus> {
    const scope = currentScope();
    const refused = refusal(scope, options.signal);
    if (refused !== null) return await refused;
    const status = await this.#run.status(scope, options.signal);
    const failure = await this.#run.firstFailure(false);
    if (failure !== null) throw failure;
    return status;
  }

  /**
   * Send a signal to it, and to all that it has started. What it does then is an end like any other.
   *
   * @param signal The signal. On Windows there are `"SIGTERM"`, `"SIGKILL"`, `"SIGINT"` and `"SIGBREAK"`, and each ends the
   *   process alone.
   * @returns `false` when nothing of it is left.
   */
  kill(signal: Deno.Signal = "SIGTERM"): boolean {
    return this.#run.kill(signal);
  }

  /**
   * End it: SIGTERM, then SIGKILL after `grace`; and wait until that has happened, also in a task that was cancelled. Who asks
   * for its `status()` gets code and signal.
   *
   * @returns What it took; `undefined` when it had ended before.
   */
  stop(): Promise<Stopped | undefined> {
    return this.#run.stop();
  }

  /** As {@linkcode stop}: what `await using` does at the end of a block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run.stop();
  }
}
