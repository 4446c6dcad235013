import type { Command, Option, Options } from "./command.ts";
import { formatOfName, FORMATS } from "../../trace/format_names.ts";
import { count, file, oneOf, type ValueType } from "./values.ts";

/** The path of a file that a trace can be saved in. */
const traceFile: ValueType<string> = {
  ...file,
  expects: `the path of a file that ends with ${FORMATS.map((format) => `.${format}`).join(", ")}`,
  parse: (text) => formatOfName(text) === undefined ? undefined : text,
};

/** Options of every command. */
export const GLOBAL_OPTIONS = {
  quiet: { short: "q", summary: "Show results only: no narration, no progress" },
  color: {
    value: oneOf("WHEN", ["auto", "always", "never"]),
    default: "auto",
    summary: "Colours: auto, always or never",
  },
  trace: { value: traceFile, summary: "Save what happened: .html, .svg, .json (for Perfetto), .mmd or .flow.mmd" },
  timeline: { summary: "Draw what happened, and sum it up, on standard error" },
  help: { short: "h", summary: "Show help" },
  version: { short: "V", summary: "Show the version" },
} as const satisfies Options;

/** Options of commands that have a result. */
export const RESULT_OPTIONS = {
  json: { summary: "Print the result as JSON" },
} as const satisfies Options;

/** Options of exercises that do nothing but wait. */
export const SIMULATION_OPTIONS = {
  virtual: { summary: "Run in virtual time: the same result, without the waiting" },
  ...RESULT_OPTIONS,
} as const satisfies Options;

/** Options of `mixed`. */
export const MIXED_OPTIONS = {
  limit: { value: count(2, 100_000_000), default: 2_000_000, summary: "Count the primes below N" },
  requests: { value: count(1, 10_000), default: 10, summary: "How often each of three tasks fetches" },
  ...RESULT_OPTIONS,
} as const satisfies Options;

/** The options of a command, with those of every command last. */
export function optionsOf({ options }: Pick<Command, "options">): [string, Option][] {
  return Object.entries({ ...options, ...GLOBAL_OPTIONS });
}
