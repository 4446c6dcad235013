import type { Command } from "./command.ts";
import { completionsForBash } from "./completions_bash.ts";
import { completionsForFish } from "./completions_fish.ts";
import { completionsForZsh } from "./completions_zsh.ts";
import type { Output } from "./output.ts";
import type { Shell } from "./shell.ts";

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Command[]) => string>> = {
  bash: completionsForBash,
  zsh: completionsForZsh,
  fish: completionsForFish,
};

/** Print what makes a shell complete the words of `commands`. */
export function completions(output: Output, shell: Shell, commands: readonly Command[]): boolean {
  output.print(SCRIPTS[shell](commands));
  return true;
}
