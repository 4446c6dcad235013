/** The colours of the house: few, and each with a meaning. */
export interface Palette {
  /** Titles. */
  title(text: string): string;
  /** What may be skipped. */
  aside(text: string): string;
  /** What the eye should find: the result. */
  good(text: string): string;
  /** What went wrong. */
  bad(text: string): string;
  /** What is neither: cancelled, not started. */
  stopped(text: string): string;
  /** What can be typed. */
  code(text: string): string;
}

// Not from `@std/fmt/colors`: that has one switch for both streams, which `NO_COLOR` locks whatever `--color` says.
const style = (on: number, off: number) => (text: string) => `\x1b[${on}m${text}\x1b[${off}m`;

const COLORED: Palette = {
  title: style(1, 22),
  aside: style(2, 22),
  good: style(32, 39),
  bad: style(31, 39),
  stopped: style(33, 39),
  code: style(36, 39),
};

const plain = (text: string) => text;
const PLAIN: Palette = { title: plain, aside: plain, good: plain, bad: plain, stopped: plain, code: plain };

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
  if (choice !== "auto") return choice === "always" ? COLORED : PLAIN;
  // An empty variable counts as not set: see no-color.org and force-color.org.
  if (noColor) return PLAIN;
  if (forceColor) return COLORED;
  return isTerminal ? COLORED : PLAIN;
}

/** Whether a palette has colours. */
export function isColored(palette: Palette): boolean {
  return palette === COLORED;
}
