import { fit, widthOf } from "../text/layout.ts";
import { type Inks, inks, MARKS, STROKES } from "./ink.ts";
import { lastEnd, peakOf, totalOf, union } from "./intervals.ts";
import { formatMs, ticksOf } from "./moments.ts";
import type { Recorded, SpanState, TraceRun } from "./recorded.ts";
import { type Activity, type Segment, segmentsOf } from "./segments.ts";
import { spanTree } from "./span_tree.ts";
import { drawBar, drawDensity, drawMarks, type Scale } from "./timeline_bar.ts";
import { type Row, rowsOf } from "./timeline_rows.ts";

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
  const ink = inks(color);
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
    line("", ink.faint(drawAxis(scale)), ""),
    ...drawStalls(recorded, scale, ink).map(({ bar, right }) => line(LOOP, bar, right)),
    ...rows.map((row, i) => {
      const { bar, right } = drawRow(row, scale, ink);
      const indent = indents[i]!;
      return line(`${indent}${row.label}`, bar, right).replace(indent, ink.faint(indent));
    }),
    ...(left === 0 ? [] : [ink.faint(`… and ${left} more`)]),
    ...[...runs].map(([where, runs]) => line(where, ink.worker(drawMarks(runs, scale, "═")), busyFor(runs))),
    "",
    drawLegend(rows, scale, ink),
  ].join("\n");
}

function drawRow({ nodes }: Row, scale: Scale, ink: Inks): { bar: string; right: string } {
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

function drawStalls({ stalls }: Recorded, scale: Scale, ink: Inks): { bar: string; right: string }[] {
  if (stalls.length === 0) return [];
  return [{
    bar: ink.bad(drawMarks(stalls, scale, "▒")),
    right: `${ink.bad("!")} ${formatMs(totalOf(union(stalls)))}`,
  }];
}

function busyFor(runs: readonly TraceRun[]): string {
  return `  ${formatMs(totalOf(runs))}`;
}

function drawAxis({ columns, duration }: Scale): string {
  let axis = "";
  for (const { time, label } of ticksOf(0, duration, Math.floor(columns / 8))) {
    const column = Math.round((time / (duration || 1)) * columns);
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

function drawLegend(rows: readonly Row[], scale: Scale, ink: Inks): string {
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
  return ink.faint([...entries.values()].join("   "));
}
