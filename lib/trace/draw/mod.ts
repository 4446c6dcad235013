/** Makes texts and pictures of what was recorded. */

export { toChromeTrace } from "./chrome_trace.ts";
export { ACTIVITY_COLORS, COLOR_NAMES, colorRules, COLORS, MARKS } from "./look.ts";
export { toFlowGraph, toMermaidGantt } from "./mermaid.ts";
export { type Tick, ticksOf } from "./ticks.ts";
export { formatSummary, headlineOf, type SummaryOptions } from "./summary_text.ts";
export { escapeMarkup, toSvg } from "./svg.ts";
export { drawTimeline, type TimelineOptions } from "./timeline.ts";
