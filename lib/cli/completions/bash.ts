import type { Command } from "../words/command.ts";
import { optionsWithValue, wordsOf } from "./option_words.ts";
import type { ValueType } from "../words/values.ts";

/** Write the completions for bash. Works with the bash of macOS, which is 3.2. */
export function completionsForBash(commands: readonly Command[]): string {
  const valued = optionsWithValue(commands);
  const names = commands.map(({ name }) => name);
  return `# Completions of asyncio for bash: source this, or put it where bash-completion looks.

_asyncio() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command= value= word words=

  # To bash, "--color=always" is three words.
  if [[ $current == = ]]; then current=
  elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD - 2]}
  fi

  case $before in
${valued.map(({ words, value }) => `    ${words.join(" | ")}) ${completeValue(value!)}; return ;;`).join("\n")}
  esac

  for word in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case $word in
      ${valued.flatMap(({ words }) => words).join(" | ")}) value=1 ;;
      -* | =) ;;
      *) if [[ $value ]]; then value=; else command=$word; break; fi ;;
    esac
  done

  case $command/$current in
    /-*) words='${wordsOf({ options: {} }).join(" ")}' ;;
    /*) words='${names.join(" ")}' ;;
${commands.flatMap(completeCommand).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}

complete -F _asyncio asyncio`;
}

function completeCommand(command: Command): string[] {
  const { name, operands } = command;
  const choices = operands?.value.choices ?? [];
  return [
    `    ${name}/-*) words='${wordsOf(command).join(" ")}' ;;`,
    ...choices.length === 0 ? [] : [`    ${name}/*) words='${choices.join(" ")}' ;;`],
  ];
}

function completeValue({ choices, path }: ValueType<unknown>): string {
  if (choices !== undefined) return `COMPREPLY=($(compgen -W '${choices.join(" ")}' -- "$current"))`;
  if (path === undefined) return "COMPREPLY=()";
  // One name a line, as they may have spaces in them.
  const kind = path === "folder" ? "-d" : "-f";
  return `local IFS=$'\\n'; compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen ${kind} -- "$current"))`;
}
