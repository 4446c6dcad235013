import { escapeMarkup } from "./markup.ts";
import type { PictureColor } from "./picture_colors.ts";
import type { Interval } from "./recorded.ts";

/** Height of a row, and of a bar in it, in pixels. */
export const ROW = 22;
export const BAR = 12;

/** Where the bars are, and what time is at the right end. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly duration: number;
}

/** Where a time is. */
export function xOf(time: number, { left, right, duration }: Plot): number {
  return left + (Math.min(time, duration) / duration) * (right - left);
}

/** A text in the row whose upper edge is `y`. */
export function text(x: number, y: number, content: string, style = ""): string {
  return `<text${style && ` class="${style}"`} x="${x}" y="${y + ROW / 2}">${escapeMarkup(content)}</text>`;
}

/** A rectangle that lasts as long as an interval; one that is too short to be seen gets a pixel. */
export function shape(
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
export function bar(interval: Interval, y: number, plot: Plot, color: PictureColor, title?: string): string {
  return shape(interval, { y: y + (ROW - BAR) / 2, height: BAR, radius: 2 }, plot, color, title);
}
