/** What a trace can be written as. */
export type TraceFormat = "html" | "svg" | "json" | "mmd" | "flow.mmd";

/** All of them; of two that fit a name the longer one comes first. */
export const FORMATS: readonly TraceFormat[] = ["html", "svg", "json", "flow.mmd", "mmd"];

/** The format of a file by the ending of its name, or `undefined`. */
export function formatOfName(path: string): TraceFormat | undefined {
  return FORMATS.find((format) => path.toLowerCase().endsWith(`.${format}`));
}
