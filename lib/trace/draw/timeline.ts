import { columnOf, drawMarks, type Scale } from "../../text/bars.ts";
import { type Palette, paletteOf } from "../../text/palette.ts";
import { fit, widthOf } from "../../text/layout.ts";
import {
  type Activity,
  lastEnd,
  peakOf,
  type Segment,
  segmentsOf,
  type SpanNode,
  spanTree,
  totalOf,
  union,
} from "../analyse/mod.ts";
import type { Interval, Recorded, SpanState, TraceRun } from "../record/mod.ts";
import { MARKS, STROKES } from "./look.ts";
import { formatMs } from "../../text/durations.ts";
import { ticksOf } from "./ticks.ts";
import { type Row, rowsOf } from "./rows.ts";

/** Options of `trace.timeline()`. */
export interface TimelineOptions {
  /**
   * How many columns it may take, 40 or more.
   *
   * @default 80
   */
  width?: number | undefined;
  /**
   * How many lines of tasks it may take, 1 or more. With more tasks, those of the same name share a line.
   *
   * @default 40
   */
  rows?: number | undefined;
  /**
   * Whether it is for a terminal that shows colours.
   *
   * @default false
   */
  color?: boolean | undefined;
}

/** Columns to the right of the bars: a mark and a time, or how many at once. */
const RIGHT = 11;

/** Columns between the parts. */
const GAP = 1;

/** What the line of the event loop is called. */
const LOOP = "event loop";

/** Draw what was recorded as a Gantt chart of characters. */
export function drawTimeline(recorded: Recorded, options: TimelineOptions = {}): string {
  const { width: wanted = 80, rows: most = 40, color = false } = options;
  const width = Math.max(40, wanted);
  const top = spanTree(recorded);
  if (top.length === 0) return "no tasks";
  const ink = paletteOf(color);
  const { rows, left } = rowsOf(top, Math.max(1, most));
  const indents = indentsOf(rows);
  const runs = Map.groupBy(recorded.spans.flatMap(({ runs }) => runs), ({ where }) => where);
  const labels = [...rows.map(({ label }, i) => indents[i]! + label), ...runs.keys()];
  if (recorded.stalls.length > 0) labels.push(LOOP);
  const labelWidth = Math.min(Math.max(...labels.map(widthOf)), Math.floor(width * 0.36));
  // Nothing that is drawn ends later than the last span: a trace that is stopped late shows no emptiness.
  const duration = lastEnd(recorded.spans);
  const scale = { columns: width - labelWidth - RIGHT - 2 * GAP, duration };
  const line = (label: string, bar: string, right: string) => `${fit(label, labelWidth)} ${bar} ${right}`.trimEnd();

  return [
    line("", ink.aside(drawAxis(scale)), ""),
    ...drawStalls(recorded, scale, ink).map(({ bar, right }) => line(LOOP, bar, right)),
    ...rows.map((row, i) => {
      const { bar, right } = drawRow(row, scale, ink);
      const indent = indents[i]!;
      return line(`${indent}${row.label}`, bar, right).replace(indent, ink.aside(indent));
    }),
    ...(left === 0 ? [] : [ink.aside(`… and ${left} more`)]),
    ...[...runs].map(([where, runs]) => line(where, ink.worker(drawMarks(runs, scale, "═")), busyFor(runs))),
    "",
    drawLegend(rows, scale, ink),
  ].join("\n");
}

function drawRow({ nodes }: Row, scale: Scale, ink: Palette): { bar: string; right: string } {
  const [node] = nodes;
  if (nodes.length === 1) {
    const { state, start, end } = node!.span;
    const { mark, ink: color } = MARKS[state];
    return { bar: drawBar(node!, scale, ink), right: `${ink[color](mark)} ${formatMs(end - start)}` };
  }
  const spans = nodes.map(({ span }) => span);
  const { line } = drawDensity(spans, scale);
  const states = (Object.keys(MARKS) as SpanState[]).filter((state) => state !== "done")
    .map((state) => ({ ...MARKS[state], count: spans.filter((span) => span.state === state).length }))
    .filter(({ count }) => count > 0);
  // Two kinds of ends are all that there is room for.
  const ends = states.slice(0, 2).map(({ mark, ink: color, count }) => ink[color](`${mark}${count}`)).join(" ");
  return { bar: ink.own(line), right: ends || `  ≤ ${peakOf(spans)}` };
}

