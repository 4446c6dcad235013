import type { SpanState } from "./recorded.ts";
import type { Activity } from "./segments.ts";

/** Write a text in a colour. */
export type Ink = (text: string) => string;

/** The colours of the terminal: few, and each with a meaning. */
export interface Inks {
  readonly strong: Ink;
  readonly faint: Ink;
  readonly own: Ink;
  readonly wait: Ink;
  readonly contention: Ink;
  readonly worker: Ink;
  readonly bad: Ink;
  readonly stopped: Ink;
}

// Not from `@std/fmt/colors`: that has one switch for the whole program, which `NO_COLOR` locks whatever a caller says.
const style = (on: number, off: number): Ink => (text) => text === "" ? "" : `\x1b[${on}m${text}\x1b[${off}m`;

const COLORED: Inks = {
  strong: style(1, 22),
  faint: style(2, 22),
  own: style(36, 39),
  wait: style(90, 39),
  contention: style(33, 39),
  worker: style(35, 39),
  bad: style(31, 39),
  stopped: style(33, 39),
};

const plain: Ink = (text) => text;
const PLAIN = Object.fromEntries(Object.keys(COLORED).map((name) => [name, plain])) as unknown as Inks;

/** The colours, or none. */
export function inks(color: boolean): Inks {
  return color ? COLORED : PLAIN;
}

/** How an activity is drawn. */
export interface Stroke {
  /** A whole column, its right half, its left half. */
  readonly whole: string;
  readonly right: string;
  readonly left: string;
  readonly ink: keyof Inks;
  /** What it is called in the legend; strokes with one name are one entry. */
  readonly name: string;
}

const heavy = { whole: "━", right: "╺", left: "╸" };
const light = { whole: "─", right: "╶", left: "╴" };
const wait: Stroke = { ...light, ink: "wait", name: "waiting" };
const contention: Stroke = { whole: "┄", right: "┄", left: "┄", ink: "contention", name: "lock or queue" };

/** How each activity is drawn: its shape says what it is where there are no colours. */
export const STROKES: Readonly<Record<Activity, Stroke>> = {
  own: { ...heavy, ink: "own", name: "own code, or a promise of others" },
  sleep: wait,
  turn: wait,
  network: wait,
  promise: wait,
  task: wait,
  other: wait,
  worker: { whole: "═", right: "═", left: "═", ink: "worker", name: "worker" },
  sync: contention,
  queue: contention,
  inside: { whole: "┈", right: "┈", left: "┈", ink: "faint", name: "tasks in it" },
  queued: { whole: "·", right: "·", left: "·", ink: "faint", name: "not started" },
};

/** How an end is marked; an ordinary one is not. */
export const MARKS: Readonly<Record<SpanState, { mark: string; ink: keyof Inks; name: string }>> = {
  done: { mark: " ", ink: "faint", name: "done" },
  failed: { mark: "✗", ink: "bad", name: "failed" },
  cancelled: { mark: "⊘", ink: "stopped", name: "cancelled" },
  timedOut: { mark: "◷", ink: "stopped", name: "timed out" },
  running: { mark: "▸", ink: "own", name: "still running" },
};
