import type { Command } from "../words/command.ts";
import { type OptionWords, optionWordsOf } from "./option_words.ts";
import type { ValueType } from "../words/values.ts";

/** Write the completions for zsh. */
export function completionsForZsh(commands: readonly Command[]): string {
  return `#compdef asyncio
# Completions of asyncio for zsh: put this into a folder of $fpath as _asyncio, or source it after compinit.

_asyncio() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C \\
${optionWordsOf({ options: {} }).map((option) => `    ${describe(option)} \\`).join("\n")}
    '1:command:->command' \\
    '*::argument:->argument' && return

  case $state in
    command)
      local -a commands=(
${commands.map(({ name, summary }) => `        ${quote(`${name}:${summary}`)}`).join("\n")}
      )
      _describe command commands ;;
    argument)
      case $words[1] in
${commands.map(completeCommand).join("\n")}
      esac ;;
  esac
}

if [[ $funcstack[1] == _asyncio ]]; then _asyncio "$@"; else compdef _asyncio asyncio; fi`;
}

function completeCommand(command: Command): string {
  const { name, operands } = command;
  const specs = optionWordsOf(command).map(describe);
  if (operands !== undefined) {
    const place = operands.atMost === 1 ? "1" : "*";
    specs.push(quote(`${place}:${operands.noun}:${action(operands.value)}`));
  }
  return `        ${name})\n          _arguments \\\n${specs.map((spec) => `            ${spec}`).join(" \\\n")} ;;`;
}

/** `'(-d --dir)'{-d+,--dir=}'[Where to put the files]:FOLDER:_files -/'` */
function describe({ long, short, summary, value }: OptionWords): string {
  const explanation = `[${summary.replace(/[[\]:]/g, "\\$&")}]`;
  const rest = value === undefined ? explanation : `${explanation}:${value.placeholder}:${action(value)}`;
  const [afterLong, afterShort] = value === undefined ? ["", ""] : ["=", "+"];
  if (short === undefined) return quote(`--${long}${afterLong}${rest}`);
  return `${quote(`(-${short} --${long})`)}{-${short}${afterShort},--${long}${afterLong}}${quote(rest)}`;
}

function action({ choices, path }: ValueType<unknown>): string {
  if (choices !== undefined) return `(${choices.join(" ")})`;
  return path === undefined ? "" : path === "folder" ? "_files -/" : "_files";
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
