import type { ProcessStatus } from "./options.ts";

/** What a {@linkcode ProcessError} knows of its process. */
export interface ProcessErrorOptions extends ErrorOptions {
  /** The program and its arguments. */
  command: readonly string[];
  /** What it exited with. */
  code: number;
  /** The signal that ended it, or `null`. */
  signal: Deno.Signal | null;
  /** The end of what it wrote on standard error, if that was collected. */
  stderr?: string | undefined;
}

/**
 * A process failed: it exited with another code than 0, was ended by a signal, or wrote more than `maxBuffer`. As
 * `subprocess.CalledProcessError`.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { ProcessError, runProcess } from "@asyncio/toolkit/process";
 *
 * const error = await assertRejects(() => runProcess("sh", ["-c", "echo no >&2; exit 3"]), ProcessError, "no");
 * assertEquals([error.code, error.signal, error.stderr], [3, null, "no"]);
 * ```
 */
export class ProcessError extends Error {
  /** `"ProcessError"` */
  override readonly name = "ProcessError";
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** What it exited with; for one that a signal ended, 128 and the number of that. */
  readonly code: number;
  /** The signal that ended it, or `null`. */
  readonly signal: Deno.Signal | null;
  /** The end of what it wrote on standard error: 4 096 characters at most; `""` when that was not collected. */
  readonly stderr: string;

  /**
   * Make one. The toolkit does this for you; a test may want to.
   *
   * @param message What went wrong.
   * @param options Command, code, signal, and the end of standard error.
   */
  constructor(message: string, options: ProcessErrorOptions) {
    super(message, options);
    this.command = options.command;
    this.code = options.code;
    this.signal = options.signal;
    this.stderr = options.stderr ?? "";
  }
}

/** How much of standard error an error carries, from its end; and how many lines of it are in the message. */
const TAIL = 4_096;
const LINES = 3;

/** The end of what was written, for an error. */
export function tailOf(text: string): string {
  return text.slice(-TAIL).trim();
}

/** The error for a process that ended badly. */
export function exitError(command: readonly string[], { code, signal }: ProcessStatus, stderr: string): ProcessError {
  const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
  const tail = tailOf(stderr);
  // Its last lines tell what went wrong, as a rule.
  const why = tail === "" ? "" : `: ${tail.split("\n").slice(-LINES).join("\n")}`;
  return new ProcessError(`"${command[0]}" ${how}${why}`, { command, code, signal, stderr: tail });
}
