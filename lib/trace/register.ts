/**
 * Trace a program as it is, without a change: importing this module is what does it.
 *
 * ```sh
 * ASYNCIO_TRACE=trace.html deno run -A --preload jsr:@asyncio/toolkit/trace/register app.ts
 * ```
 *
 * The variable is read if that may be done without asking. Its value is the name of a file, `.html` (a page to zoom and
 * search), `.svg`, `.json` (for Perfetto), `.mmd` or `.flow.mmd` (mermaid); or `timeline`, which prints a chart and a
 * summary on standard error. The trace is written when the program ends, however it does.
 *
 * Where OpenTelemetry is on (`OTEL_DENO=true`), it also makes each task a span of that, whose parent is the task around
 * it, and that of the requests which it makes.
 *
 * @module
 */

import { formatSummary } from "./draw/mod.ts";
import { formatOf } from "./formats.ts";
import { exportToTelemetry } from "./telemetry.ts";
import { startTrace } from "./trace.ts";

/** The variable that asks for a trace. */
const VARIABLE = "ASYNCIO_TRACE";

/** What it says when the timeline is to be printed instead of saved. */
const PRINT = "timeline";

/**
 * Start a trace if the environment asks for one, and write it when the program ends: also when it calls `Deno.exit`, or
 * an error that nobody caught ends it. Nothing happens where the variable may not be read, as nobody is asked.
 */
function traceFromEnvironment(): void {
  if (Deno.permissions.querySync({ name: "env", variable: VARIABLE }).state !== "granted") return;
  const wanted = Deno.env.get(VARIABLE);
  if (wanted === undefined || wanted === "") return;
  const format = wanted === PRINT ? null : known(wanted);
  if (format === undefined) return;
  const trace = startTrace();
  let written = false;
  const write = (): void => {
    if (written) return;
    written = true;
    trace.stop();
    if (format === null) {
      const options = screen();
      console.error(`${trace.timeline(options)}\n\n${formatSummary(trace.summary(), options)}`);
      return;
    }
    try {
      // The program is ending: there is no time for anything that takes a turn of the event loop.
      Deno.writeTextFileSync(wanted, trace.render(format));
    } catch (error) {
      console.error(`Cannot save the trace as ${VARIABLE} says: ${error}`);
    }
  };
  addEventListener("unload", write);
  // An error that nobody caught ends the program without that. A listener of the program that prevents this comes first.
  for (const event of ["error", "unhandledrejection"]) {
    addEventListener(event, ({ defaultPrevented }) => void (defaultPrevented || write()));
  }
}

function known(path: string): ReturnType<typeof formatOf> | undefined {
  try {
    return formatOf(path);
  } catch (error) {
    console.error(`${VARIABLE} is ignored: ${(error as Error).message}`);
    return undefined;
  }
}

function screen(): { width: number; color: boolean } {
  const isTerminal = Deno.stderr.isTerminal();
  return { width: isTerminal ? Deno.consoleSize().columns : 80, color: isTerminal && !Deno.noColor };
}

traceFromEnvironment();
exportToTelemetry();
