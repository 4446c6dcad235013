import { type Call, type DelayReport, DELAYS, simulateDelays } from "../../demo/delay_simulation.ts";
import type { Values } from "../words/command.ts";
import { drawMarks } from "../../text/bars.ts";
import { formatMs } from "../../text/durations.ts";
import { fit, widthOf } from "../../text/layout.ts";
import { performAlone, type Presentation, saving, virtuallyIf } from "./exercise.ts";
import type { SIMULATION_OPTIONS } from "../words/options.ts";
import type { Output } from "../show/output.ts";

/** Simulate three API calls, one by one and all at once. */
export async function delays(
  output: Output,
  operands: number[],
  { json, virtual }: Values<typeof SIMULATION_OPTIONS>,
): Promise<boolean> {
  const [user = DELAYS[0], orders = DELAYS[1], weather = DELAYS[2]] = operands;
  const run = () => simulateDelays([user, orders, weather], (line) => output.say(line));
  return await performAlone(delaySimulation, () => virtuallyIf(virtual, run), output, json);
}

/** How the exercise is shown. */
export const delaySimulation: Presentation<DelayReport> = {
  title: "Delay simulation",
  show({ sequential, concurrent }, output) {
    const { width, paint } = output.out;
    const scale = Math.max(sequential.ms, concurrent.ms);
    for (const [how, { ms, calls }] of [["One by one", sequential], ["At once", concurrent]] as const) {
      output.print(`${how}, ${formatMs(ms)}`);
      for (const line of drawCalls(calls, scale, width)) output.print(paint.code(line));
    }
    output.print();
    output.print(saving(sequential.ms, concurrent.ms, paint));
  },
  sumUp({ sequential, concurrent }) {
    return {
      ok: true,
      shown: "Three calls at once take as long as the slowest of them, not as long as all together",
      times: { before: sequential.ms, after: concurrent.ms },
    };
  },
};

/** The widest that a chart gets: longer bars are no clearer. */
const WIDEST = 72;

/**
 * Draw each call as a bar on a line of its own, all on one scale.
 *
 * @param calls What to draw.
 * @param duration The time, in milliseconds, that takes the whole width: that of the longest chart, to compare several.
 * @param width How many columns there are.
 */
export function drawCalls(
  calls: readonly Pick<Call, "name" | "start" | "end">[],
  duration: number,
  width: number,
): string[] {
  const label = Math.min(Math.max(...calls.map(({ name }) => widthOf(name))), 20);
  const columns = Math.max(10, Math.min(WIDEST, width - label - 6));
  return calls.map((call) => `  ${fit(call.name, label)}  ${drawMarks([call], { columns, duration }, "━")}`.trimEnd());
}
