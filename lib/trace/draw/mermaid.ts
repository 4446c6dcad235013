import { lastEnd, type SpanNode, spanTree, stemOf, summarize, walk } from "../analyse/mod.ts";
import type { Recorded, SpanState } from "../record/mod.ts";
import { rowsOf } from "./rows.ts";
import { headlineOf } from "./summary_text.ts";
import { LIGHT } from "./look.ts";

/** More at once than this share a box with their brothers of the same name. */
const MOST_AT_ONCE = 6;

/** What becomes of a task, on its arrow and in its last box. */
const ENDS: Readonly<Record<SpanState, readonly [arrow: string, box: (name: string) => string]>> = {
  done: ["done", (name) => `Resume ${name}`],
  failed: ["failed", (name) => `${name} failed`],
  cancelled: ["cancelled", (name) => `${name} cancelled`],
  timedOut: ["timed out", (name) => `${name} timed out`],
  running: ["not yet", (name) => `${name} goes on`],
};

/** Write what was recorded as a flow graph in mermaid: from the start through the event loop to the end. */
export function toFlowGraph(recorded: Recorded): string {
  const top = spanTree(recorded);
  const graph = new Graph();
  const count = [...walk(top)].filter(({ span }) => span.kind === "task").length;
  const start = graph.box("Start");
  const create = graph.box(count === 1 ? "Create a task" : `Create ${count} tasks`, [start]);
  const loop = graph.box("Event loop starts", [create]);
  const last = graph.phases(top, [loop], "All done");
  graph.box("End", last);
  return graph.toString();
}

/** Where a path stands: a box, and what the arrow from it says. */
type Exit = string | readonly [box: string, arrow: string];

class Graph {
  readonly #lines: string[] = [];
  readonly #classes = new Map<string, string[]>();
  #count = 0;

  /** Draw a box, and arrows that lead to it. Returns its name. */
  box(label: string, from: readonly Exit[] = [], style = "step"): string {
    const name = `n${++this.#count}`;
    this.#lines.push(`  ${name}[${quotedLabel(label)}]`);
    for (const exit of from) {
      const [box, arrow] = typeof exit === "string" ? [exit, ""] : exit;
      this.#lines.push(`  ${box} -->${arrow && `|${arrow}|`} ${name}`);
    }
    const members = this.#classes.get(style);
    if (members === undefined) this.#classes.set(style, [name]);
    else members.push(name);
    return name;
  }

  /** Draw brothers: those that overlap beside each other, the others one below the other. */
  phases(nodes: readonly SpanNode[], from: readonly Exit[], join: string): readonly Exit[] {
    let exits = from;
    for (const phase of phasesOf(nodes)) {
      const families = phase.length > MOST_AT_ONCE
        ? [...Map.groupBy(phase, ({ span }) => `${stemOf(span)} ${span.state}`).values()]
        : phase.map((node) => [node]);
      const ends = families.flatMap((family) => this.#family(family, exits));
      exits = ends.length > 1 ? [this.box(join, ends)] : ends;
    }
    return exits;
  }

  #family(family: readonly SpanNode[], from: readonly Exit[]): readonly Exit[] {
    const { span, children } = family[0]!;
    // A gather has no code of its own: its tasks stand for it.
    if (span.kind === "gather" && children.length > 0) return this.phases(children, from, "Gather results");
    const name = family.length > 1 ? `${stemOf(span)} × ${family.length}` : span.name;
    const [arrow, ending] = ENDS[span.state];
    const style = span.state === "failed"
      ? "bad"
      : span.state === "done" || span.state === "running"
      ? "step"
      : "stopped";
    if (children.length > 0 && family.length === 1) {
      const entry = this.box(name, from);
      const exits = this.phases(children, [entry], span.kind === "group" ? "Group ends" : "All done");
      return [this.box(span.state === "done" ? `${name} ends` : ending(name), exits, style)];
    }
    const longest = [...span.waits].sort((a, b) => b.end - b.start - (a.end - a.start))[0];
    const entry = this.box(longest === undefined ? `${name} runs` : `${name} waiting on ${longest.what}`, from);
    return [this.box(ending(name), [[entry, arrow]], style)];
  }

  toString(): string {
    return [
      "graph TD",
      ...this.#lines,
      ...([["step", "own"], ["bad", "bad"], ["stopped", "stopped"]] as const).map(([style, color]) =>
        `  classDef ${style} fill:${LIGHT[color]},stroke:#fff,color:#fff,stroke-width:2px`
      ),
      ...[...this.#classes].map(([style, members]) => `  class ${members.join(",")} ${style}`),
      "",
    ].join("\n");
  }
}

/** Part nodes where one has ended before the next begins. */
function phasesOf(nodes: readonly SpanNode[]): SpanNode[][] {
  const phases: SpanNode[][] = [];
  let end = -Infinity;
  for (const node of [...nodes].sort((a, b) => a.span.start - b.span.start)) {
    if (node.span.start >= end) phases.push([]);
    phases.at(-1)!.push(node);
    end = Math.max(end, node.span.end);
  }
  return phases;
}

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

/** Write a text so that it can stand in a chart as it is: what has a meaning there becomes a space. */
function plainLabel(text: string): string {
  return text.replace(/[:;,#%\p{Cc}]+/gu, " ").replace(/\s+/g, " ").trim() || "–";
}

/** Write a text so that it can stand between quotation marks. */
function quotedLabel(text: string): string {
  const safe = text.replace(/\p{Cc}+/gu, " ").replaceAll("#", "#35;").replaceAll('"', "#quot;")
    .replaceAll("<", "#lt;").replaceAll(">", "#gt;");
  return `"${safe}"`;
}
