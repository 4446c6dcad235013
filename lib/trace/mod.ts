/**
 * See what happened: a timeline of all tasks, what they waited for, and what the end of the program waited for.
 *
 * A trace costs about a microsecond for each thing that happens, and a bounded amount of memory; without one, nothing.
 *
 * To trace a program as it is, without a change:
 *
 * ```sh
 * ASYNCIO_TRACE=trace.html deno run -A --preload jsr:@asyncio/toolkit/trace app.ts
 * ```
 *
 * Importing this module is what reads the variable, if that may be read without asking. Its value is the name of a file,
 * `.html` (a page to zoom and search), `.svg`, `.json` (for Perfetto), `.mmd` or `.flow.mmd` (mermaid); or `timeline`,
 * which prints a chart and a summary on standard error.
 *
 * Where OpenTelemetry is on (`OTEL_DENO=true`), importing it also makes each task a span of that, whose parent is the
 * task around it, and that of the requests which it makes.
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

import { traceFromEnvironment } from "./from_environment.ts";
import { exportToTelemetry } from "./telemetry.ts";

export { type PathStep } from "./critical_path.ts";
export { type TraceFormat } from "./format_names.ts";
export {
  type Interval,
  type Recorded,
  type SpanState,
  type TraceRun,
  type TraceSpan,
  type TraceStall,
  type TraceWait,
  type WaitKind,
} from "./recorded.ts";
export { type Summary, type Waited } from "./summary.ts";
export { formatSummary, type SummaryOptions } from "./summary_text.ts";
export { formatTaskTree } from "./task_tree.ts";
export { type TimelineOptions } from "./timeline.ts";
export { startTrace, type Trace, type TraceOptions } from "./trace.ts";

traceFromEnvironment();
exportToTelemetry();
