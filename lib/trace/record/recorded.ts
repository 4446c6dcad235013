/** What was recorded: plain data, made once, from which everything is drawn. Times are milliseconds from its beginning. */

import type { WaitKind } from "../../core/instrument.ts";

/**
 * The kind of the span that stands for all code outside of tasks. Nobody knows what that did between its waits, or whether
 * one piece of code did them all.
 */
export const TOP = "top";

/** How a span ended; `"running"` when it had not. */
export type SpanState = "done" | "failed" | "cancelled" | "timedOut" | "running";

/** A stretch of time. */
export interface Interval {
  /** When it began. */
  readonly start: number;
  /** When it ended; the end of the trace if it had not. */
  readonly end: number;
}

/** One wait of a task. */
export interface TraceWait extends Interval {
  /** What was waited for, in a few words: `"sleep 100 ms"`. */
  readonly what: string;
  /** The same, in one word. */
  readonly kind: WaitKind;
}

/** The function of a task, while it ran in a worker. */
export interface TraceRun extends Interval {
  /** The worker: two runs with the same one came one after the other. */
  readonly where: string;
}

/** A time in which the event loop stood still. */
export interface TraceStall extends Interval {
  /** The span whose code held it; `null` when that is not known. */
  readonly span: number | null;
}

/** One task, or another scope: a gather, a group, a timeout. It begins with its creation. */
export interface TraceSpan extends Interval {
  /** Unique in the trace, in order of creation. */
  readonly id: number;
  /** The span it was created in; `null` at the top. */
  readonly parent: number | null;
  /** `"task"`, `"gather"`, `"group"`, `"timeout"`, `"shield"`, … */
  readonly kind: string;
  /** Its name at its end. */
  readonly name: string;
  /** When its function was called; `null` when it never was, or for what has no function. */
  readonly started: number | null;
  /** When it was cancelled, or `null`. */
  readonly cancelledAt: number | null;
  /** How it ended. */
  readonly state: SpanState;
  /** What it failed with, in a line, or `null`. */
  readonly error: string | null;
  /** What it waited for, in order of beginning. */
  readonly waits: readonly TraceWait[];
  /** Where it ran, if not on this thread. */
  readonly runs: readonly TraceRun[];
}

/** Everything that was recorded. */
export interface Recorded {
  /** When the trace began, in milliseconds since 1970. */
  readonly epoch: number;
  /** How long it lasted. */
  readonly duration: number;
  /** In order of creation: parents come before their children. */
  readonly spans: readonly TraceSpan[];
  /** In order of time. */
  readonly stalls: readonly TraceStall[];
  /** How many of the oldest spans and waits had to make room for newer ones. */
  readonly dropped: number;
}
