import { type Clock, realClock } from "../../core/clock.ts";
import type { Instrument, RunView, ScopeView, WaitKind, WaitView } from "../../core/instrument.ts";
import { RootScope } from "../../core/scope.ts";
import { errorOf, stateOf } from "./ends.ts";
import {
  type Recorded,
  type SpanState,
  TOP,
  type TraceRun,
  type TraceSpan,
  type TraceStall,
  type TraceWait,
} from "./recorded.ts";
import { Ring } from "./ring.ts";

/** A step that holds the event loop for longer is recorded, in milliseconds. */
const STALL = 50;

/** How many of them are kept. */
const STALLS = 1_000;

/** A span in the making. */
class SpanRecord {
  started = -1;
  cancelledAt = -1;
  end = -1;
  name = "";
  state: SpanState = "running";
  error: string | null = null;

  constructor(readonly id: number, readonly parent: number | null, readonly kind: string, readonly start: number) {}
}

/** A wait in the making. */
class WaitRecord {
  end = -1;
  what = "";
  kind: WaitKind = "other";

  constructor(readonly span: number, readonly start: number) {}
}

/** A run in a worker. */
class RunRecord {
  constructor(readonly span: number, readonly where: string, readonly start: number, readonly end: number) {}
}

/**
 * Writes down what happens. What is going on is kept aside, which takes memory in proportion to what the program itself
 * has going on; what has ended goes into a ring. A span ends after everything in it, so what the ring loses first is
 * what is least needed to understand the rest.
 *
 * Nothing is kept alive: names, descriptions and errors are copied as text when a thing has ended.
 */
export class Recorder implements Instrument {
  readonly #clock: Clock;
  readonly #zero: number;
  readonly #epoch = Date.now();
  readonly #spans = new Map<ScopeView, SpanRecord>();
  readonly #waits = new Map<WaitView, WaitRecord>();
  /** Who awaits which task: a wait that only the end of the task can end. */
  readonly #awaited = new Map<ScopeView, WaitRecord[]>();
  readonly #ended: Ring<SpanRecord | WaitRecord | RunRecord>;
  readonly #stalls = new Ring<TraceStall>(STALLS);
  /** Spans of code that no task runs: they exist for the sake of their waits. */
  readonly #tops = new Map<number, string>();
  #lastSign: number;

  /**
   * @param clock Tells the time.
   * @param capacity How many spans, waits and runs are kept.
   */
  constructor(clock: Clock, capacity: number) {
    this.#clock = clock;
    this.#zero = this.#lastSign = clock.now();
    this.#ended = new Ring(capacity);
  }

  created(scope: ScopeView): void {
    const now = this.#stepEnds(scope.parent);
    this.#add(scope, now);
  }

  started(scope: ScopeView): void {
    this.#spanOf(scope).started = this.#sign();
  }

  blocked(scope: ScopeView, wait: WaitView): void {
    const now = this.#stepEnds(scope);
    this.#waits.set(wait, new WaitRecord(this.#spanOf(scope).id, now));
  }

  resumed(_scope: ScopeView, wait: WaitView): void {
    const now = this.#sign();
    const record = this.#waits.get(wait);
    if (record === undefined) return;
    this.#waits.delete(wait);
    record.end = now;
    // Not before: while a wait begins, its parts are not all in place.
    record.what = describe(wait);
    record.kind = wait.kind;
    this.#ended.push(record);
  }

