import { parseArgs } from "@std/cli/parse-args";
import type { Command, Options } from "./words/command.ts";
import { didYouMean, UsageError } from "./words/usage_error.ts";
import { GLOBAL_OPTIONS, optionsOf } from "./words/options.ts";
import { readValue } from "./words/values.ts";

/** The words of a command line, sorted but not judged. */
export interface Words {
  /** Those that belong to no option; the first is the name of the command. */
  readonly operands: readonly string[];
  /** What was given for each known option, flags by `true`; all of it where an option may be given several times. */
  readonly given: ReadonlyMap<string, string | true | readonly string[]>;
  /** Mistakes that show without knowing the command. */
  readonly mistakes: readonly UsageError[];
}

/** What a command is called with. */
export interface Call {
  readonly command: Command;
  readonly operands: unknown[];
  readonly options: Record<string, unknown>;
}

/** `-5` is a number, which `parseArgs` takes for an option: a mark in front tells it otherwise. */
const MARK = "\0";
const NEGATIVE_NUMBER = /^-(\.?\d|Infinity$)/;

/** Sort the words of a command line. Never throws: how to colour has to be known before there is a mistake to show. */
export function sortWords(args: readonly string[], commands: readonly Command[]): Words {
  // What is a flag in one command takes no value in another.
  const all: Options = Object.assign({}, ...commands.map(({ options }) => options), GLOBAL_OPTIONS);
  const isFlag = (name: string) => all[name]!.value === undefined;
  const mistakes: UsageError[] = [];
  const names = Object.keys(all);
  const [flags, valued] = [names.filter(isFlag), names.filter((name) => !isFlag(name))];
  const marked = args.map((arg) => NEGATIVE_NUMBER.test(arg) ? MARK + arg : arg);
  const { _: operands, ...values } = parseArgs(marked, {
    boolean: flags,
    string: ["_", ...valued],
    collect: names.filter((name) => all[name]!.many),
    alias: Object.fromEntries(
      names.flatMap((name) => all[name]!.short ? [[name, all[name]!.short]] : []),
    ),
    unknown(arg, key) {
      if (key !== undefined) mistakes.push(unknownOption(arg, all));
      return key === undefined;
    },
  });
  const given = new Map<string, string | true | readonly string[]>();
  for (const name of names) {
    const value: unknown = values[name];
    if (value === true) given.set(name, true);
    if (typeof value === "string") given.set(name, unmarked(value));
    // Options that are collected are always there.
    if (Array.isArray(value) && value.length > 0) given.set(name, value.map((each) => unmarked(String(each))));
  }
  for (const arg of args.slice(0, args.includes("--") ? args.indexOf("--") : undefined)) {
    const [option, value] = arg.split("=");
    if (value !== undefined && flags.includes(option!.slice(2))) {
      mistakes.push(
        new UsageError(`Cannot use ${option} as it takes no value: current value is ${JSON.stringify(value)}`),
      );
    }
  }
  return { operands: operands.map((operand) => unmarked(String(operand))), given, mistakes };
}

/** Find out which command is called, and with what. */
export function readCall(words: Words, commands: readonly Command[]): Call {
  const { operands: [name, ...operands], given, mistakes } = words;
  if (mistakes.length > 0) throw mistakes[0];
  if (name === undefined) throw new UsageError("A command is missing", "asyncio --help lists the commands");
  const command = findCommand(name, commands);
  const options: Record<string, unknown> = {};
  for (const [option, { value, default: fallback, many }] of optionsOf(command)) {
    const text = given.get(option);
    const read = (text: string) => readValue(value!, `--${option}`, text);
    if (value === undefined) options[option] = text === true;
    else if (many) options[option] = Array.isArray(text) ? text.map(read) : [];
    else options[option] = typeof text === "string" ? read(text) : fallback;
  }
  for (const option of given.keys()) {
    if (!(option in options)) {
      throw new UsageError(`asyncio ${name} knows no option --${option}`, `asyncio ${name} --help lists its options`);
    }
  }
  return { command, operands: readOperands(command, operands), options };
}

/** Find a command by its name. */
export function findCommand(name: string, commands: readonly Command[]): Command {
  const command = commands.find((command) => command.name === name);
  if (command !== undefined) return command;
  const names = commands.map(({ name }) => name);
  throw new UsageError(
    `There is no command ${JSON.stringify(name)}`,
    didYouMean(name, names, "asyncio ", "asyncio --help lists the commands"),
  );
}

function readOperands({ name, operands: known }: Command, operands: readonly string[]): unknown[] {
  if (known === undefined) {
    if (operands.length === 0) return [];
    throw new UsageError(`asyncio ${name} takes options only: current value is ${operands.join(" ")}`);
  }
  const { noun, value, hint, atLeast = 0, atMost = Infinity } = known;
  if (operands.length < atLeast) throw new UsageError(`asyncio ${name} needs a ${noun}`, hint);
  if (operands.length > atMost) {
    const most = atMost === 1 ? `one ${noun}` : `at most ${atMost} ${noun}s`;
    throw new UsageError(`asyncio ${name} takes ${most}: current value is ${operands.join(" ")}`);
  }
  return operands.map((operand) => {
    const { choices } = value;
    if (choices === undefined || choices.includes(operand)) return readValue(value, `the ${noun}`, operand);
    throw new UsageError(
      `There is no ${noun} ${JSON.stringify(operand)}`,
      didYouMean(operand, choices, `asyncio ${name} `, hint),
    );
  });
}

function unmarked(word: string): string {
  return word.startsWith(MARK) ? word.slice(1) : word;
}

function unknownOption(arg: string, all: Options): UsageError {
  const [option] = arg.split("=");
  return new UsageError(
    `There is no option ${option}`,
    didYouMean(option!.replace(/^-+/, ""), Object.keys(all), "--", "asyncio --help lists the options"),
  );
}
