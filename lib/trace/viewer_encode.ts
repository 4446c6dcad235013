import { headlineOf } from "./headline.ts";
import { lastEnd } from "./intervals.ts";
import { MARKS } from "./ink.ts";
import type { Recorded } from "./recorded.ts";
import { segmentsOf } from "./segments.ts";
import { spanTree, walk } from "./span_tree.ts";
import { summarize } from "./summary.ts";
import type { ViewerData, ViewerSpan } from "./viewer_data.ts";

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
