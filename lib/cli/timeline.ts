import { cut, pad, widthOf } from "../text/layout.ts";

/** A bar of the chart: when something began and ended, in milliseconds. */
export interface Span {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The widest that a chart gets: longer bars are no clearer. */
const WIDEST = 72;

/**
 * Draw each span as a bar on a line of its own, all on one scale.
 *
 * @param spans What to draw.
 * @param scale The time, in milliseconds, that takes the whole width: that of the longest chart, to compare several.
 * @param width How many columns there are.
 */
export function timeline(spans: readonly Span[], scale: number, width: number): string[] {
  const label = Math.min(Math.max(...spans.map(({ name }) => widthOf(name))), 20);
  const room = Math.max(10, Math.min(WIDEST, width - label - 6));
  const column = (ms: number) => Math.min(room, Math.round((ms / (scale || 1)) * room));
  return spans.map(({ name, start, end }) => {
    const from = Math.min(column(start), room - 1);
    const length = Math.max(1, column(end) - from);
    return `  ${pad(cut(name, label), label)}  ${" ".repeat(from)}${"━".repeat(length)}`;
  });
}
