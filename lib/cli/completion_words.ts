import type { Command, Option } from "./command.ts";
import { GLOBAL_OPTIONS } from "./options.ts";
import type { ValueType } from "./values.ts";

/** An option as it is completed. */
export interface OptionWords {
  /** `"--dir"` and `"-d"`: the long one first. */
  readonly words: readonly string[];
  readonly long: string;
  readonly short: string | undefined;
  readonly summary: string;
  readonly value: ValueType<unknown> | undefined;
}

/** The options of a command, with those of every command last. */
export function optionsOf({ options }: Pick<Command, "options">): OptionWords[] {
  return Object.entries<Option>({ ...options, ...GLOBAL_OPTIONS }).map(([long, { short, summary, value }]) => ({
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
  for (const option of commands.flatMap(optionsOf)) if (option.value !== undefined) found.set(option.long, option);
  return [...found.values()];
}

/** Every word that stands for an option of the command. */
export function optionWords(command: Pick<Command, "options">): string[] {
  return optionsOf(command).flatMap(({ words }) => words);
}
