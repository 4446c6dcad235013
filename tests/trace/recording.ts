// Traces that are the same each time: recorded under virtual time, or written by hand.
import { virtualTime } from "../../lib/testing/mod.ts";
import type { WaitKind } from "../../lib/core/instrument.ts";
import type { Recorded, TraceSpan } from "../../lib/trace/record/recorded.ts";
import { startTrace, type TraceOptions } from "../../lib/trace/trace.ts";

/** Record what `fn` does under virtual time. Its error is no matter here. */
export async function record(fn: () => unknown, options?: TraceOptions): Promise<Recorded> {
  return await virtualTime(async () => {
    using trace = startTrace(options);
    try {
      await fn();
    } catch {
      // What was recorded shows it.
    }
    trace.stop();
    return withoutOutermost(trace.recorded());
  });
}

/** Virtual time has a task of its own around `fn`, which is older than the trace. */
function withoutOutermost(recorded: Recorded): Recorded {
  const outermost = recorded.spans.find(({ parent, started }) => parent === null && started === null);
  const spans = recorded.spans.filter((span) => span !== outermost)
    .map((span) => span.parent === outermost?.id ? { ...span, parent: null } : span);
  return { ...recorded, spans };
}

/** The span of a name. Names that the toolkit makes end in a number, which depends on what ran before. */
export function spanNamed({ spans }: Recorded, stem: string): TraceSpan {
  const found = spans.filter(({ name }) => name === stem || name.replace(/-\d+$/, "") === stem);
  if (found.length !== 1) throw new Error(`${found.length} spans are named ${stem}`);
  return found[0]!;
}

/** What is to be said of a span; all else follows from it. */
export interface SpanSketch extends Partial<Omit<TraceSpan, "waits">> {
  name: string;
  start: number;
  end: number;
  /** From, to, what for, and of which kind, if that is not a sleep. */
  waits?: [start: number, end: number, what: string, kind?: WaitKind][];
  inside?: SpanSketch[];
}

/** Write a trace by hand: spans, with those in them. */
export function sketch(top: SpanSketch[], more: Partial<Recorded> = {}): Recorded {
  const spans: TraceSpan[] = [];
  function add({ waits = [], inside = [], ...sketch }: SpanSketch, parent: number | null): void {
    const id = spans.length + 1;
    const state = sketch.state ?? "done";
    spans.push({
      id,
      parent,
      kind: "task",
      started: sketch.start,
      cancelledAt: state === "cancelled" ? sketch.start : null,
      state,
      error: state === "failed" ? "Error: boom" : null,
      runs: [],
      waits: waits.map(([start, end, what, kind = "sleep"]) => ({ start, end, what, kind })),
      ...sketch,
    });
    for (const each of inside) add(each, id);
  }
  for (const each of top) add(each, null);
  const duration = spans.reduce((last, { end }) => Math.max(last, end), 0);
  return { epoch: 0, duration, spans, stalls: [], dropped: 0, ...more };
}

/** Many of a kind: each begins `step` after the one before it. */
export function many(count: number, name: string, length: number, step: number): SpanSketch[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `${name}-${i + 1}`,
    start: i * step,
    end: i * step + length,
    waits: [[i * step, i * step + length, `sleep ${length} ms`]],
  }));
}
