import { simulateDelays } from "../../demo/delay_simulation.ts";
import { handleErrors } from "../../demo/error_handling.ts";
import { SAMPLE_FILES } from "../../demo/sample_files.ts";
import { downloadSamples } from "../../demo/file_downloader.ts";
import { mixExecution } from "../../demo/mixed_execution.ts";
import { formatSummary, startTrace } from "../../trace/mod.ts";
import type { Values } from "../words/command.ts";
import { delaySimulation } from "./delays.ts";
import { fileDownloader, showingProgress } from "./download.ts";
import { formatMs } from "../../text/durations.ts";
import { errorHandling } from "./errors.ts";
import { perform, type Performance, type Presentation, saving } from "./exercise.ts";
import { pad, widthOf, wrap } from "../../text/layout.ts";
import { mixedExecution } from "./mixed.ts";
import type { RESULT_OPTIONS } from "../words/options.ts";
import type { Output } from "../show/output.ts";

/** Shorter than what `delays` takes by itself: a demo should not make one wait. */
const DELAYS = [200, 400, 600] as const;

/** Run the four exercises, and sum up what they show. */
export async function demo(
  output: Output,
  _operands: never[],
  { json }: Values<typeof RESULT_OPTIONS>,
): Promise<boolean> {
  const say = (line: string) => output.say(line);
  const performances: Performance[] = [];
  using trace = startTrace();

  async function next<R>(presentation: Presentation<R>, run: () => Promise<R>): Promise<void> {
    performances.push(await perform(presentation, run, output, json));
    if (!json) output.print();
  }

  await next(delaySimulation, () => simulateDelays(DELAYS, say));
  await next(
    fileDownloader,
    () => showingProgress(output, SAMPLE_FILES.length, (onEvent) => downloadSamples({ onEvent })),
  );
  await next(mixedExecution, () => mixExecution(undefined, say));
  await next(errorHandling, () => handleErrors(say));

  const { before, after } = totals(performances);
  if (json) output.printJson({ exercises: performances, savedMs: before - after });
  else {
    output.print(output.out.paint.title("What went on"));
    output.print(`${formatSummary(trace.summary(), { width: Math.min(output.out.width, 100) })}\n`);
    summarize(performances, output);
  }
  return performances.every(({ ok }) => ok);
}

function totals(performances: readonly Performance[]): { before: number; after: number } {
  let [before, after] = [0, 0];
  for (const { times } of performances) {
    before += times?.before ?? 0;
    after += times?.after ?? 0;
  }
  return { before, after };
}

/** Columns of a time. */
const TIME = 11;

/** Print what each exercise has shown, and what concurrency saved. */
function summarize(performances: readonly Performance[], output: Output): void {
  const { paint, width } = output.out;
  const label = Math.max(...performances.map(({ title }) => widthOf(title))) + 2;
  const line = (first: string, cells: readonly string[]) =>
    pad(first, label) + cells.map((cell) => pad(cell, TIME, "right")).join("");

  output.print(paint.title(line("Summary", ["one by one", "at once", "saved"])));
  for (const { title, ok, shown, times } of performances) {
    const cells = times === null
      ? ["–", "–", "–"]
      : [times.before, times.after, times.before - times.after].map((ms) => formatMs(ms, times.before));
    output.print(line(ok ? title : paint.bad(title), cells));
    for (const part of wrap(`  ${shown}`, Math.min(width, 100))) output.print(paint.aside(part));
  }
  const { before, after } = totals(performances);
  output.print();
  output.print(saving(before, after, paint));
}
