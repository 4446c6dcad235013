import { type Case, type ErrorReport, type Fate, handleErrors } from "../../demo/error_handling.ts";
import type { Values } from "../words/command.ts";
import { performAlone, type Presentation, virtuallyIf } from "./exercise.ts";
import { table } from "../../text/layout.ts";
import type { SIMULATION_OPTIONS } from "../words/options.ts";
import type { Output } from "../show/output.ts";
import type { Palette } from "../../text/palette.ts";

/** Let one of three tasks fail, and see what becomes of the others. */
export async function errors(
  output: Output,
  _operands: never[],
  { json, virtual }: Values<typeof SIMULATION_OPTIONS>,
): Promise<boolean> {
  const run = () => handleErrors((line) => output.say(line));
  return await performAlone(errorHandling, () => virtuallyIf(virtual, run), output, json);
}

/** How the exercise is shown. */
export const errorHandling: Presentation<ErrorReport> = {
  title: "Error handling",
  show({ cases }, output) {
    const { paint } = output.out;
    const names = Object.keys(cases[0]!.fates);
    const [header, ...rows] = table([
      ["Tasks run by", ...names, "you get"],
      ...cases.map((each) => row(each, names, paint)),
    ], ["left", "left", "left", "left", "left"]);
    output.print(paint.aside(header!));
    for (const line of rows) output.print(line);
    output.print();
    output.print(`The error: ${cases.find(({ caught }) => caught !== null)?.caught}`);
  },
  sumUp({ cases }) {
    const cancelled = cases.some(({ fates }) => Object.values(fates).includes("cancelled"));
    return {
      ok: cancelled && cases.some(({ results }) => results !== null),
      shown: "A failure cancels the functions beside it, leaves promises alone, or becomes one of the results",
      times: null,
    };
  },
};

function row({ how, caught, fates }: Case, names: readonly string[], paint: Palette): string[] {
  return [how, ...names.map((name) => paintFate(fates[name]!, paint)), caught === null ? "a list" : "the error"];
}

function paintFate(fate: Fate, paint: Palette): string {
  if (fate === "finished") return paint.good(fate);
  return fate === "failed" ? paint.bad(fate) : paint.stopped(fate);
}
