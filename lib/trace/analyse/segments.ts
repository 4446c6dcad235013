import { type Interval, TOP, type WaitKind } from "../record/mod.ts";
import { union } from "./intervals.ts";
import type { SpanNode } from "./span_tree.ts";

/**
 * What a span was about: a wait; `"own"`, its own code, or promises that the toolkit does not know (of a library, a file);
 * `"inside"`, the spans in it; `"queued"`, created and not started, or not running in its worker.
 */
export type Activity = WaitKind | "own" | "inside" | "queued";

/** A stretch of a span, and what it was about. */
export interface Segment extends Interval {
  readonly activity: Activity;
}

/**
 * Cut a span into stretches. Its own waits come first: a task may wait while spans in it go on.
 *
 * @param node The span.
 * @returns In order, without gaps from its beginning to its end.
 */
export function segmentsOf({ span, children }: SpanNode): Segment[] {
  const cover = new Cover(span.start, span.end);
  cover.add("worker", span.runs);
  // A gather waits as long as it lasts: for its children, which show for themselves.
  const waits = span.waits.filter(({ kind }) => kind !== "task" || children.length === 0);
  for (const [kind, alike] of Map.groupBy(waits, ({ kind }) => kind)) {
    // Where it is known when a worker ran the call, the rest of the wait was for a worker to be free.
    cover.add(kind === "worker" && span.runs.length > 0 ? "queued" : kind, alike);
  }
  cover.add("inside", children.map(({ span }) => span));
  if (span.kind === "task" && span.started !== null) cover.add("queued", [{ start: span.start, end: span.started }]);
  const neverRan = span.kind === "task" && span.started === null;
  return cover.segments(neverRan ? "queued" : span.kind === "gather" || span.kind === TOP ? "inside" : "own");
}

/** Stretches of one line: what was put there first stays. */
class Cover {
  readonly #start: number;
  readonly #end: number;
  readonly #added: (Segment & { rank: number })[] = [];
  #rank = 0;

  constructor(start: number, end: number) {
    this.#start = start;
    this.#end = end;
  }

  /** Give the stretches of one activity, which may overlap; each activity once. */
  add(activity: Activity, intervals: readonly Interval[]): void {
    const rank = this.#rank++;
    for (const { start, end } of union(intervals)) {
      const [from, to] = [Math.max(start, this.#start), Math.min(end, this.#end)];
      if (to > from) this.#added.push({ start: from, end: to, activity, rank });
    }
  }

  segments(rest: Activity): Segment[] {
    const edges = [...new Set([this.#start, this.#end, ...this.#added.flatMap(({ start, end }) => [start, end])])]
      .sort((a, b) => a - b);
    const arriving = [...this.#added].sort((a, b) => a.start - b.start);
    // One of each activity at most, as those of one do not overlap.
    const here: (Segment & { rank: number })[] = [];
    const segments: Segment[] = [];
    let next = 0;
    for (let i = 0; i + 1 < edges.length; i++) {
      const [start, end] = [edges[i]!, edges[i + 1]!];
      while (next < arriving.length && arriving[next]!.start <= start) here.push(arriving[next++]!);
      for (let k = here.length - 1; k >= 0; k--) if (here[k]!.end <= start) here.splice(k, 1);
      const activity = here.length === 0 ? rest : here.reduce((a, b) => a.rank < b.rank ? a : b).activity;
      const last = segments.at(-1);
      if (last?.activity === activity) segments[segments.length - 1] = { start: last.start, end, activity };
      else segments.push({ start, end, activity });
    }
    return segments;
  }
}
