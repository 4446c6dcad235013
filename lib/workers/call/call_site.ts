import type { FunctionSource } from "./function_source.ts";

/** Milliseconds for which what was seen is taken to hold. */
const FRESH = 1;

let last: { source: FunctionSource; site: Error; until: number } | null = null;

/**
 * Where the calling code called this package, as the stack of an error.
 *
 * Looking takes longer than all the rest of making a call. So calls of one function that follow each other within a
 * millisecond share what was seen for the first: nearly always a loop, or a function that is called from a single place.
 */
export function callSite(source: FunctionSource): Error {
  const now = performance.now();
  if (last !== null && last.source === source && now < last.until) return last.site;
  const site = {} as Error;
  Error.captureStackTrace(site, callSite);
  last = { source, site, until: now + FRESH };
  return site;
}
