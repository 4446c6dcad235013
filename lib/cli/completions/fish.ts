import type { Command } from "../words/command.ts";
import { type OptionWords, optionWordsOf } from "./option_words.ts";
import { GLOBAL_OPTIONS } from "../words/options.ts";
import type { ValueType } from "../words/values.ts";

/** Write the completions for fish. */
export function completionsForFish(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  return `# Completions of asyncio for fish: put this into ~/.config/fish/completions as asyncio.fish, or source it.

complete -c asyncio -f
${optionWordsOf({ options: {} }).map((option) => describe(option)).join("\n")}

${
    commands.map(({ name, summary }) =>
      `complete -c asyncio -n 'not __fish_seen_subcommand_from ${names}' -a ${name} -d ${quote(summary)}`
    ).join("\n")
  }

${commands.flatMap(completeCommand).join("\n")}`;
}

function completeCommand(command: Command): string[] {
  const condition = `-n '__fish_seen_subcommand_from ${command.name}'`;
  const own = optionWordsOf(command).filter(({ long }) => !(long in GLOBAL_OPTIONS));
  const choices = command.operands?.value.choices;
  return [
    ...choices === undefined ? [] : [`complete -c asyncio ${condition} -a '${choices.join(" ")}'`],
    ...own.map((option) => describe(option, condition)),
  ];
}

function describe({ long, short, summary, value }: OptionWords, condition?: string): string {
  return [
    "complete -c asyncio",
    ...condition === undefined ? [] : [condition],
    ...short === undefined ? [] : [`-s ${short}`],
    `-l ${long}`,
    ...value === undefined ? [] : [action(value)],
    `-d ${quote(summary)}`,
  ].join(" ");
}

function action({ choices, path }: ValueType<unknown>): string {
  if (choices !== undefined) return `-x -a '${choices.join(" ")}'`;
  return path === undefined ? "-x" : path === "folder" ? "-x -a '(__fish_complete_directories)'" : "-r -F";
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
