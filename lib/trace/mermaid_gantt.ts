import { headlineOf } from "./headline.ts";
import { lastEnd } from "./intervals.ts";
import { plainLabel } from "./mermaid_label.ts";
import type { Recorded, SpanState } from "./recorded.ts";
import { spanTree } from "./span_tree.ts";
import { summarize } from "./summary.ts";
import { rowsOf } from "./timeline_rows.ts";

/** More do not fit on a page. */
const MOST_ROWS = 60;

/** What a task is tagged with, for its colour. */
const TAGS: Readonly<Record<SpanState, string>> = {
  done: "",
  failed: "crit, ",
  cancelled: "done, ",
  timedOut: "done, ",
  running: "active, ",
};

/** Write what was recorded as a Gantt chart in mermaid. */
export function toMermaidGantt(recorded: Recorded): string {
  const { rows, left } = rowsOf(spanTree(recorded), MOST_ROWS);
  const lines = ["gantt", `  title ${plainLabel(headlineOf(summarize(recorded)))}`, "  dateFormat x"];
  lines.push(`  axisFormat ${lastEnd(recorded.spans) < 60_000 ? "%S.%L s" : "%H:%M:%S"}`);
  for (const { label, depth, nodes } of rows) {
    const name = plainLabel(label);
    if (depth === 0) lines.push(`  section ${name}`);
    const spans = nodes.map(({ span }) => span);
    const start = Math.round(spans.reduce((first, span) => Math.min(first, span.start), Infinity));
    // A task that takes no time is one that mermaid does not draw.
    const end = Math.max(start + 1, Math.round(lastEnd(spans)));
    const { state } = spans[0]!;
    // A bar has one colour: that of many which ended in different ways says so in words.
    const alike = spans.every((span) => span.state === state);
    const failed = spans.filter(({ state }) => state === "failed").length;
    const text = alike || failed === 0 ? name : `${name} (${failed} failed)`;
    lines.push(`  ${text} :${alike ? TAGS[state] : ""}t${spans[0]!.id}, ${start}, ${end}`);
  }
  if (left > 0) lines.push(`  %% and ${left} more`);
  return `${lines.join("\n")}\n`;
}
