/** Write a text in a colour. */
export type Paint = (text: string) => string;

/** The colours of the terminal: few, and each with a meaning. */
export interface Palette {
  /** Titles. */
  readonly title: Paint;
  /** What may be skipped. */
  readonly aside: Paint;
  /** What the eye should find: the result. */
  readonly good: Paint;
  /** What went wrong. */
  readonly bad: Paint;
  /** What is neither: cancelled, not started. */
  readonly stopped: Paint;
  /** What can be typed. */
  readonly code: Paint;
  /** Work of one's own. */
  readonly own: Paint;
  /** Waiting. */
  readonly wait: Paint;
  /** Waiting for the network, and for another program. */
  readonly network: Paint;
  readonly process: Paint;
  /** Waiting for each other. */
  readonly contention: Paint;
  /** Work in a worker. */
  readonly worker: Paint;
}

// Not from `@std/fmt/colors`: that has one switch for the whole program, which `NO_COLOR` locks whatever a caller says.
const style = (on: number, off: number): Paint => (text) => text === "" ? "" : `\x1b[${on}m${text}\x1b[${off}m`;

const COLORED: Palette = {
  title: style(1, 22),
  aside: style(2, 22),
  good: style(32, 39),
  bad: style(31, 39),
  stopped: style(33, 39),
  code: style(36, 39),
  own: style(36, 39),
  wait: style(90, 39),
  network: style(34, 39),
  process: style(95, 39),
  contention: style(33, 39),
  worker: style(35, 39),
};

const plain: Paint = (text) => text;
const PLAIN = Object.fromEntries(Object.keys(COLORED).map((name) => [name, plain])) as unknown as Palette;

/** The colours, or none. */
export function paletteOf(color: boolean): Palette {
  return color ? COLORED : PLAIN;
}
