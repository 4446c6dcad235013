/**
 * Processes that belong to those who start them: cancelled with their owner, ended with all that they have started, waited for.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gather } from "@asyncio/toolkit";
 * import { runProcess } from "@asyncio/toolkit/process";
 *
 * const [one, two] = await gather(
 *   () => runProcess("echo", ["one"]),
 *   () => runProcess("echo", ["two"]),
 * );
 * assertEquals([one.stdout, two.stdout], ["one\n", "two\n"]);
 * ```
 *
 * @module
 */
export type { Stopped } from "../errors.ts";
export type { WaitOptions } from "../core/waiter.ts";
export type {
  ProcessFile,
  ProcessInput,
  ProcessOptions,
  ProcessOutput,
  ProcessStatus,
  ProcessText,
} from "./options.ts";
export type { Process } from "./process.ts";
export { ProcessError, type ProcessErrorOptions } from "./process_error.ts";
export {
  type CollectedAs,
  type ProcessResult,
  type ResultOf,
  runProcess,
  type RunProcessOptions,
} from "./run_process.ts";
export { type PipelineCommand, runPipeline } from "./run_pipeline.ts";
export { startProcess } from "./start_process.ts";
