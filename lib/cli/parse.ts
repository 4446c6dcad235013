import { parseArgs } from "@std/cli/parse-args";
import type { Command, Options } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { didYouMean } from "./did_you_mean.ts";
import { GLOBAL_OPTIONS, optionsOf } from "./options.ts";
import { UsageError } from "./usage_error.ts";
import { readValue } from "./values.ts";

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

/** Every option there is: what is a flag in one command takes no value in another. */
const ALL_OPTIONS: Options = Object.assign({}, ...COMMANDS.map(({ options }) => options), GLOBAL_OPTIONS);

/** `-5` is a number, which `parseArgs` takes for an option: a mark in front tells it otherwise. */
const MARK = "\0";
const NEGATIVE_NUMBER = /^-(\.?\d|Infinity$)/;

/** Sort the words of a command line. Never throws: how to colour has to be known before there is a mistake to show. */
export function sortWords(args: readonly string[]): Words {
  const mistakes: UsageError[] = [];
  const names = Object.keys(ALL_OPTIONS);
  const [flags, valued] = [names.filter(isFlag), names.filter((name) => !isFlag(name))];
  const marked = args.map((arg) => NEGATIVE_NUMBER.test(arg) ? MARK + arg : arg);
  const { _: operands, ...values } = parseArgs(marked, {
    boolean: flags,
    string: ["_", ...valued],
    collect: names.filter((name) => ALL_OPTIONS[name]!.many),
    alias: Object.fromEntries(
      names.flatMap((name) => ALL_OPTIONS[name]!.short ? [[name, ALL_OPTIONS[name]!.short]] : []),
    ),
    unknown(arg, key) {
      if (key !== undefined) mistakes.push(unknownOption(arg));
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
export function readCall({ operands: [name, ...operands], given, mistakes }: Words): Call {
  if (mistakes.length > 0) throw mistakes[0];
  if (name === undefined) throw new UsageError("A command is missing", "asyncio --help lists the commands");
  const command = findCommand(name);
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
export function findCommand(name: string): Command {
  const command = COMMANDS.find((command) => command.name === name);
  if (command !== undefined) return command;
  const names = COMMANDS.map(({ name }) => name);
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

function isFlag(name: string): boolean {
  return ALL_OPTIONS[name]!.value === undefined;
}

function unknownOption(arg: string): UsageError {
  const [option] = arg.split("=");
  return new UsageError(
    `There is no option ${option}`,
    didYouMean(option!.replace(/^-+/, ""), Object.keys(ALL_OPTIONS), "--", "asyncio --help lists the options"),
  );
}
