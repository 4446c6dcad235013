import { type Interval, TOP, type TraceSpan } from "../record/mod.ts";
import { lastEnd } from "./intervals.ts";
import { segmentsOf } from "./segments.ts";
import type { SpanNode } from "./span_tree.ts";

/** A stretch of the critical path: the time in it was spent in this span itself, not in one inside it. */
export interface PathStep extends Interval {
  /** The span. */
  readonly span: TraceSpan;
  /** What most of the stretch was about: a kind of wait, or `"own"` for the span's own code. */
  readonly about: string;
}

/** Shorter stretches are gaps between two steps of the event loop. */
const GAP = 0.05;

/**
 * Find what the end of the program waited for: from the end backwards, into the span that ended last, and on from where
 * that one began. To shorten anything else would not have made the whole shorter.
 *
 * @param all The spans at the top.
 * @returns In order of time.
 */
export function criticalPath(all: readonly SpanNode[]): PathStep[] {
  const steps: PathStep[] = [];
  const top = all.filter(({ span }) => span.kind !== TOP);
  if (top.length === 0) return steps;
  const end = lastEnd(top.map(({ span }) => span));
  // Frames on a list of our own: a tree may be deep.
  const stack: Frame[] = [{ node: null, floor: -Infinity, time: end, rest: byEnd(top) }];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { node, floor } = frame;
    const next = takeLast(frame.rest, frame.time, floor);
    const from = next === undefined ? floor : next.span.end;
    if (node !== null && frame.time - from > GAP) steps.push(stepOf(node, from, frame.time));
    if (next === undefined) {
      stack.pop();
    } else {
      frame.time = next.span.start;
      stack.push({ node: next, floor: next.span.start, time: next.span.end, rest: byEnd(next.children) });
    }
  }
  return steps.reverse();
}

interface Frame {
  readonly node: SpanNode | null;
  /** Its beginning. */
  readonly floor: number;
  /** What lies behind this has been dealt with. */
  time: number;
  /** What is in it, the first to end first. */
  readonly rest: SpanNode[];
}

function byEnd(nodes: readonly SpanNode[]): SpanNode[] {
  return [...nodes].sort((a, b) => a.span.end - b.span.end);
}

/** The last of `rest` that ended at `time` or before: what came after it had to wait for it. */
function takeLast(rest: SpanNode[], time: number, floor: number): SpanNode | undefined {
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    if (node.span.end <= time && node.span.end > floor) return node;
  }
  return undefined;
}

function stepOf(node: SpanNode, start: number, end: number): PathStep {
  const spent = new Map<string, number>();
  for (const segment of segmentsOf(node)) {
    const time = Math.min(end, segment.end) - Math.max(start, segment.start);
    if (time > 0) spent.set(segment.activity, (spent.get(segment.activity) ?? 0) + time);
  }
  const [about] = [...spent].reduce((a, b) => b[1] > a[1] ? b : a, ["own", 0] as [string, number]);
  return { span: node.span, start, end, about };
}
