import { type Inks, STROKES } from "./ink.ts";
import type { Interval } from "./recorded.ts";
import { type Activity, type Segment, segmentsOf } from "./segments.ts";
import type { SpanNode } from "./span_tree.ts";

/** Where on the line a time is. */
export interface Scale {
  /** How many columns the line has. */
  readonly columns: number;
  /** The time at its end, in milliseconds. */
  readonly duration: number;
}

/** Which of two activities shows where both have a part in a column: what a reader looks for comes first. */
const RANK: readonly Activity[] = [
  "own",
  "worker",
  "sync",
  "queue",
  "network",
  "promise",
  "other",
  "sleep",
  "task",
  "turn",
  "inside",
  "queued",
];

/** Draw one span as a line. */
export function drawBar(node: SpanNode, scale: Scale, inks: Inks): string {
  const halves = new Array<Activity | null>(scale.columns * 2).fill(null);
  const segments = segmentsOf(node);
  for (const segment of segments) paint(halves, segment, scale);
  // However short, it has to be seen.
  const seen = halves.some((half) => half !== null);
  if (!seen) {
    halves[Math.min(halves.length - 1, Math.floor(position(node.span.start, scale)))] = longest(segments);
  }
  let line = "";
  let run = { text: "", ink: "faint" as keyof Inks };
  for (let column = 0; column < scale.columns; column++) {
    const [left, right] = [halves[2 * column]!, halves[2 * column + 1]!];
    const { glyph, ink } = glyphOf(left, right);
    if (ink !== run.ink) {
      line += inks[run.ink](run.text);
      run = { text: "", ink };
    }
    run.text += glyph;
  }
  return line + inks[run.ink](run.text);
}

/** Fill the halves of columns of which a segment has the most. */
function paint(halves: (Activity | null)[], { start, end, activity }: Segment, scale: Scale): void {
  const from = Math.round(position(start, scale));
  const to = Math.round(position(end, scale));
  for (let i = from; i < to && i < halves.length; i++) halves[i] = activity;
}

function position(time: number, { columns, duration }: Scale): number {
  return duration === 0 ? 0 : (time / duration) * columns * 2;
}

function longest(segments: readonly Segment[]): Activity {
  return segments.reduce((a, b) => b.end - b.start > a.end - a.start ? b : a, segments[0]!)?.activity ?? "own";
}

function glyphOf(left: Activity | null, right: Activity | null): { glyph: string; ink: keyof Inks } {
  if (left === null && right === null) return { glyph: " ", ink: "faint" };
  if (left === null) return { glyph: STROKES[right!].right, ink: STROKES[right!].ink };
  if (right === null) return { glyph: STROKES[left].left, ink: STROKES[left].ink };
  const shown = RANK.indexOf(left) <= RANK.indexOf(right) ? left : right;
  return { glyph: STROKES[shown].whole, ink: STROKES[shown].ink };
}

const LEVELS = "▁▂▃▄▅▆▇█";

/** Draw how many of many spans were going on, as a line of columns. Returns it with the largest number. */
export function drawDensity(intervals: readonly Interval[], scale: Scale): { line: string; peak: number } {
  const counts = new Array<number>(scale.columns).fill(0);
  const shares = new Array<number>(scale.columns).fill(0);
  const width = scale.duration / scale.columns || 1;
  for (const { start, end } of intervals) {
    const last = Math.min(scale.columns - 1, Math.floor(end / width));
    for (let column = Math.floor(start / width); column <= last; column++) {
      counts[column]!++;
      shares[column]! += (Math.min(end, (column + 1) * width) - Math.max(start, column * width)) / width;
    }
  }
  const peak = Math.max(...shares, 1);
  const line = shares.map((share, i) =>
    counts[i] === 0 ? " " : LEVELS[Math.min(7, Math.max(0, Math.ceil((share / peak) * 8) - 1))]!
  ).join("");
  return { line, peak: Math.round(peak) };
}

/** Mark the columns that one of the intervals touches. */
export function drawMarks(intervals: readonly Interval[], scale: Scale, mark: string): string {
  const marks = new Array<string>(scale.columns).fill(" ");
  const width = scale.duration / scale.columns || 1;
  for (const { start, end } of intervals) {
    const last = Math.min(scale.columns - 1, Math.max(Math.floor(start / width), Math.ceil(end / width) - 1));
    for (let column = Math.floor(start / width); column <= last; column++) marks[column] = mark;
  }
  return marks.join("");
}
