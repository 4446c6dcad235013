import type { Interval } from "../record/mod.ts";

/** Join stretches that overlap or touch. Returns them in order of time. */
export function union(intervals: readonly Interval[]): Interval[] {
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of [...intervals].sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else joined.push({ start, end });
  }
  return joined;
}

/** How long they last together. */
export function totalOf(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** How long each stretch overlaps with `others`, which are in order and apart; by a search, since there may be many. */
export function overlapWith(others: readonly Interval[]): (interval: Interval) => number {
  const before = [0];
  for (const { start, end } of others) before.push(before.at(-1)! + end - start);
  const until = (time: number): number => {
    let [low, high] = [0, others.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (others[middle]!.start < time) low = middle + 1;
      else high = middle;
    }
    const last = others[low - 1];
    return last === undefined ? 0 : before[low - 1]! + Math.min(time, last.end) - last.start;
  };
  return ({ start, end }) => until(end) - until(start);
}

/** The largest number of stretches at one moment; one that ends as another begins makes room for it. */
export function peakOf(intervals: readonly Interval[]): number {
  const starts = intervals.map(({ start }) => start).sort((a, b) => a - b);
  const ends = intervals.map(({ end }) => end).sort((a, b) => a - b);
  let [now, peak, ended] = [0, 0, 0];
  for (const start of starts) {
    while (ended < ends.length && ends[ended]! <= start) ended++, now--;
    peak = Math.max(peak, ++now);
  }
  return peak;
}

/** When the last of them ends; 0 for none. Not by `Math.max`, which takes only so many. */
export function lastEnd(intervals: Iterable<Interval>): number {
  let last = 0;
  for (const { end } of intervals) if (end > last) last = end;
  return last;
}
