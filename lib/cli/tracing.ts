import { onProgramEnd } from "../tasks/run.ts";
import type { GLOBAL_OPTIONS } from "./words/options.ts";
import { later, type Values } from "./words/command.ts";
import type { Output } from "./show/output.ts";

/** The options about tracing. */
export type TracingOptions = Pick<Values<typeof GLOBAL_OPTIONS>, "trace" | "timeline">;

/** What became of a trace. */
export interface Tracing {
  /** Whether it could not be saved. */
  failed: boolean;
}

/**
 * Trace what happens from now on, if the options ask for it. It is shown when the program ends: also when Ctrl-C ends it,
 * and after all tasks have.
 */
export async function traceIfAsked({ trace: path, timeline }: TracingOptions, output: Output): Promise<Tracing> {
  const tracing = { failed: false };
  if (path === undefined && !timeline) return tracing;
  const { formatSummary, startTrace } = await later<typeof import("../trace/mod.ts")>(
    import.meta.resolve("../trace/mod.ts"),
  );
  const trace = startTrace();
  onProgramEnd(async () => {
    trace.stop();
    if (timeline) {
      const { width, colored: color } = output.err;
      console.error(`\n${trace.timeline({ width, color })}\n\n${formatSummary(trace.summary(), { width })}`);
    }
    if (path === undefined) return;
    try {
      await trace.save(path);
      output.say(`What happened is in ${path}`);
    } catch (error) {
      output.fail(`Cannot save the trace: ${(error as Error).message}`);
      tracing.failed = true;
    }
  });
  return tracing;
}