function drawStalls({ stalls }: Recorded, scale: Scale, ink: Palette): { bar: string; right: string }[] {
  if (stalls.length === 0) return [];
  return [{
    bar: ink.bad(drawMarks(stalls, scale, "▒")),
    right: `${ink.bad("!")} ${formatMs(totalOf(union(stalls)))}`,
  }];
}

function busyFor(runs: readonly TraceRun[]): string {
  return `  ${formatMs(totalOf(runs))}`;
}

function drawAxis(scale: Scale): string {
  const { columns, duration } = scale;
  let axis = "";
  for (const { time, label } of ticksOf(0, duration, Math.floor(columns / 8))) {
    const column = columnOf(time, scale);
    if (column + label.length + 1 <= columns) axis = `${axis.padEnd(column)}╷${label}`;
  }
  return axis;
}

/** Tree lines in front of each label. */
function indentsOf(rows: readonly Row[]): string[] {
  const indents: string[] = [];
  // From below: a line goes on when another row of its depth follows before a shallower one.
  const open: boolean[] = [];
  for (let i = rows.length - 1; i >= 0; i--) {
    const { depth } = rows[i]!;
    open.length = Math.max(open.length, depth + 1);
    let indent = "";
    for (let level = 1; level < depth; level++) indent += open[level] ? "│ " : "  ";
    if (depth > 0) indent += open[depth] ? "├ " : "└ ";
    open[depth] = true;
    open.length = depth + 1;
    indents[i] = indent;
  }
  return indents;
}

function drawLegend(rows: readonly Row[], scale: Scale, ink: Palette): string {
  const entries = new Map<string, string>();
  const single = rows.filter(({ nodes }) => nodes.length === 1).map(({ nodes }) => nodes[0]!);
  const visible = ({ start, end }: Segment) => end - start >= scale.duration / scale.columns / 2;
  const segments = single.flatMap((node) => segmentsOf(node)).filter(visible);
  const activities = new Set(segments.map(({ activity }) => activity));
  for (const activity of Object.keys(STROKES) as Activity[]) {
    const { name, whole, ink: color } = STROKES[activity];
    if (activities.has(activity) && activity !== "inside") entries.set(name, `${ink[color](whole.repeat(2))} ${name}`);
  }
  if (single.length < rows.length) entries.set("density", `${ink.own("▂▅")} how many at once`);
  for (const { nodes } of rows) {
    for (const { span: { state } } of nodes) {
      const { mark, name, ink: color } = MARKS[state];
      if (state !== "done") entries.set(name, `${ink[color](mark)} ${name}`);
    }
  }
  return ink.aside([...entries.values()].join("   "));
}

/** Which of two activities shows where both have a part in a column: what a reader looks for comes first. */
const RANK: readonly Activity[] = [
  "own",
  "worker",
  "sync",
  "queue",
  "network",
  "process",
  "file",
  "event",
  "promise",
  "select",
  "other",
  "sleep",
  "task",
  "turn",
  "inside",
  "queued",
];

/** Draw one span as a line. */
function drawBar(node: SpanNode, scale: Scale, inks: Palette): string {
  const halves = new Array<Activity | null>(scale.columns * 2).fill(null);
  const segments = segmentsOf(node);
  for (const segment of segments) paint(halves, segment, scale);
  // However short, it has to be seen.
  const seen = halves.some((half) => half !== null);
  if (!seen) {
    halves[Math.min(halves.length - 1, Math.floor(position(node.span.start, scale)))] = longest(segments);
  }
  let line = "";
  let run = { text: "", ink: "aside" as keyof Palette };
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

function glyphOf(left: Activity | null, right: Activity | null): { glyph: string; ink: keyof Palette } {
  if (left === null && right === null) return { glyph: " ", ink: "aside" };
  if (left === null) return { glyph: STROKES[right!].right, ink: STROKES[right!].ink };
  if (right === null) return { glyph: STROKES[left].left, ink: STROKES[left].ink };
  const shown = RANK.indexOf(left) <= RANK.indexOf(right) ? left : right;
  return { glyph: STROKES[shown].whole, ink: STROKES[shown].ink };
}

const LEVELS = "▁▂▃▄▅▆▇█";

/** Draw how many of many spans were going on, as a line of columns. Returns it with the largest number. */
function drawDensity(intervals: readonly Interval[], scale: Scale): { line: string; peak: number } {
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
