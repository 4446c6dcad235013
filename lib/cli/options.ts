import type { Options } from "./command.ts";
import { count, oneOf } from "./values.ts";

/** Options of every command. */
export const GLOBAL_OPTIONS = {
  quiet: { short: "q", summary: "Show results only: no narration, no progress" },
  color: {
    value: oneOf("WHEN", ["auto", "always", "never"]),
    default: "auto",
    summary: "Colours: auto, always or never",
  },
  help: { short: "h", summary: "Show help" },
  version: { short: "V", summary: "Show the version" },
} as const satisfies Options;

/** Options of commands that have a result. */
export const RESULT_OPTIONS = {
  json: { summary: "Print the result as JSON" },
} as const satisfies Options;

/** Options of `mixed`. */
export const MIXED_OPTIONS = {
  limit: { value: count(2, 100_000_000), default: 2_000_000, summary: "Count the primes below N" },
  requests: { value: count(1, 10_000), default: 10, summary: "How often each of three tasks fetches" },
  ...RESULT_OPTIONS,
} as const satisfies Options;
