import { currentScope } from "../core/ambient.ts";
import type { ProcessOptions, ProcessStatus } from "./options.ts";
import { type OutputName, ProcessRun } from "./process_run.ts";
import type { AnyOutput } from "./sink.ts";

/** Options of {@linkcode runProcess}. */
export interface RunProcessOptions extends Omit<ProcessOptions, "stdin" | "stdout" | "stderr"> {
  /**
   * What it reads.
   *
   * @default "null"
   */
  stdin?: Exclude<ProcessOptions["stdin"], "piped">;
  /**
   * What becomes of what it writes.
   *
   * @default "text"
   */
  stdout?: "text" | "bytes" | Exclude<ProcessOptions["stdout"], "piped">;
  /**
   * What becomes of its messages.
   *
   * @default "text"
   */
  stderr?: "text" | "bytes" | Exclude<ProcessOptions["stderr"], "piped">;
  /**
   * Take a code other than 0, or a signal, for a failure.
   *
   * @default true
   */
  check?: boolean | undefined;
}

/** What is collected for an option `stdout` or `stderr`; `undefined` for what goes somewhere else. */
export type CollectedAs<O> = O extends "bytes" ? Uint8Array<ArrayBuffer>
  : O extends "text" | undefined ? string
  : undefined;

/** What {@linkcode runProcess} gives. */
export interface ProcessResult<Out = string, Err = string> extends ProcessStatus {
  /** What it wrote. */
  readonly stdout: Out;
  /** Its messages. */
  readonly stderr: Err;
}

/** {@linkcode ProcessResult} for the options `O`. */
export type ResultOf<O> = ProcessResult<
  O extends { stdout: infer Out } ? CollectedAs<Out> : string,
  O extends { stderr: infer Err } ? CollectedAs<Err> : string
>;

/**
 * Run a process to its end, and give what it wrote.
 *
 * It belongs to the calling scope, as {@linkcode startProcess} tells: a `timeout` around it, Ctrl-C under `run`, or a failing
 * sibling in `gather` ends it, with all that it has started. As `trio.run_process`, and `subprocess.run(check=True)`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { runProcess } from "@asyncio/toolkit/process";
 *
 * const { stdout } = await runProcess("tr", ["a-z", "A-Z"], { stdin: { text: "loud" } });
 * assertEquals(stdout, "LOUD");
 * ```
 *
 * @example A command that takes too long
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { timeout, TimeoutError } from "@asyncio/toolkit";
 * import { runProcess } from "@asyncio/toolkit/process";
 *
 * await assertRejects(() => timeout(20, () => runProcess("sleep", ["60"])), TimeoutError);
 * ```
 *
 * @typeParam O The options, which decide what is collected.
 * @param command The program: a path, or a name that is looked for.
 * @param args Its arguments; no shell ever sees them.
 * @param options As for `startProcess`; `check`.
 * @returns Code, signal, and what it wrote: text, unless the options say otherwise.
 * @throws {ProcessError} When it exits with another code than 0, is ended by a signal, or writes more than `maxBuffer`.
 * @throws {TimeoutError} When its time has run out.
 * @throws {Deno.errors.NotFound} When there is no such program.
 * @throws {CancelledError} When the calling task is cancelled.
 */
export async function runProcess<const O extends RunProcessOptions = Record<never, never>>(
  command: string,
  args: readonly string[] = [],
  options: O = {} as O,
): Promise<ResultOf<O>> {
  const { stdout = "text", stderr = "text", check = true, ...rest }: RunProcessOptions = options;
  const run = new ProcessRun(command, args, { ...rest, stdout, stderr, collects: true });
  const status = await run.status(currentScope());
  const failure = check ? await run.firstFailure(true) : null;
  if (failure !== null) throw failure;
  const result = { ...status, stdout: collectedAs(run, "stdout", stdout), stderr: collectedAs(run, "stderr", stderr) };
  return result as ResultOf<O>;
}

/** What `run` has collected of an output, in the form that was asked for. */
export function collectedAs(run: ProcessRun, name: OutputName, way: AnyOutput): string | Uint8Array | undefined {
  return way === "text" ? run.collected(name).text : way === "bytes" ? run.collected(name).bytes : undefined;
}
