import { formatOf } from "./formats.ts";
import { formatSummary } from "./summary_text.ts";
import { startTrace } from "./trace.ts";

/** The variable that asks for a trace. */
const VARIABLE = "ASYNCIO_TRACE";

/** What it says when the timeline is to be printed instead of saved. */
const PRINT = "timeline";

/**
 * Start a trace if the environment asks for one, and write it when the program ends: also when it calls `Deno.exit`, or
 * an error that nobody caught ends it. Nothing happens where the variable may not be read, as nobody is asked.
 */
export function traceFromEnvironment(): void {
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
