import type { PathStep } from "./critical_path.ts";
import { escapeMarkup } from "./markup.ts";
import { MARKS } from "./ink.ts";
import { peakOf } from "./intervals.ts";
import { formatMs } from "./moments.ts";
import { ACTIVITY_COLORS, type PictureColor } from "./picture_colors.ts";
import type { Interval, TraceSpan } from "./recorded.ts";
import { segmentsOf } from "./segments.ts";
import type { SpanNode } from "./span_tree.ts";
import { BAR, bar, type Plot, ROW, shape, text, xOf } from "./svg_shapes.ts";
import type { Row } from "./timeline_rows.ts";

/** Where a label is: `room` is how far it may go, in pixels. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly room: number;
}

/** What a letter takes on average. */
const LETTER = 6.6;

/** Draw a row: one span, or the number of many over time. Notes the colours that it has used. */
export function drawSvgRow(
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
  const letters = Math.floor(room / LETTER);
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
