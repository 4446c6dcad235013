/**
 * See what happened: a timeline of all tasks, what they waited for, and what the end of the program waited for.
 *
 * A trace costs about a microsecond for each thing that happens, and a bounded amount of memory; without one, nothing.
 *
 * Importing this module does nothing by itself. To trace a program as it is, without a change, import
 * `@asyncio/toolkit/trace/register` before it:
 *
 * ```sh
 * ASYNCIO_TRACE=trace.html deno run -A --preload jsr:@asyncio/toolkit/trace/register app.ts
 * ```
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { gather, sleep } from "@asyncio/toolkit";
 * import { startTrace } from "@asyncio/toolkit/trace";
 *
 * using trace = startTrace();
 * await gather(() => sleep(20), () => sleep(30));
 * console.log(trace.timeline());
 * // await trace.save("trace.html");
 * assert(trace.summary().saved > 0);
 * ```
 *
 * @module
 */

export type { PathStep, Summary, WaitTotal } from "./analyse/mod.ts";
export { formatSummary, type SummaryOptions, type TimelineOptions } from "./draw/mod.ts";
export type { TraceFormat } from "./format_names.ts";
export type {
  Interval,
  Recorded,
  SpanState,
  TraceRun,
  TraceSpan,
  TraceStall,
  TraceWait,
  WaitKind,
} from "./record/mod.ts";
export { formatTaskTree } from "./task_tree.ts";
export { startTrace, type Trace, type TraceOptions } from "./trace.ts";
