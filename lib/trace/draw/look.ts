import type { Palette } from "../../text/palette.ts";
import type { Activity } from "../analyse/mod.ts";
import type { SpanState } from "../record/mod.ts";

/** How an activity is drawn. */
export interface Stroke {
  /** A whole column, its right half, its left half. */
  readonly whole: string;
  readonly right: string;
  readonly left: string;
  readonly ink: keyof Palette;
  /** What it is called in the legend; strokes with one name are one entry. */
  readonly name: string;
}

const heavy = { whole: "━", right: "╺", left: "╸" };
const light = { whole: "─", right: "╶", left: "╴" };
const wait: Stroke = { ...light, ink: "wait", name: "waiting" };
const network: Stroke = { whole: "≈", right: "≈", left: "≈", ink: "network", name: "network" };
const process: Stroke = { whole: "≡", right: "≡", left: "≡", ink: "process", name: "process" };
const contention: Stroke = { whole: "┄", right: "┄", left: "┄", ink: "contention", name: "lock or queue" };

/** How each activity is drawn: its shape says what it is where there are no colours. */
export const STROKES: Readonly<Record<Activity, Stroke>> = {
  own: { ...heavy, ink: "own", name: "own code, or a promise of others" },
  sleep: wait,
  turn: wait,
  promise: wait,
  file: wait,
  event: wait,
  task: wait,
  select: wait,
  other: wait,
  network,
  process,
  worker: { whole: "═", right: "═", left: "═", ink: "worker", name: "worker" },
  sync: contention,
  queue: contention,
  inside: { whole: "┈", right: "┈", left: "┈", ink: "aside", name: "tasks in it" },
  queued: { whole: "·", right: "·", left: "·", ink: "aside", name: "not started" },
};

/** How an end is marked; an ordinary one is not. */
export const MARKS: Readonly<Record<SpanState, { mark: string; ink: keyof Palette; name: string }>> = {
  done: { mark: " ", ink: "aside", name: "done" },
  failed: { mark: "✗", ink: "bad", name: "failed" },
  cancelled: { mark: "⊘", ink: "stopped", name: "cancelled" },
  timedOut: { mark: "◷", ink: "stopped", name: "timed out" },
  running: { mark: "▸", ink: "own", name: "still running" },
};

/** The colours of the pictures, for light and for dark surroundings, as custom properties of CSS. */
export const LIGHT = {
  back: "#ffffff",
  text: "#1f2733",
  faint: "#6b7686",
  line: "#e4e8ee",
  stripe: "#f7f8fa",
  own: "#3f6fd1",
  wait: "#c5d2ea",
  network: "#7fb8a4",
  process: "#c58fb0",
  contention: "#e0a93e",
  worker: "#8b67c8",
  inside: "#b9c2cf",
  queued: "#dfe3e9",
  bad: "#cc4b4b",
  stopped: "#9a7b2d",
  stall: "#f3d2d2",
  path: "#e0712c",
  accent: "#2f5fc4",
} as const;

/** The names of all colours. */
export const COLORS: readonly string[] = Object.keys(LIGHT);

/** A colour, by what it is for. */
export type PictureColor = keyof typeof LIGHT;

const DARK: Readonly<Record<PictureColor, string>> = {
  back: "#12161c",
  text: "#dbe2ec",
  faint: "#8a95a5",
  line: "#262d37",
  stripe: "#171c23",
  own: "#6f9cf2",
  wait: "#36455f",
  network: "#4f8e7a",
  process: "#96627f",
  contention: "#c9963a",
  worker: "#a487dd",
  inside: "#4a5462",
  queued: "#2b323c",
  bad: "#e06c6c",
  stopped: "#cfae5a",
  stall: "#4a2a2d",
  path: "#ee8a4a",
  accent: "#7ea6f5",
};

/** Which colour an activity has. */
export const ACTIVITY_COLORS: Readonly<Record<Activity, PictureColor>> = {
  own: "own",
  sleep: "wait",
  turn: "wait",
  promise: "wait",
  task: "wait",
  select: "wait",
  other: "wait",
  file: "wait",
  event: "wait",
  network: "network",
  process: "process",
  worker: "worker",
  sync: "contention",
  queue: "contention",
  inside: "inside",
  queued: "queued",
};

/** What a colour says, for the legend, in its order. */
export const COLOR_NAMES: readonly (readonly [PictureColor, string])[] = [
  ["own", "own code, or a promise of others"],
  ["wait", "waiting"],
  ["network", "network"],
  ["process", "process"],
  ["contention", "lock or queue"],
  ["worker", "worker"],
  ["path", "critical path"],
  ["stall", "event loop stood still"],
];

/** Both sets, the one that the reader's system asks for, for the elements that `selector` chooses. */
export function colorRules(selector: string): string {
  const rules = (colors: Readonly<Record<string, string>>) =>
    `${selector}{${Object.entries(colors).map(([name, color]) => `--${name}:${color}`).join(";")}}`;
  return `${rules(LIGHT)}@media(prefers-color-scheme:dark){${rules(DARK)}}`;
}
