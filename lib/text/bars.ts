/** A line of columns that stands for a stretch of time, from 0 on. */
export interface Scale {
  /** How many columns the line has. */
  readonly columns: number;
  /** The time at its end, in milliseconds. */
  readonly duration: number;
}

/** Draw stretches of time on a line. However short, each is seen. */
export function drawMarks(
  intervals: readonly { readonly start: number; readonly end: number }[],
  { columns, duration }: Scale,
  mark: string,
): string {
  const marks = new Array<string>(columns).fill(" ");
  const columnOf = (time: number) => Math.min(columns, Math.round((time / (duration || 1)) * columns));
  for (const { start, end } of intervals) {
    const from = Math.min(columnOf(start), columns - 1);
    marks.fill(mark, from, Math.max(columnOf(end), from + 1));
  }
  return marks.join("");
}
