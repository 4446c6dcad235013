import { isCancellation } from "../errors.ts";
import { onProgramEnd, run } from "../tasks/run.ts";
import type { Call } from "./parse.ts";
import type { Output } from "./show/output.ts";
import { later, type Values } from "./words/command.ts";
import type { GLOBAL_OPTIONS } from "./words/options.ts";

/**
 * Run a command as the main task of the program, traced if that is asked for.
 *
 * @returns The exit code.
 */
export async function perform({ command, operands, options }: Call, output: Output): Promise<number> {
  const action = await command.load();
  const tracing = await traceIfAsked(options as unknown as TracingOptions, output);
  const code = await run(async () => {
    try {
      return await action(output, operands, options) ? 0 : 1;
    } catch (error) {
      if (isCancellation(error)) output.say("Interrupted");
      const known = explain(error);
      if (known === undefined) throw error;
      output.fail(known);
      return 1;
    }
  });
  return tracing.failed ? 1 : code;
}

/** The options about tracing. */
type TracingOptions = Pick<Values<typeof GLOBAL_OPTIONS>, "trace" | "timeline">;

/** What became of a trace. */
interface Tracing {
  /** Whether it could not be saved. */
  failed: boolean;
}

/**
 * Trace what happens from now on, if the options ask for it. It is shown when the program ends: also when Ctrl-C ends it,
 * and after all tasks have.
 */
async function traceIfAsked({ trace: path, timeline }: TracingOptions, output: Output): Promise<Tracing> {
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

/** What system calls do, in words. */
const VERBS: Readonly<Record<string, string>> = {
  mkdir: "make the folder",
  open: "open",
  readfile: "read",
  rename: "rename",
  link: "name",
};

/**
 * Say in one line what went wrong, if it is about the surroundings of the program: files, permissions, the network.
 * `undefined` for everything else: that is a mistake in the program, and its stack trace is wanted.
 */
function explain(error: unknown): string | undefined {
  if (!(error instanceof Error) || !isOfSystem(error)) return undefined;
  // As in "Not a directory (os error 20): mkdir '/etc/hosts/books'".
  const [, reason, verb, value] = error.message.match(/^(.+) \(os error \d+\): (\w+) '(.*)'$/) ?? [];
  return reason === undefined ? error.message : `Cannot ${VERBS[verb!] ?? verb} ${JSON.stringify(value)}: ${reason}`;
}

function isOfSystem(error: Error): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}
