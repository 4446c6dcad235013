import type { FunctionSource } from "./function_source.ts";

let last: { source: FunctionSource; site: Error } | null = null;

/**
 * Where the calling code called this package, as the stack of an error. Looking takes longer than all the rest of making a call,
 * so calls of one function that are made in one go share what was seen for the first.
 */
export function callSite(source: FunctionSource): Error {
  if (last?.source === source) return last.site;
  const site = {} as Error;
  Error.captureStackTrace(site, callSite);
  if (last === null) queueMicrotask(() => last = null);
  last = { source, site };
  return site;
}
