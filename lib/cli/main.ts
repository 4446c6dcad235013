import { isCancellation } from "../errors.ts";
import { commandsWith } from "./commands/mod.ts";
import { explain } from "./show/explain.ts";
import { Output } from "./show/output.ts";
import { type Call, findCommand, readCall, sortWords, type Words } from "./parse.ts";
import { traceIfAsked, type TracingOptions } from "./tracing.ts";
import type { Command, Program } from "./words/command.ts";
import { UsageError } from "./words/usage_error.ts";

/**
 * Do what a command line says.
 *
 * @param args The words after the program's name.
 * @param programs The small programs that there are.
 * @returns The exit code: 0 when all went well, 1 when something failed, 2 when the command line is wrong. Ctrl-C ends
 * the process with 130, once all is cleaned up.
 */
export async function main(args: readonly string[], programs: readonly Program[]): Promise<number> {
  const commands = commandsWith(programs);
  const words = sortWords(args, commands);
  const color = words.given.get("color");
  const output = new Output(color === "always" || color === "never" ? color : "auto", words.given.has("quiet"));
  try {
    return await about(words, commands, output) ?? await perform(readCall(words, commands), output);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    output.fail(error.message, await error.hint());
    return 2;
  }
}

/** Answer what needs no command to be run. The code is imported only here: help should be there at once. */
async function about(
  { given, operands: [name], mistakes }: Words,
  commands: readonly Command[],
  output: Output,
): Promise<number | undefined> {
  if (mistakes.length > 0) return undefined;
  if (given.has("version")) {
    const { VERSION } = await import("./version.ts");
    output.print(`asyncio ${VERSION}`);
    return 0;
  }
  const { help } = await import("./help.ts");
  if (given.has("help")) {
    output.print(help(name === undefined ? undefined : findCommand(name, commands), commands, output.out));
    return 0;
  }
  if (name !== undefined) return undefined;
  console.error(help(undefined, commands, output.err));
  return 2;
}

async function perform({ command, operands, options }: Call, output: Output): Promise<number> {
  const [action, { run }] = await Promise.all([command.load(), import("../tasks/run.ts")]);
  const tracing = await traceIfAsked(options as unknown as TracingOptions, output);
  const code = await run(async () => {
    try {
      return await action(output, operands, options) ? 0 : 1;
    } catch (error) {
      if (isCancellation(error)) output.say("Interrupted");
      const known = explain(error);
      if (known === undefined) throw error;
      output.fail(known);
      return 1;
    }
  });
  return tracing.failed ? 1 : code;
}
