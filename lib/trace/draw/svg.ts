import {
  lastEnd,
  type PathStep,
  peakOf,
  segmentsOf,
  type SpanNode,
  spanTree,
  summarize,
  union,
} from "../analyse/mod.ts";
import type { Interval, Recorded, TraceSpan } from "../record/mod.ts";
import { ACTIVITY_COLORS, COLOR_NAMES, colorRules, MARKS, type PictureColor } from "./look.ts";
import { formatMs } from "../../text/durations.ts";
import { ticksOf } from "./ticks.ts";
import { type Row, rowsOf } from "./rows.ts";
import { headlineOf } from "./summary_text.ts";

/** Lines of tasks; with more, those of the same name share one. */
const MOST_ROWS = 120;

/** Sizes in pixels: of the picture, of a row, of a bar in it. */
const WIDTH = 1000;
const ROW = 22;
const BAR = 12;
const TOP = 66;
const MARGIN = 16;
const RIGHT = 92;
/** What a letter takes at most, and on average. */
const LETTER = 7;
const NARROW_LETTER = 6.6;
const INDENT = 12;
const WIDEST_LABEL = 280;

/** Draw what was recorded as a picture, for light and for dark surroundings. */
export function toSvg(recorded: Recorded): string {
  const summary = summarize(recorded);
  const { rows, left } = rowsOf(spanTree(recorded), MOST_ROWS);
  const workers = [...Map.groupBy(recorded.spans.flatMap(({ runs }) => runs), ({ where }) => where)].sort();
  const labels = rows.map(({ label, depth }) => label.length * LETTER + depth * INDENT);
  const plot: Plot = {
    left: MARGIN + Math.min(WIDEST_LABEL, Math.max(60, ...labels)) + 12,
    right: WIDTH - RIGHT,
    duration: lastEnd(recorded.spans) || 1,
  };
  const path = Map.groupBy(summary.criticalPath, ({ span }) => span.id);
  const bottom = TOP + (rows.length + (left > 0 ? 1 : 0) + workers.length) * ROW;
  const used = new Set<PictureColor>();
  const body = [
    ...drawStalls(union(recorded.stalls), plot, bottom, used),
    ...drawAxis(plot, bottom),
    ...rows.flatMap((row, i) => {
      const y = TOP + i * ROW;
      const x = MARGIN + row.depth * INDENT;
      return drawRow(row, { x, y, room: plot.left - x - 8 }, plot, path, used);
    }),
    ...(left > 0 ? [text(MARGIN, TOP + rows.length * ROW, `… and ${left} more`, "faint")] : []),
    ...workers.flatMap(([where, runs], i) => {
      const y = bottom - (workers.length - i) * ROW;
      used.add("worker");
      return [text(MARGIN, y, where, "faint"), ...runs.map((run) => bar(run, y, plot, "worker"))];
    }),
  ];
  const legend = drawLegend(used, bottom + 22);
  const height = bottom + 44;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`,
    ` role="img" aria-label="${escapeMarkup(headlineOf(summary))}">`,
    `<style>${styles()}</style>`,
    `<rect class="back" width="100%" height="100%" rx="8"/>`,
    text(MARGIN, 12, headlineOf(summary), "title"),
    ...body,
    ...legend,
    "</svg>\n",
  ].join("\n");
}

function styles(): string {
  return [
    colorRules("svg"),
    "text{font:12px ui-sans-serif,system-ui,-apple-system,'Segoe UI',sans-serif;fill:var(--text);dominant-baseline:central}",
    ".title{font-size:14px;font-weight:600}.faint{fill:var(--faint)}.end{text-anchor:end;font-variant-numeric:tabular-nums}",
    ".back{fill:var(--back)}.grid{stroke:var(--line)}.path{stroke:var(--path);stroke-width:2}",
    ".tick{text-anchor:middle}.bad{fill:var(--bad)}.stopped{fill:var(--stopped)}",
  ].join("");
}

function drawAxis({ left, right, duration }: Plot, bottom: number): string[] {
  return ticksOf(0, duration, Math.floor((right - left) / 90)).flatMap(({ time, label }) => {
    const x = (left + (time / duration) * (right - left)).toFixed(1);
    return [
      `<line class="grid" x1="${x}" x2="${x}" y1="${TOP - 8}" y2="${bottom}"/>`,
      text(Number(x), 38, label, "faint tick"),
    ];
  });
}

function drawStalls(stalls: readonly Interval[], plot: Plot, bottom: number, used: Set<PictureColor>): string[] {
  return stalls.map((stall) => {
    used.add("stall");
    const title = `event loop stood still for ${formatMs(stall.end - stall.start)}`;
    return shape(stall, { y: TOP - 8, height: bottom - TOP + 8, radius: 0 }, plot, "stall", title);
  });
}

function drawLegend(used: ReadonlySet<PictureColor>, y: number): string[] {
  let x = MARGIN;
  return COLOR_NAMES.filter(([color]) => used.has(color)).flatMap(([color, name]) => {
    const at = x;
    x += name.length * 6.4 + 40;
    const height = color === "path" ? 2 : BAR - 2;
    const mark = `<rect x="${at}" y="${y - height / 2}" width="14" height="${height}" rx="2" fill="var(--${color})"/>`;
    return [mark, `<text class="faint" x="${at + 20}" y="${y}">${name}</text>`];
  });
}

/** Where a label is: `room` is how far it may go, in pixels. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly room: number;
}

/** Draw a row: one span, or the number of many over time. Notes the colours that it has used. */
function drawRow(
  { label, nodes }: Row,
  { x, y, room }: Place,
  plot: Plot,
  path: ReadonlyMap<number, readonly PathStep[]>,
  used: Set<PictureColor>,
): string[] {
  const spans = nodes.map(({ span }) => span);
  const steps = spans.flatMap(({ id }) => path.get(id) ?? []);
  if (steps.length > 0) used.add("path");
  const bars = nodes.length === 1 ? drawSpan(nodes[0]!, y, plot, used) : drawDensity(spans, y, plot, used);
  const letters = Math.floor(room / NARROW_LETTER);
  return [
    text(x, y, label.length > letters ? `${label.slice(0, letters - 1)}…` : label),
    ...bars,
    ...steps.map((step) => underline(step, y, plot)),
    drawRight(spans, y, plot),
  ];
}

function drawSpan(node: SpanNode, y: number, plot: Plot, used: Set<PictureColor>): string[] {
  const { span } = node;
  const middle = y + ROW / 2;
  const segments = segmentsOf(node);
  // What cannot be seen is left out, unless it is all there is.
  const seen = segments.filter(({ start, end }) => xOf(end, plot) - xOf(start, plot) >= 0.5);
  const bars = (seen.length > 0 ? seen : segments.slice(0, 1)).map((segment) => {
    const color = ACTIVITY_COLORS[segment.activity];
    used.add(color);
    // Time that belongs to the spans in it is a thread that leads to them.
    if (segment.activity === "inside") return shape(segment, { y: middle - 1, height: 2, radius: 0 }, plot, color);
    return bar(segment, y, plot, color);
  });
  const end = xOf(span.end, plot);
  if (span.state === "failed") bars.push(tip(end, y, "bad"));
  if (span.state === "cancelled" || span.state === "timedOut") bars.push(tip(end, y, "stopped"));
  return [`<g><title>${textOf(span)}</title>`, ...bars, "</g>"];
}

/** A mark at the end of a bar. */
function tip(x: number, y: number, color: PictureColor): string {
  const size = `x="${(x - 3).toFixed(1)}" y="${y + (ROW - BAR) / 2}" width="3" height="${BAR}"`;
  return `<rect ${size} rx="1" fill="var(--${color})"/>`;
}

function textOf({ name, kind, state, start, end, error }: TraceSpan): string {
  const parts = [`${name} (${kind}), ${MARKS[state].name}`, `${formatMs(start)} to ${formatMs(end)}`];
  if (error !== null) parts.push(error);
  return escapeMarkup(parts.join("\n"));
}

/** How many columns a density has. */
const COLUMNS = 240;

function drawDensity(spans: readonly TraceSpan[], y: number, plot: Plot, used: Set<PictureColor>): string[] {
  used.add("own");
  const shares = new Array<number>(COLUMNS).fill(0);
  const width = plot.duration / COLUMNS;
  for (const { start, end } of spans) {
    for (let i = Math.floor(start / width); i < COLUMNS && i * width < end; i++) {
      shares[i]! += (Math.min(end, (i + 1) * width) - Math.max(start, i * width)) / width;
    }
  }
  const peak = Math.max(...shares, Number.MIN_VALUE);
  const floor = y + ROW - 3;
  const points = shares.flatMap((share, i) => {
    const height = ((share / peak) * (ROW - 7)).toFixed(1);
    const [from, to] = [xOf(i * width, plot), xOf((i + 1) * width, plot)];
    return share === 0 ? [] : [`M${from.toFixed(1)} ${floor}v-${height}H${to.toFixed(1)}V${floor}z`];
  });
  return [`<path d="${points.join("")}" fill="var(--own)"/>`];
}

function underline({ start, end }: Interval, y: number, plot: Plot): string {
  const line = y + ROW - 3;
  return `<path class="path" d="M${xOf(start, plot).toFixed(1)} ${line}H${xOf(end, plot).toFixed(1)}"/>`;
}

function drawRight(spans: readonly TraceSpan[], y: number, plot: Plot): string {
  const [x, failed] = [plot.right + 80, spans.filter(({ state }) => state === "failed").length];
  if (spans.length > 1) {
    return failed > 0
      ? text(x, y, `${failed} failed`, "end bad")
      : text(x, y, `≤ ${peakOf(spans)} at once`, "end faint");
  }
  const { state, start, end } = spans[0]!;
  const style = state === "failed" ? "bad" : state === "done" || state === "running" ? "faint" : "stopped";
  const mark = state === "done" ? "" : `${MARKS[state].mark} `;
  return text(x, y, mark + formatMs(end - start), `end ${style}`);
}

/** Where the bars are, and what time is at the right end. */
interface Plot {
  readonly left: number;
  readonly right: number;
  readonly duration: number;
}

/** Where a time is. */
function xOf(time: number, { left, right, duration }: Plot): number {
  return left + (Math.min(time, duration) / duration) * (right - left);
}

/** A text in the row whose upper edge is `y`. */
function text(x: number, y: number, content: string, style = ""): string {
  return `<text${style && ` class="${style}"`} x="${x}" y="${y + ROW / 2}">${escapeMarkup(content)}</text>`;
}

/** A rectangle that lasts as long as an interval; one that is too short to be seen gets a pixel. */
function shape(
  { start, end }: Interval,
  { y, height, radius }: { y: number; height: number; radius: number },
  plot: Plot,
  color: PictureColor,
  title?: string,
): string {
  const [from, to] = [xOf(start, plot), xOf(end, plot)];
  const size = `x="${from.toFixed(1)}" y="${y}" width="${Math.max(1, to - from).toFixed(1)}" height="${height}"`;
  const rect = `<rect ${size}${radius > 0 ? ` rx="${radius}"` : ""} fill="var(--${color})"`;
  return title === undefined ? `${rect}/>` : `${rect}><title>${escapeMarkup(title)}</title></rect>`;
}

/** A bar in the row whose upper edge is `y`. */
function bar(interval: Interval, y: number, plot: Plot, color: PictureColor, title?: string): string {
  return shape(interval, { y: y + (ROW - BAR) / 2, height: BAR, radius: 2 }, plot, color, title);
}

/** Control characters, halves of surrogate pairs, and two that are no characters: XML has no place for them. */
const IMPOSSIBLE = /[^\t\n\r\x20-\uFFFD\u{10000}-\u{10FFFF}]|[\uD800-\uDFFF]/gu;

/** Write any text so that it stands in XML or HTML as it is; what XML cannot hold is left out. */
export function escapeMarkup(text: string): string {
  return text.replace(IMPOSSIBLE, "").replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
