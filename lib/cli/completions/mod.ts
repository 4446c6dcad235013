import type { Command } from "../words/command.ts";
import { completionsForBash } from "./bash.ts";
import { completionsForFish } from "./fish.ts";
import { completionsForZsh } from "./zsh.ts";
import type { Output } from "../show/output.ts";

const SCRIPTS = {
  bash: completionsForBash,
  zsh: completionsForZsh,
  fish: completionsForFish,
};

/** The shells that completions can be had for. */
export type Shell = keyof typeof SCRIPTS;

/** Print what makes a shell complete the words of `commands`. */
export function completions(output: Output, shell: Shell, commands: readonly Command[]): boolean {
  output.print(SCRIPTS[shell](commands));
  return true;
}
