import { type Interval, type Recorded, type SpanState, TOP, type TraceWait, type WaitKind } from "../record/mod.ts";
import { criticalPath, type PathStep } from "./critical_path.ts";
import { overlapWith, peakOf, totalOf, union } from "./intervals.ts";
import { type Activity, segmentsOf } from "./segments.ts";
import { type SpanNode, spanTree, walk } from "./span_tree.ts";

/** What tasks waited for, all together. */
export interface WaitTotal {
  /** In one word. */
  readonly kind: WaitKind;
  /** Which one, where that matters: a lock, a queue; or the kind again. */
  readonly what: string;
  /** How often. */
  readonly count: number;
  /** How long, all waits added up, in milliseconds. */
  readonly ms: number;
}

/** What a trace says in numbers. Times are milliseconds. */
export interface Summary {
  /** How long the trace lasted. */
  readonly duration: number;
  /** How many tasks ended in which way. */
  readonly tasks: Readonly<Record<"total" | SpanState, number>>;
  /** How many things went on at once: at most, and on average while anything did. */
  readonly concurrency: { readonly peak: number; readonly average: number };
  /** How long something was going on. */
  readonly busy: number;
  /** How long the same would have taken one after the other: waits for each other left out, of which there would be none. */
  readonly sequential: number;
  /** The difference of these two. */
  readonly saved: number;
  /** What was waited for, the longest first. */
  readonly waited: readonly WaitTotal[];
  /** What the end waited for, in order of time: to shorten anything else would not have made the whole shorter. */
  readonly criticalPath: readonly PathStep[];
  /** How often the event loop stood still for more than 50 ms, how long in all, and at worst. */
  readonly stalls: { readonly count: number; readonly ms: number; readonly longest: number };
  /** How many of the oldest spans and waits are missing, as the trace could not hold them. */
  readonly dropped: number;
}

/** What goes on by itself. The rest is waiting for each other: run one by one, nothing would. */
const WORK: ReadonlySet<Activity> = new Set([
  "own",
  "sleep",
  "network",
  "process",
  "file",
  "event",
  "worker",
  "promise",
  "other",
]);

/** Waits of which it matters which one it was. */
const BY_NAME: ReadonlySet<WaitKind> = new Set([
  "sync",
  "queue",
  "select",
  "network",
  "process",
  "file",
  "event",
  "worker",
  "other",
]);

/** Put what was recorded into numbers. */
export function summarize(recorded: Recorded): Summary {
  const top = spanTree(recorded);
  const { own, elsewhere } = workOf(top);
  const stalls = union(recorded.stalls);
  const inStall = overlapWith(stalls);
  const work = [...own, ...elsewhere];
  const busy = totalOf(union(work));
  // While the loop stood still, one of the tasks had it and the others only looked as if they ran.
  const held = totalOf(stalls.filter((stall) => own.some(({ start, end }) => start < stall.end && end > stall.start)));
  const sequential = totalOf(work) - own.reduce((sum, each) => sum + inStall(each), 0) + held;
  const lengths = stalls.map(({ start, end }) => end - start);
  return {
    duration: recorded.duration,
    tasks: countTasks(recorded),
    concurrency: { peak: peakOf(work), average: busy === 0 ? 0 : sequential / busy },
    busy,
    sequential,
    saved: Math.max(0, sequential - busy),
    waited: addUp(recorded.spans.flatMap(({ waits }) => waits)),
    criticalPath: criticalPath(top),
    stalls: { count: stalls.length, ms: totalOf(stalls), longest: Math.max(0, ...lengths) },
    dropped: recorded.dropped,
  };
}

function workOf(top: readonly SpanNode[]): { own: Interval[]; elsewhere: Interval[] } {
  const own: Interval[] = [];
  const elsewhere: Interval[] = [];
  for (const node of walk(top)) {
    if (node.span.kind === TOP) continue;
    for (const segment of segmentsOf(node)) {
      if (WORK.has(segment.activity)) (segment.activity === "own" ? own : elsewhere).push(segment);
    }
  }
  return { own, elsewhere };
}

function countTasks({ spans }: Recorded): Summary["tasks"] {
  const counts = { total: 0, done: 0, failed: 0, cancelled: 0, timedOut: 0, running: 0 };
  for (const { kind, state } of spans) {
    if (kind !== "task") continue;
    counts.total++;
    counts[state]++;
  }
  return counts;
}

function addUp(waits: readonly TraceWait[]): WaitTotal[] {
  const sums = new Map<string, { kind: WaitKind; what: string; count: number; ms: number }>();
  for (const { kind, what: words, start, end } of waits) {
    const what = BY_NAME.has(kind) ? words : kind;
    const key = `${kind} ${what}`;
    let sum = sums.get(key);
    if (sum === undefined) sums.set(key, sum = { kind, what, count: 0, ms: 0 });
    sum.count++;
    sum.ms += end - start;
  }
  return [...sums.values()].sort((a, b) => b.ms - a.ms);
}
