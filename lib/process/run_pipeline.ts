import { currentScope } from "../core/ambient.ts";
import { timeout } from "../tasks/timeout.ts";
import { ProcessRun } from "./process_run.ts";
import { collectedAs, type ResultOf, type RunProcessOptions } from "./run_process.ts";

/** A program and its arguments. */
export type PipelineCommand = readonly [command: string, ...args: string[]];

/**
 * Run several processes, each of which reads what the one before it writes, to their end.
 *
 * All begin, and end, together: `Process.pipe` tells how. The first that has failed is what is thrown; a process that SIGPIPE
 * has ended did not fail, as those who read it had enough. Where a shell runs `a | b | c`, this needs none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { runPipeline } from "@asyncio/toolkit/process";
 *
 * const { stdout } = await runPipeline([["yes"], ["head", "-n", "1000"], ["wc", "-l"]]);
 * assertEquals(Number(stdout), 1_000);
 * ```
 *
 * @typeParam O The options, which decide what is collected.
 * @param commands The programs, each with its arguments, from the first; at least one.
 * @param options As for `runProcess`: `stdin` is that of the first, `stdout` that of the last, all others hold for each.
 * @returns Code and signal of the last, or of the first that failed; what the last one wrote; and the messages of all, in
 *   the order of the pipeline.
 * @throws {ProcessError} When one of them fails.
 * @throws {TimeoutError} When the time has run out.
 * @throws {TypeError} When there is no command.
 * @throws {CancelledError} When the calling task is cancelled.
 */
export async function runPipeline<const O extends RunProcessOptions = Record<never, never>>(
  commands: readonly PipelineCommand[],
  options: O = {} as O,
): Promise<ResultOf<O>> {
  const { timeout: ms = Infinity, signal, stdin, stdout = "text", stderr = "text", check = true, ...rest } =
    options as RunProcessOptions;
  if (commands.length === 0) {
    throw new TypeError("Cannot run a pipeline as there is no command: current value is an empty list");
  }
  // What has been started ends with this function, also when something cannot be.
  return await timeout(ms, async () => {
    let last: ProcessRun | null = null;
    for (const [index, [command, ...args]] of commands.entries()) {
      const each = {
        ...rest,
        stdout: index === commands.length - 1 ? stdout : "piped" as const,
        stderr,
        collects: true,
      };
      last = last === null ? new ProcessRun(command, args, { ...each, stdin }) : last.pipeTo(command, args, each);
    }
    const status = await last!.status(currentScope());
    const failure = await last!.firstFailure(true);
    if (check && failure !== null) throw failure;
    const messages = last!.pipeline.map((run) => collectedAs(run, "stderr", stderr));
    return {
      code: failure?.code ?? status.code,
      signal: failure === null ? status.signal : failure.signal,
      stdout: collectedAs(last!, "stdout", stdout),
      stderr: joined(messages),
    } as ResultOf<O>;
  }, { signal });
}

function joined(parts: (string | Uint8Array | undefined)[]): string | Uint8Array | undefined {
  if (parts[0] === undefined) return undefined;
  if (typeof parts[0] === "string") return parts.join("");
  const bytes = parts as Uint8Array[];
  const all = new Uint8Array(bytes.reduce((size, each) => size + each.byteLength, 0));
  let at = 0;
  for (const each of bytes) {
    all.set(each, at);
    at += each.byteLength;
  }
  return all;
}
