import { toChromeTrace, toFlowGraph, toMermaidGantt, toSvg } from "./draw/mod.ts";
import { formatOfName, FORMATS, type TraceFormat } from "./format_names.ts";
import type { Recorded } from "./record/mod.ts";
import { toHtml } from "./viewer/html.ts";

const RENDERERS: Readonly<Record<TraceFormat, (recorded: Recorded) => string>> = {
  html: toHtml,
  svg: toSvg,
  json: toChromeTrace,
  "flow.mmd": toFlowGraph,
  mmd: toMermaidGantt,
};

/** Write a trace in a format. */
export function render(recorded: Recorded, format: TraceFormat): string {
  const renderer = RENDERERS[format];
  if (renderer === undefined) {
    throw new TypeError(`Cannot render a trace as its format must be one of ${known("")}: current value is ${format}`);
  }
  return renderer(recorded);
}

/**
 * Choose the format of a file by the ending of its name.
 *
 * @throws {TypeError} When it has none of the known ones.
 */
export function formatOf(path: string): TraceFormat {
  const format = formatOfName(path);
  if (format !== undefined) return format;
  throw new TypeError(`Cannot save a trace as its name must end with one of ${known(".")}: current value is ${path}`);
}

function known(before: string): string {
  return FORMATS.map((format) => before + format).join(", ");
}
