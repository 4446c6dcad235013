/**
 * What a page holds of a trace: the spans as lists of numbers and indexes, since there may be many thousands. Times are
 * milliseconds from the beginning.
 */
export interface ViewerData {
  readonly headline: string;
  readonly duration: number;
  /** Words that are used again and again: kinds, states, activities, what is waited for. */
  readonly words: readonly string[];
  /** Each before those in it. */
  readonly spans: readonly ViewerSpan[];
  /** Index of a span, from, to. */
  readonly path: readonly (readonly [span: number, start: number, end: number])[];
  /** From, to, the index of the span that held the loop, or -1. */
  readonly stalls: readonly (readonly [start: number, end: number, span: number])[];
}

/** A span: `kind` and `state` are indexes of words, `parent` that of a span, or -1. */
export type ViewerSpan = readonly [
  name: string,
  parent: number,
  kind: number,
  state: number,
  start: number,
  end: number,
  error: string,
  /** From, to, and the index of the activity, again and again. */
  segments: readonly number[],
  /** From, to, and the index of what is waited for, again and again. */
  waits: readonly number[],
];
