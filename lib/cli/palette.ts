import { type Palette, paletteOf } from "../text/palette.ts";

/** When to colour. */
export type ColorChoice = "auto" | "always" | "never";

/** What the environment says about colours. */
export interface ColorEnvironment {
  readonly noColor: string | undefined;
  readonly forceColor: string | undefined;
  readonly isTerminal: boolean;
}

/** Choose the palette of a stream: `--color`, then `NO_COLOR`, then `FORCE_COLOR`, then whether it is a terminal. */
export function choosePalette(choice: ColorChoice, { noColor, forceColor, isTerminal }: ColorEnvironment): Palette {
  if (choice !== "auto") return paletteOf(choice === "always");
  // An empty variable counts as not set: see no-color.org and force-color.org.
  if (noColor) return paletteOf(false);
  if (forceColor) return paletteOf(true);
  return paletteOf(isTerminal);
}

/** Whether a palette has colours. */
export function isColored(palette: Palette): boolean {
  return palette === paletteOf(true);
}
