import { wrap } from "../../text/layout.ts";
import type { PathStep, Summary, WaitTotal } from "../analyse/mod.ts";
import type { WaitKind } from "../record/mod.ts";
import { formatMs } from "../../text/durations.ts";

/** What each kind of wait is called. */
const WAIT_NAMES: Readonly<Record<WaitKind, string>> = {
  sleep: "sleeping",
  turn: "letting others have a turn",
  sync: "locks and their kind",
  queue: "queues",
  select: "choices",
  worker: "workers",
  network: "the network",
  process: "processes",
  file: "files",
  event: "events",
  task: "other tasks",
  promise: "promises of others",
  other: "something else",
};

/** Options of {@linkcode formatSummary}. */
export interface SummaryOptions {
  /**
   * How many columns it may take, 40 or more; longer lines are broken between words.
   *
   * @default 80
   */
  width?: number | undefined;
}

/** Where the text of a line begins, behind its title. */
const COLUMN = 13;

/** How many waits, and steps of the critical path, are told of. */
const SHOWN = 5;

/**
 * Tell a summary in a few lines.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { gather, sleep } from "@asyncio/toolkit";
 * import { formatSummary, startTrace } from "@asyncio/toolkit/trace";
 *
 * using trace = startTrace();
 * await gather(() => sleep(20), () => sleep(30));
 * assertStringIncludes(formatSummary(trace.summary()), "2 at most");
 * ```
 *
 * @param summary The numbers, from `trace.summary()`.
 * @param options How wide it may be.
 * @returns The lines.
 */
export function formatSummary(summary: Summary, options: SummaryOptions = {}): string {
  const { tasks, concurrency, busy, sequential, saved, stalls, dropped } = summary;
  const entries: [term: string, text: string][] = [["Tasks", countTasks(tasks)]];
  if (tasks.total > 0) {
    entries.push(["At once", `${concurrency.average.toFixed(1)} on average, ${concurrency.peak} at most`]);
    const gain = saved > 0.01 * busy ? `, which saved ${formatMs(saved)}` : "";
    entries.push(["Took", `${formatMs(busy)} instead of ${formatMs(sequential)} one by one${gain}`]);
  }
  const waits = summary.waited.filter(({ kind, ms }) => kind !== "task" && ms >= 0.05);
  waits.slice(0, SHOWN).forEach((wait, i) => entries.push([i === 0 ? "Waited for" : "", describe(wait)]));
  if (waits.length > SHOWN) entries.push(["", `and ${waits.length - SHOWN} more`]);
  pathLines(summary).forEach((line, i) => entries.push([i === 0 ? "The end" : "", line]));
  if (stalls.count > 0) {
    const times = stalls.count === 1 ? "once" : `${stalls.count} times`;
    entries.push(["Stood still", `${times}, ${formatMs(stalls.ms)} in all, ${formatMs(stalls.longest)} at worst`]);
  }
  if (dropped > 0) entries.push(["Missing", `${dropped} of the oldest spans and waits did not fit into the trace`]);
  const width = Math.max(40, options.width ?? 80);
  return entries.flatMap(([term, text]) => wrapBehind(term, text, width)).join("\n");
}

function wrapBehind(term: string, text: string, width: number): string[] {
  const [first, ...others] = wrap(text, width - COLUMN);
  return [`${term.padEnd(COLUMN)}${first}`, ...others.map((line) => `${" ".repeat(COLUMN)}${line}`)];
}

function countTasks({ total, done, failed, cancelled, running }: Summary["tasks"]): string {
  const ends = [[done, "done"], [failed, "failed"], [cancelled, "cancelled"], [running, "still running"]] as const;
  const told = ends.filter(([count]) => count > 0 && count < total).map(([count, end]) => `${count} ${end}`);
  const only = ends.find(([count]) => count === total && total > 0);
  if (only !== undefined) return `${total}, ${total === 1 ? "" : "all "}${only[1]}`;
  return [total, ...told].join(", ").replace(", ", ": ");
}

function describe({ kind, what, count, ms }: WaitTotal): string {
  const name = what === kind ? WAIT_NAMES[kind] : what;
  return `${name}: ${formatMs(ms)}${count === 1 ? "" : ` in ${count} waits`}`;
}

/** The longest steps that the end waited for, in order of time. */
function pathLines({ criticalPath }: Summary): string[] {
  const lengthOf = ({ start, end }: PathStep) => end - start;
  const total = criticalPath.reduce((sum, step) => sum + lengthOf(step), 0);
  const longest = criticalPath.filter((step) => lengthOf(step) >= 0.02 * total)
    .sort((a, b) => lengthOf(b) - lengthOf(a)).slice(0, SHOWN);
  const lines = criticalPath.filter((step) => longest.includes(step)).map(({ span, start, end, about }, i) => {
    const doing = about === "own" || about === "inside" ? "" : `, ${about === "queued" ? "not started" : words(about)}`;
    return `${i === 0 ? "waited for " : "then "}${span.name} (${formatMs(end - start)}${doing})`;
  });
  const rest = criticalPath.length - longest.length;
  if (rest > 0) lines.push(`and ${rest} shorter ${rest === 1 ? "step" : "steps"}`);
  return lines;
}

function words(about: string): string {
  return WAIT_NAMES[about as keyof typeof WAIT_NAMES] ?? about;
}

/** A trace in one line: what stands over its picture. */
export function headlineOf({ tasks, busy, concurrency, saved }: Summary): string {
  const parts = [`${tasks.total} ${tasks.total === 1 ? "task" : "tasks"}`, formatMs(busy)];
  if (concurrency.peak > 1) parts.push(`at most ${concurrency.peak} at once`);
  if (saved > 0.01 * busy) parts.push(`${formatMs(saved)} saved`);
  if (tasks.failed > 0) parts.push(`${tasks.failed} failed`);
  if (tasks.cancelled > 0) parts.push(`${tasks.cancelled} cancelled`);
  return parts.join("  ·  ");
}
