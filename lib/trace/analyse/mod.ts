/** Reckons with what was recorded: who belongs to whom, what each stretch was about, what the end waited for. */

export type { PathStep } from "./critical_path.ts";
export { lastEnd, peakOf, totalOf, union } from "./intervals.ts";
export { type Activity, type Segment, segmentsOf } from "./segments.ts";
export { type SpanNode, spanTree, stemOf, walk, withoutNumber } from "./span_tree.ts";
export { summarize, type Summary, type WaitTotal } from "./summary.ts";
