import type { Command } from "../words/command.ts";
import { optionsOf } from "../words/options.ts";
import type { ValueType } from "../words/values.ts";

/** An option as it is completed. */
export interface OptionWords {
  /** `"--dir"` and `"-d"`: the long one first. */
  readonly words: readonly string[];
  readonly long: string;
  readonly short: string | undefined;
  readonly summary: string;
  readonly value: ValueType<unknown> | undefined;
}

/** The options of a command as they are completed, with those of every command last. */
export function optionWordsOf(command: Pick<Command, "options">): OptionWords[] {
  return optionsOf(command).map(([long, { short, summary, value }]) => ({
    words: short === undefined ? [`--${long}`] : [`--${long}`, `-${short}`],
    long,
    short,
    summary,
    value,
  }));
}

/** Those options of all commands that take a value, each once. */
export function optionsWithValue(commands: readonly Command[]): OptionWords[] {
  const found = new Map<string, OptionWords>();
  for (const option of commands.flatMap(optionWordsOf)) if (option.value !== undefined) found.set(option.long, option);
  return [...found.values()];
}

/** Every word that stands for an option of the command. */
export function wordsOf(command: Pick<Command, "options">): string[] {
  return optionWordsOf(command).flatMap(({ words }) => words);
}
