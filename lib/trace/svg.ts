import { headlineOf } from "./headline.ts";
import { lastEnd, union } from "./intervals.ts";
import { escapeMarkup } from "./markup.ts";
import { formatMs, ticksOf } from "./moments.ts";
import { COLOR_NAMES, colorRules, type PictureColor } from "./picture_colors.ts";
import type { Interval, Recorded } from "./recorded.ts";
import { spanTree } from "./span_tree.ts";
import { summarize } from "./summary.ts";
import { BAR, bar, type Plot, ROW, shape, text } from "./svg_shapes.ts";
import { drawSvgRow } from "./svg_row.ts";
import { rowsOf } from "./timeline_rows.ts";

/** Lines of tasks; with more, those of the same name share one. */
const MOST_ROWS = 120;

/** Sizes in pixels. */
const WIDTH = 1000;
const TOP = 66;
const MARGIN = 16;
const RIGHT = 92;
/** What a letter takes at most. */
const LETTER = 7;
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
      return drawSvgRow(row, { x, y, room: plot.left - x - 8 }, plot, path, used);
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
