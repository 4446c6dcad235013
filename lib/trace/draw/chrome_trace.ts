import type { Interval, Recorded, TraceSpan } from "../record/mod.ts";
import { Lanes } from "./lanes.ts";

/** The processes of the picture: our tasks, and the workers. */
const TASKS = 1;
const WORKERS = 2;

/** The row of the event loop; tasks come after it. */
const LOOP = 0;

/** An event of the format; times are microseconds. */
interface ChromeEvent {
  readonly ph: "X" | "i" | "M" | "s" | "f";
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly s?: "t";
  readonly id?: number;
  readonly bp?: "e";
  readonly cname?: string;
  readonly args?: Record<string, unknown>;
}

/** A slice to be placed: a span, or one of its waits. */
interface Slice extends Interval {
  readonly span: TraceSpan;
  /** What is waited for, if it is a wait. */
  readonly wait: { what: string; kind: string } | null;
}

/** Colours by the names that the format has for them. */
const COLORS: Partial<Record<TraceSpan["state"], string>> = { failed: "terrible", cancelled: "grey", timedOut: "bad" };

/** Write what was recorded in Chrome's trace format, which Perfetto reads as well. */
export function toChromeTrace(recorded: Recorded): string {
  const events: ChromeEvent[] = [name("process_name", TASKS, LOOP, "tasks")];
  const named = new Set<number>();
  const placed = placeAll(recorded);
  for (const [{ span, wait, start, end }, lane] of placed) {
    const tid = lane + 1 + LOOP;
    if (!named.has(tid)) events.push(name("thread_name", TASKS, tid, `lane ${tid}`));
    named.add(tid);
    const slice = { ph: "X", pid: TASKS, tid, ...during({ start, end }) } as const;
    if (wait !== null) events.push({ ...slice, name: wait.what, cat: `wait,${wait.kind}` });
    else {
      const color = COLORS[span.state];
      events.push({ ...slice, name: span.name, cat: span.kind, ...(color && { cname: color }), args: argsOf(span) });
      if (span.cancelledAt !== null) {
        events.push({
          ph: "i",
          name: "cancelled",
          cat: "cancel",
          s: "t",
          pid: TASKS,
          tid,
          ts: micro(span.cancelledAt),
        });
      }
    }
  }
  const tidOf = new Map(
    [...placed].filter(([{ wait }]) => wait === null).map(([{ span }, lane]) => [span.id, lane + 1]),
  );
  events.push(...stallsOf(recorded), ...runsOf(recorded, tidOf));
  return JSON.stringify({
    traceEvents: events,
    displayTimeUnit: "ms",
    otherData: { startedAt: new Date(recorded.epoch).toISOString(), dropped: recorded.dropped },
  });
}

function placeAll({ spans }: Recorded): Map<Slice, number> {
  const slices = new Map<number, Slice>();
  for (const span of spans) slices.set(span.id, { span, wait: null, start: span.start, end: span.end });
  const waits = spans.flatMap((span) =>
    span.waits.map(({ start, end, what, kind }): Slice => ({ span, wait: { what, kind }, start, end }))
  );
  // What is around comes first: it has the smaller id, and a wait is always inside.
  const all = [...slices.values(), ...waits].sort((a, b) =>
    a.start - b.start || Number(a.wait !== null) - Number(b.wait !== null) || a.span.id - b.span.id
  );
  const lanes = new Lanes<Slice>();
  return new Map(all.map((slice) => {
    const around = slice.wait !== null ? slice.span.id : slice.span.parent;
    return [slice, lanes.place(slice, around === null ? null : slices.get(around) ?? null)];
  }));
}

function argsOf({ id, parent, kind, state, error, started, start }: TraceSpan): Record<string, unknown> {
  return {
    id,
    parent,
    kind,
    state,
    ...(error !== null && { error }),
    ...(started !== null && { "started after": `${Math.round((started - start) * 1000)} µs` }),
  };
}

function stallsOf({ stalls, spans }: Recorded): ChromeEvent[] {
  if (stalls.length === 0) return [];
  const names = new Map(spans.map(({ id, name }) => [id, name]));
  return [
    name("thread_name", TASKS, LOOP, "event loop"),
    ...stalls.map((stall): ChromeEvent => ({
      ph: "X",
      name: "stood still",
      cat: "stall",
      pid: TASKS,
      tid: LOOP,
      ...during(stall),
      args: { "held by": stall.span === null ? "unknown" : names.get(stall.span) ?? "unknown" },
    })),
  ];
}

/** What ran in workers, with an arrow from the call. */
function runsOf({ spans }: Recorded, tidOf: ReadonlyMap<number, number>): ChromeEvent[] {
  const workers = [...new Set(spans.flatMap(({ runs }) => runs.map(({ where }) => where)))].sort();
  if (workers.length === 0) return [];
  const events: ChromeEvent[] = [name("process_name", WORKERS, 0, "workers")];
  workers.forEach((where, i) => events.push(name("thread_name", WORKERS, i + 1, where)));
  for (const { id, name, start, runs } of spans) {
    for (const run of runs) {
      const tid = workers.indexOf(run.where) + 1;
      const arrow = { name: "call", cat: "worker", id } as const;
      events.push(
        { ph: "X", name, cat: "worker", pid: WORKERS, tid, ...during(run), args: { id } },
        { ph: "s", ...arrow, pid: TASKS, tid: tidOf.get(id) ?? LOOP, ts: micro(start) },
        { ph: "f", bp: "e", ...arrow, pid: WORKERS, tid, ts: micro(run.start) },
      );
    }
  }
  return events;
}

function name(what: "process_name" | "thread_name", pid: number, tid: number, name: string): ChromeEvent {
  return { ph: "M", name: what, pid, tid, args: { name } };
}

function during({ start, end }: Interval): { ts: number; dur: number } {
  const [from, to] = [nano(start), nano(end)];
  return { ts: from / 1000, dur: (to - from) / 1000 };
}

function micro(ms: number): number {
  return nano(ms) / 1000;
}

/** Whole nanoseconds, as in the reader: rounded one by one, what is inside stays inside. */
function nano(ms: number): number {
  return Math.round(ms * 1e6);
}
