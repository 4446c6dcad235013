import { lastEnd, segmentsOf, spanTree, summarize, walk } from "../analyse/mod.ts";
import { headlineOf, MARKS } from "../draw/mod.ts";
import type { Recorded } from "../record/mod.ts";

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

/** Bring what was recorded into the form that the page holds. */
export function encodeForViewer(recorded: Recorded): ViewerData {
  const words: string[] = [];
  const numbers = new Map<string, number>();
  const word = (text: string): number => {
    let index = numbers.get(text);
    if (index === undefined) numbers.set(text, index = words.push(text) - 1);
    return index;
  };
  const nodes = [...walk(spanTree(recorded))];
  const indexes = new Map(nodes.map(({ span }, i) => [span.id, i]));
  const indexOf = (id: number | null) => id === null ? -1 : indexes.get(id) ?? -1;
  const spans = nodes.map((node): ViewerSpan => {
    const { name, parent, kind, state, start, end, error, waits } = node.span;
    return [
      name,
      indexOf(parent),
      word(kind),
      word(MARKS[state].name),
      round(start),
      round(end),
      error ?? "",
      segmentsOf(node).flatMap(({ start, end, activity }) => [round(start), round(end), word(activity)]),
      waits.flatMap(({ start, end, what }) => [round(start), round(end), word(what)]),
    ];
  });
  const summary = summarize(recorded);
  return {
    headline: headlineOf(summary),
    duration: round(lastEnd(recorded.spans)),
    words,
    spans: [...spans, ...workersOf(recorded, word)],
    path: summary.criticalPath.map(({ span, start, end }) => [indexOf(span.id), round(start), round(end)]),
    stalls: recorded.stalls.map(({ start, end, span }) => [round(start), round(end), indexOf(span)]),
  };
}

/** A row for each worker, with what ran in it. */
function workersOf({ spans }: Recorded, word: (text: string) => number): ViewerSpan[] {
  const runs = spans.flatMap(({ name, runs }) => runs.map((run) => ({ ...run, name })));
  const workers = [...Map.groupBy(runs, ({ where }) => where)].sort(([a], [b]) => a.localeCompare(b));
  return workers.map(([where, runs]) => [
    where,
    -1,
    word("worker"),
    word(MARKS.done.name),
    round(runs[0]!.start),
    round(lastEnd(runs)),
    "",
    runs.flatMap(({ start, end }) => [round(start), round(end), word("worker")]),
    runs.flatMap(({ start, end, name }) => [round(start), round(end), word(name)]),
  ]);
}

/** To microseconds. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
