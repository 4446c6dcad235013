import type { PathStep } from "./critical_path.ts";
import { formatMs } from "./moments.ts";
import type { Summary, Waited } from "./summary.ts";
import { WAIT_NAMES } from "./wait_kind.ts";

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
 * @returns The lines.
 */
export function formatSummary(summary: Summary): string {
  const { tasks, concurrency, busy, sequential, saved, stalls, dropped } = summary;
  const lines = [entry("Tasks", countTasks(tasks))];
  if (tasks.total > 0) {
    lines.push(entry("At once", `${concurrency.average.toFixed(1)} on average, ${concurrency.peak} at most`));
    const gain = saved > 0.01 * busy ? `, which saved ${formatMs(saved)}` : "";
    lines.push(entry("Took", `${formatMs(busy)} instead of ${formatMs(sequential)} one by one${gain}`));
  }
  const waits = summary.waited.filter(({ kind, ms }) => kind !== "task" && ms >= 0.05);
  waits.slice(0, SHOWN).forEach((wait, i) => lines.push(entry(i === 0 ? "Waited for" : "", describe(wait))));
  if (waits.length > SHOWN) lines.push(entry("", `and ${waits.length - SHOWN} more`));
  pathLines(summary).forEach((line, i) => lines.push(entry(i === 0 ? "The end" : "", line)));
  if (stalls.count > 0) {
    const times = stalls.count === 1 ? "once" : `${stalls.count} times`;
    lines.push(entry("Stood still", `${times}, ${formatMs(stalls.ms)} in all, ${formatMs(stalls.longest)} at worst`));
  }
  if (dropped > 0) lines.push(entry("Missing", `${dropped} of the oldest spans and waits did not fit into the trace`));
  return lines.join("\n");
}

function entry(term: string, text: string): string {
  return `${term.padEnd(12)} ${text}`;
}

function countTasks({ total, done, failed, cancelled, running }: Summary["tasks"]): string {
  const ends = [[done, "done"], [failed, "failed"], [cancelled, "cancelled"], [running, "still running"]] as const;
  const told = ends.filter(([count]) => count > 0 && count < total).map(([count, end]) => `${count} ${end}`);
  const only = ends.find(([count]) => count === total && total > 0);
  if (only !== undefined) return `${total}, ${total === 1 ? "" : "all "}${only[1]}`;
  return [total, ...told].join(", ").replace(", ", ": ");
}

function describe({ kind, what, count, ms }: Waited): string {
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
