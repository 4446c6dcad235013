import { type Mix, type MixedReport, mixExecution } from "../../demo/mixed_execution.ts";
import type { Values } from "../words/command.ts";
import { formatMs } from "../../text/durations.ts";
import { performAlone, type Presentation, saving } from "./exercise.ts";
import { table } from "../../text/layout.ts";
import type { MIXED_OPTIONS } from "../words/options.ts";
import type { Output } from "../show/output.ts";

/** Count primes in a worker while tasks fetch data, then on the main thread. */
export async function mixed(
  output: Output,
  _operands: never[],
  { limit, requests, json }: Values<typeof MIXED_OPTIONS>,
): Promise<boolean> {
  const run = () => mixExecution({ limit, requests }, (line) => output.say(line));
  return await performAlone(mixedExecution, run, output, json);
}

/** How the exercise is shown. */
export const mixedExecution: Presentation<MixedReport> = {
  title: "Mixed execution",
  show({ limit, worker, mainThread }, output) {
    const { paint } = output.out;
    const row = (where: string, { countingMs, fetchingMs, totalMs, worstLagMs }: Mix) => [
      where,
      ...[countingMs, fetchingMs, totalMs, worstLagMs].map((ms) => formatMs(ms)),
    ];
    const [header, ...rows] = table([
      ["Counting", "primes", "data", "both", "loop late"],
      row("in a worker", worker),
      row("on the main thread", mainThread),
    ], ["left", "right", "right", "right", "right"]);
    output.print(paint.aside(header!));
    for (const line of rows) output.print(line);
    output.print();
    output.print(`${worker.primes} primes below ${limit}, ${worker.answers} answers from the server`);
    output.print(saving(mainThread.totalMs, worker.totalMs, paint));
  },
  sumUp({ worker, mainThread }) {
    const [busy, free] = [mainThread, worker].map(({ worstLagMs }) => formatMs(worstLagMs));
    return {
      ok: worker.primes === mainThread.primes && worker.answers === mainThread.answers,
      shown: `A count in a worker holds the event loop up for ${free} at worst, one on the main thread for ${busy}`,
      times: { before: mainThread.totalMs, after: worker.totalMs },
    };
  },
};