  awaits(scope: ScopeView, task: ScopeView): void {
    const now = this.#stepEnds(scope);
    // A task that has ended keeps nobody waiting; and code outside of all tasks has a line for what no task shows.
    if (!this.#spans.has(task) || isTop(scope)) return;
    append(this.#awaited, task, new WaitRecord(this.#spanOf(scope).id, now));
  }

  cancelled(scope: ScopeView): void {
    this.#spanOf(scope).cancelledAt = this.#now();
  }

  ran(scope: ScopeView, { where, start, end }: RunView): void {
    // Workers live in real time.
    if (this.#clock !== realClock) return;
    this.#ended.push(new RunRecord(this.#spanOf(scope).id, where, start - this.#zero, end - this.#zero));
  }

  settled(scope: ScopeView): void {
    const now = this.#stepEnds(scope);
    if (isTop(scope)) return;
    const record = this.#spanOf(scope);
    this.#spans.delete(scope);
    record.end = now;
    record.name = scope.name;
    record.state = stateOf(scope);
    record.error = errorOf(scope);
    this.#ended.push(record);
    const awaited = this.#awaited.get(scope);
    if (awaited !== undefined) this.#endAwaits(scope, awaited, now);
  }

  /** The event loop is alive. */
  beat(): void {
    this.#stepEnds(null);
  }

  /** What was recorded up to now. */
  recorded(): Recorded {
    const now = this.#now();
    const waits = new Map<number, TraceWait[]>();
    const runs = new Map<number, TraceRun[]>();
    const spans: SpanRecord[] = [];
    for (const record of this.#ended) {
      if (record instanceof SpanRecord) spans.push(record);
      else if (record instanceof RunRecord) append(runs, record.span, record);
      else append(waits, record.span, record);
    }
    for (const [task, awaits] of this.#awaited) {
      for (const { span, start } of awaits) {
        append(waits, span, { start, end: now, what: `task "${task.name}"`, kind: "task" });
      }
    }
    for (const [wait, { span, start }] of this.#waits) {
      append(waits, span, { start, end: now, what: describe(wait), kind: wait.kind });
    }
    const open = [...this.#spans].filter(([scope]) => !isTop(scope)).map(([scope, record]) => {
      return Object.assign(new SpanRecord(record.id, record.parent, record.kind, record.start), record, {
        name: scope.name,
        end: now,
      });
    });
    for (const [id, name] of this.#tops) {
      const top = new SpanRecord(id, null, TOP, waits.get(id)?.[0]?.start ?? 0);
      if (waits.has(id)) spans.push(Object.assign(top, { name, end: now }));
    }
    const all = [...spans, ...open].sort((a, b) => a.id - b.id);
    const known = new Set(all.map(({ id }) => id));
    return {
      epoch: this.#epoch,
      duration: now,
      spans: all.map((record) => finish(record, known, waits.get(record.id), runs.get(record.id))),
      stalls: [...this.#stalls],
      dropped: this.#ended.dropped,
    };
  }

  #endAwaits(task: ScopeView, waits: readonly WaitRecord[], now: number): void {
    this.#awaited.delete(task);
    for (const wait of waits) {
      wait.end = now;
      wait.what = `task "${task.name}"`;
      wait.kind = "task";
      this.#ended.push(wait);
    }
  }

  #now(): number {
    return this.#clock.now() - this.#zero;
  }

  #sign(): number {
    return this.#lastSign = this.#now();
  }

  /**
   * A step of `scope` has ended. Its beginning could not be seen, but if the loop gave no sign of life for long before
   * this, then that was its doing.
   */
  #stepEnds(scope: ScopeView | null): number {
    const now = this.#now();
    if (now - this.#lastSign > STALL && this.#clock === realClock) {
      const span = scope === null || isTop(scope) ? null : this.#spanOf(scope).id;
      this.#stalls.push({ start: this.#lastSign, end: now, span });
    }
    this.#lastSign = now;
    return now;
  }

  /** The span of `scope`, which may be older than the trace. */
  #spanOf(scope: ScopeView): SpanRecord {
    return this.#spans.get(scope) ?? this.#add(scope, 0);
  }

  #add(scope: ScopeView, start: number): SpanRecord {
    const { parent } = scope;
    const record = new SpanRecord(
      scope.id,
      parent === null || isTop(parent) ? null : this.#spanOf(parent).id,
      scope.kind,
      start,
    );
    this.#spans.set(scope, record);
    if (isTop(scope)) this.#tops.set(scope.id, "top level");
    return record;
  }
}

/** Roots are where a trace begins; they are no spans themselves. */
function isTop(scope: ScopeView): boolean {
  return scope instanceof RootScope;
}

function describe(wait: WaitView): string {
  try {
    return wait.describe();
  } catch {
    return "something";
  }
}

function append<K, T>(lists: Map<K, T[]>, key: K, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function finish(
  record: SpanRecord,
  known: ReadonlySet<number>,
  waits: TraceWait[] = [],
  runs: TraceRun[] = [],
): TraceSpan {
  const { id, parent, kind, name, start, started, end, cancelledAt, state, error } = record;
  return {
    id,
    parent: parent !== null && known.has(parent) ? parent : null,
    kind,
    name,
    start,
    started: started < 0 ? null : started,
    end,
    cancelledAt: cancelledAt < 0 ? null : cancelledAt,
    state,
    error,
    // Whoever lost interest in a task may have ended before it.
    waits: waits.map(({ start, end: last, what, kind }) => ({ start, end: Math.min(last, end), what, kind })).sort((
      a,
      b,
    ) => a.start - b.start),
    runs: runs.map(({ start, end, where }) => ({ start, end, where })),
  };
}
