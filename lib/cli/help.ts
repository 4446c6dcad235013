import type { Command, Option } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { glossary } from "./layout.ts";
import { GLOBAL_OPTIONS } from "./options.ts";
import type { Screen } from "./output.ts";
import { optionsOf } from "./parse.ts";
import { VERSION } from "./version.ts";

/** Explain the whole command line, or one command. */
export function help(command: Command | undefined, screen: Screen): string {
  return (command === undefined ? overview(screen) : explanation(command, screen)).join("\n");
}

function overview({ paint, width }: Screen): string[] {
  const section = (title: string, entries: [string, string][]) => ["", paint.title(title), ...terms(entries)];
  const terms = (entries: [string, string][]) =>
    glossary(entries.map(([term, text]) => [paint.code(term), text] as const), width);
  return [
    `asyncio ${VERSION}: asyncio for Deno, its exercises and small programs`,
    "",
    `${paint.title("Usage:")} asyncio <command> [options]`,
    ...section("Commands:", COMMANDS.map(({ name, summary }) => [name, summary])),
    ...section("Options:", Object.entries(GLOBAL_OPTIONS).map(describeOption)),
    "",
    paint.aside("asyncio <command> --help explains a command. Times are in milliseconds."),
  ];
}

function explanation(command: Command, { paint, width }: Screen): string[] {
  const { name, summary, operands, examples } = command;
  const terms = (entries: [string, string][]) =>
    glossary(entries.map(([term, text]) => [paint.code(term), text] as const), width);
  const argument = operands === undefined ? [] : [
    "",
    paint.title("Arguments:"),
    ...terms([[operands.value.placeholder, [operands.summary, operands.hint].filter(Boolean).join("; ")]]),
  ];
  return [
    summary,
    "",
    `${paint.title("Usage:")} asyncio ${name} [options]${usage(command)}`,
    ...argument,
    "",
    paint.title("Options:"),
    ...terms(optionsOf(command).map(describeOption)),
    "",
    paint.title("Examples:"),
    ...examples.map((example) => `  ${example}`),
  ];
}

/** `NAME`, `[URL…]`, `[MS MS MS]` */
function usage({ operands }: Command): string {
  if (operands === undefined) return "";
  const { value: { placeholder }, atLeast = 0, atMost = Infinity } = operands;
  const words = atMost === Infinity ? `${placeholder}…` : Array(atMost).fill(placeholder).join(" ");
  return ` ${atLeast === 0 ? `[${words}]` : words}`;
}

function describeOption([name, option]: [string, Option]): [string, string] {
  const { short, value, summary, default: fallback } = option;
  const placeholder = value === undefined ? "" : ` ${value.placeholder}`;
  const shown = fallback === undefined ? "" : ` [default: ${fallback}]`;
  return [`${short === undefined ? "    " : `-${short}, `}--${name}${placeholder}`, summary + shown];
}
