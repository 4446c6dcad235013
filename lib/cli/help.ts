import config from "../../deno.json" with { type: "json" };
import type { Command, Operands, Option } from "./words/command.ts";
import { glossary, wrap } from "../text/layout.ts";
import { GLOBAL_OPTIONS, optionsOf } from "./words/options.ts";
import type { Screen } from "./show/output.ts";

/** The version of this package. */
export const VERSION: string = config.version;

/** What scripts go by. */
const EXIT_CODES: readonly [string, string][] = [
  ["0", "All went well"],
  ["1", "Something failed"],
  ["2", "The command line is wrong"],
  ["130", "Ctrl-C; what is on its way has been stopped, and cleaned up"],
  ["143", "The same, after SIGTERM"],
];

/** Explain the whole command line, or one command. */
export function help(command: Command | undefined, commands: readonly Command[], screen: Screen): string {
  return (command === undefined ? overview(commands, screen) : explanation(command, screen)).join("\n");
}

function overview(commands: readonly Command[], screen: Screen): string[] {
  const { width, paint: { title, aside } } = screen;
  return [
    ...wrap(`asyncio ${VERSION}: asyncio for Deno, its exercises and small programs`, width),
    "",
    `${title("Usage:")} asyncio <command> [options]`,
    ...section("Commands:", commands.map(({ name, summary }) => [name, summary]), screen),
    ...section("Options:", Object.entries(GLOBAL_OPTIONS).map(describeOption), screen),
    ...section("Exit codes:", EXIT_CODES, screen),
    "",
    ...wrap("asyncio <command> --help explains a command. Times are in milliseconds.", width).map(aside),
  ];
}

function explanation(command: Command, screen: Screen): string[] {
  const { name, summary, operands, examples } = command;
  const { width, paint: { title } } = screen;
  return [
    ...wrap(summary, width),
    "",
    `${title("Usage:")} asyncio ${name} [options]${usage(command)}`,
    ...operands === undefined ? [] : section("Arguments:", [describeOperands(operands)], screen),
    ...section("Options:", optionsOf(command).map(describeOption), screen),
    "",
    title("Examples:"),
    ...examples.map((example) => `  ${example}`),
  ];
}

/** A title, and terms with their explanations below it. */
function section(title: string, entries: readonly (readonly [string, string])[], { paint, width }: Screen): string[] {
  return ["", paint.title(title), ...glossary(entries.map(([term, text]) => [paint.code(term), text]), width)];
}

/** `NAME`, `[URL…]`, `[MS MS MS]` */
function usage({ operands }: Command): string {
  if (operands === undefined) return "";
  const { value: { placeholder }, atLeast = 0, atMost = Infinity } = operands;
  const words = atMost === Infinity ? `${placeholder}…` : Array(atMost).fill(placeholder).join(" ");
  return ` ${atLeast === 0 ? `[${words}]` : words}`;
}

function describeOperands({ value, summary, hint }: Operands<unknown>): [string, string] {
  return [value.placeholder, hint === undefined ? summary : `${summary}; ${hint}`];
}

function describeOption([name, option]: [string, Option]): [string, string] {
  const { short, value, summary, default: fallback } = option;
  const placeholder = value === undefined ? "" : ` ${value.placeholder}`;
  const shown = fallback === undefined ? "" : ` [default: ${fallback}]`;
  return [`${short === undefined ? "    " : `-${short}, `}--${name}${placeholder}`, summary + shown];
}
