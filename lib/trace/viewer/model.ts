import type { ViewerData } from "./data.ts";

/** What the page knows of its rows. */
export interface ViewerModel {
  readonly data: ViewerData;
  /** Which span each row shows, folded ones left out. */
  rows(): readonly number[];
  /** The row that shows a span, or -1. */
  rowOf(span: number): number;
  depth(span: number): number;
  hasChildren(span: number): boolean;
  isFolded(span: number): boolean;
  fold(span: number): void;
  /** Unfold whatever hides a span. */
  reveal(span: number): void;
  /** Find spans of which the name, kind, state or error contains all words of a text. */
  search(text: string): readonly number[];
  /** The stretches of the critical path in a span: from, to, again and again. */
  path(span: number): readonly number[];
  /** What a span waited for: the longest first. */
  waits(span: number): { what: string; count: number; ms: number }[];
}

/**
 * Make the model of a page. This runs in the page, as text: it may use nothing from outside of itself.
 *
 * @param data What the page holds.
 */
export function makeViewerModel(data: ViewerData): ViewerModel {
  const { spans, words } = data;
  const depths: number[] = [];
  const parents = new Set<number>();
  spans.forEach(([, parent], i) => {
    depths[i] = parent < 0 ? 0 : depths[parent]! + 1;
    if (parent >= 0) parents.add(parent);
  });
  const paths = new Map<number, number[]>();
  for (const [span, start, end] of data.path) paths.set(span, [...paths.get(span) ?? [], start, end]);
  const texts = spans.map(([name, , kind, state, , , error], i) =>
    `${name} ${words[kind]} ${words[state]} ${error}${paths.has(i) ? " critical path" : ""}`.toLowerCase()
  );
  const folded = new Set<number>();
  let rows: number[] = [];
  let places: number[] = [];

  function arrange(): void {
    rows = [];
    places = spans.map(() => -1);
    const hidden = new Set<number>();
    spans.forEach(([, parent], i) => {
      if (parent >= 0 && (folded.has(parent) || hidden.has(parent))) hidden.add(i);
      else places[i] = rows.push(i) - 1;
    });
  }

  arrange();
  return {
    data,
    rows: () => rows,
    rowOf: (span) => places[span] ?? -1,
    depth: (span) => depths[span]!,
    hasChildren: (span) => parents.has(span),
    isFolded: (span) => folded.has(span),
    fold(span) {
      if (!folded.delete(span)) folded.add(span);
      arrange();
    },
    reveal(span) {
      for (let each = spans[span]![1]; each >= 0; each = spans[each]![1]) folded.delete(each);
      arrange();
    },
    search(text) {
      const wanted = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
      if (wanted.length === 0) return [];
      const found: number[] = [];
      texts.forEach((text, i) => {
        if (wanted.every((word) => text.includes(word))) found.push(i);
      });
      return found;
    },
    path: (span) => paths.get(span) ?? [],
    waits(span) {
      const sums = new Map<string, { what: string; count: number; ms: number }>();
      const waits = spans[span]![8];
      for (let i = 0; i < waits.length; i += 3) {
        const what = words[waits[i + 2]!]!;
        const sum = sums.get(what) ?? { what, count: 0, ms: 0 };
        sums.set(what, { what, count: sum.count + 1, ms: sum.ms + waits[i + 1]! - waits[i]! });
      }
      return [...sums.values()].sort((a, b) => b.ms - a.ms);
    },
  };
}
