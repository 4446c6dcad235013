import { wrap } from "../../text/layout.ts";
import { type Palette, paletteOf } from "../../text/palette.ts";

/** One of the two streams, and how to write on it. */
export interface Screen {
  readonly isTerminal: boolean;
  /** In columns. */
  readonly width: number;
  /** In lines. */
  readonly height: number;
  readonly paint: Palette;
  /** Whether that has colours. */
  readonly colored: boolean;
}

/** What a stream is taken for when it is no terminal. */
const PAGE = { columns: 80, rows: 24 };

/**
 * Where a command writes: results on standard output, all else on standard error.
 *
 * Lines go through the console, which is silent when the reader at the other end of a pipe has left.
 */
export class Output {
  readonly out: Screen;
  readonly err: Screen;
  readonly quiet: boolean;

  /**
   * @param color When to colour.
   * @param quiet Whether narration is left out.
   */
  constructor(color: ColorChoice, quiet: boolean) {
    this.out = screen(Deno.stdout, color);
    this.err = screen(Deno.stderr, color);
    this.quiet = quiet;
  }

  /** Write a line of the result. */
  print(line = ""): void {
    console.log(line);
  }

  /** Write the result for machines. */
  printJson(value: unknown): void {
    console.log(JSON.stringify(value, toMicroseconds, 2));
  }

  /** Write one of many results for machines, on a line of its own. */
  printJsonLine(value: unknown): void {
    console.log(JSON.stringify(value, toMicroseconds));
  }

  /** Tell what is going on. */
  say(line: string): void {
    if (this.quiet) return;
    const { isTerminal, paint, width } = this.err;
    for (const part of isTerminal ? wrap(line, width) : [line]) console.error(paint.aside(part));
  }

  /** Say what went wrong, and what to do about it. */
  fail(message: string, hint?: string): void {
    const { paint } = this.err;
    console.error(`${paint.bad("error:")} ${message}`);
    if (hint !== undefined) console.error(`${paint.code("hint:")} ${hint}`);
  }
}

/** Clocks tell no more than that, whatever their digits say. */
function toMicroseconds(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
}

function screen(stream: { isTerminal(): boolean }, color: ColorChoice): Screen {
  const isTerminal = stream.isTerminal() && !isDumb();
  const noColor = Deno.env.get("NO_COLOR");
  const forceColor = Deno.env.get("FORCE_COLOR");
  const paint = choosePalette(color, { noColor, forceColor, isTerminal });
  // Asked for each time: a terminal may change its size. One that does not know its size says 0.
  const size = () => isTerminal ? Deno.consoleSize() : PAGE;
  return {
    isTerminal,
    get width() {
      return size().columns || PAGE.columns;
    },
    get height() {
      return size().rows || PAGE.rows;
    },
    paint,
    colored: isColored(paint),
  };
}

/** Whether the terminal can neither colour nor go back, as far as it may be asked: it is then as good as a pipe. */
function isDumb(): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "TERM" });
  return state === "granted" && Deno.env.get("TERM") === "dumb";
}

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
