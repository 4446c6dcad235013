/** A line of columns that stands for a stretch of time, from 0 on. */
export interface Scale {
  /** How many columns the line has. */
  readonly columns: number;
  /** The time at its end, in milliseconds. */
  readonly duration: number;
}

/** The column at which a time stands; past the last one when that is the end. */
export function columnOf(time: number, { columns, duration }: Scale): number {
  return Math.min(columns, Math.round((time / (duration || 1)) * columns));
}

/** Draw stretches of time on a line. However short, each is seen. */
export function drawMarks(
  intervals: readonly { readonly start: number; readonly end: number }[],
  scale: Scale,
  mark: string,
): string {
  const { columns } = scale;
  const marks = new Array<string>(columns).fill(" ");
  for (const { start, end } of intervals) {
    const from = Math.min(columnOf(start, scale), columns - 1);
    marks.fill(mark, from, Math.max(columnOf(end, scale), from + 1));
  }
  return marks.join("");
}
