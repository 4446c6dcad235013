import { commandsWith } from "./commands/mod.ts";
import { help, VERSION } from "./help.ts";
import { Output } from "./show/output.ts";
import { findCommand, readCall, sortWords, type Words } from "./parse.ts";
import { type Command, later, type Program } from "./words/command.ts";
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
    const told = about(words, commands, output);
    if (told !== undefined) return told;
    const call = readCall(words, commands);
    const { perform } = await later<typeof import("./perform.ts")>(import.meta.resolve("./perform.ts"));
    return await perform(call, output);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    output.fail(error.message, error.hint);
    return 2;
  }
}

/** Answer what needs no command to be run. Its code is read at start, as it is little and takes no permission. */
function about(
  { given, operands: [name], mistakes }: Words,
  commands: readonly Command[],
  output: Output,
): number | undefined {
  if (mistakes.length > 0) return undefined;
  if (given.has("version")) {
    output.print(`asyncio ${VERSION}`);
    return 0;
  }
  if (given.has("help")) {
    output.print(help(name === undefined ? undefined : findCommand(name, commands), commands, output.out));
    return 0;
  }
  if (name !== undefined) return undefined;
  console.error(help(undefined, commands, output.err));
  return 2;
}
