/**
 * Makes the report of a run: what was aimed at and what came out, how cost grows, and what all contenders took.
 *
 * @module
 */

import type { Failed, Measured } from "./measure.ts";
import type { Row } from "./row.ts";
import { growth, growthOfNLogN } from "./statistics.ts";
import { inUnit } from "./units.ts";

/** What was found, in the order in which it was. */
export type Found = Measured | Failed;

/** Powers of n that differ by less than this are the same: measured again they differ by as much. */
const TOLERANCE = 0.1;

const MISSED = "**missed**";

/** Write the report, in Markdown. `about` are lines on when and where. */
export function report(rows: readonly Row[], found: readonly Found[], about: readonly string[]): string {
  const measured = found.filter((each): each is Measured => "ratio" in each);
  const failed = found.filter((each): each is Failed => "failure" in each);
  const sections = [
    ["# What it costs", INTRODUCTION, about.join("\n")],
    ["## Goals", goals(rows, measured)],
    ["## Why goals are missed", ...reasons(rows, measured)],
    ["## How cost grows", GROWTH, growths(rows, measured)],
    [
      "## Beside others",
      "In floors, and what one item takes, or the whole where it says so.",
      ...rows.map((row) => table(row, measured)),
    ],
    ["## What did not run", failures(failed)],
  ];
  return sections.flat().filter((part) => part !== "").join("\n\n") + "\n";
}

const INTRODUCTION =
  "Written by `deno task bench --report`. Each contender runs in a process of its own. They take turns, and each turn is compared with the floor's in the same round: a ratio is the median over the rounds, and half of the rounds lie within the ± of it. Every answer is checked. Bare times are for the size of things only: the ratios are what holds on another machine.";

const GROWTH =
  "The power of n that fits best, between the smallest and the largest size: 1 is a cost that stays the same for each item, and the third column is what n log n looks like between these sizes. Nothing may be worse than that, unless the floor is as well.";

function goals(rows: readonly Row[], measured: readonly Measured[]): string {
  const lines = rows.flatMap((row) =>
    measured.filter((each) => each.row === row.name && each.goal !== undefined).map((each) =>
      `| ${row.name} | ${count(each.n)} | ${row.against} | ${ratio(each)} | ${each.goal} | ${verdict(each)} |`
    )
  );
  return ["| row | n | the floor | ours, in floors | goal | |", "| --- | ---: | --- | ---: | ---: | --- |", ...lines]
    .join("\n");
}

function reasons(rows: readonly Row[], measured: readonly Measured[]): string[] {
  const missed = rows.filter((row) =>
    measured.some((each) => each.row === row.name && isMissed(each)) || growthOfRow(row, measured)?.verdict === MISSED
  );
  if (missed.length === 0) return ["None is."];
  return missed.map(({ name, reason }) => `**${name}.** ${reason ?? "No reason has been found yet."}`);
}

function growths(rows: readonly Row[], measured: readonly Measured[]): string {
  const lines = rows.flatMap((row) => {
    const found = growthOfRow(row, measured);
    if (found === null) return [];
    const powers = found.powers.map((power) => power.toFixed(2));
    return [`| ${row.name} | ${found.sizes.map(count).join(", ")} | ${powers.join(" | ")} | ${found.verdict} |`];
  });
  return ["| row | n | ours | floor | n log n | |", "| --- | --- | ---: | ---: | ---: | --- |", ...lines].join("\n");
}

/** How ours grows, the floor, and n log n; `null` where there are too few sizes. */
function growthOfRow(row: Row, measured: readonly Measured[]) {
  const [floor, ours] = ["floor", "ours"].map((contender) =>
    measured.filter((each) => each.row === row.name && each.contender === contender)
  );
  if (ours!.length < 3) return null;
  const sizes = ours!.map(({ n }) => n);
  const powers = [growthOf(ours!), growthOf(floor!), growthOfNLogN(sizes)] as const;
  const [own, floors, most] = powers;
  const verdict = own <= most + TOLERANCE ? "met" : own <= floors + TOLERANCE ? "as the floor" : MISSED;
  return { sizes, powers, verdict };
}

function growthOf(measured: readonly Measured[]): number {
  return growth(measured.map(({ n }) => n), measured.map(({ cost }) => cost));
}

/** All contenders of a row, by size. */
function table(row: Row, measured: readonly Measured[]): string {
  const own = measured.filter((each) => each.row === row.name);
  if (own.length === 0) return "";
  const sizes = row.sizes.filter((n) => own.some((each) => each.n === n));
  const lines = [...new Set(own.map(({ contender }) => contender))].map((contender) => {
    const cells = sizes.map((n) => {
      const each = own.find((each) => each.contender === contender && each.n === n);
      return each === undefined ? "" : `${ratio(each)}, ${inUnit(each, row)}`;
    });
    return `| ${contender === "ours" ? "**ours**" : contender} | ${cells.join(" | ")} |`;
  });
  return [
    `### ${row.name}\n`,
    `Over ${row.against}${row.whole ? "; the whole" : ""}.\n`,
    `| | ${sizes.map(count).join(" | ")} |`,
    `| --- |${" ---: |".repeat(sizes.length)}`,
    ...lines,
  ].join("\n");
}

/** One line for each way to fail, with where it was. */
function failures(failed: readonly Failed[]): string {
  if (failed.length === 0) return "All did.";
  const alike = Map.groupBy(failed, ({ contender, failure }) => `- ${contender}: ${failure}`);
  return [...alike].map(([what, each]) => `${what} (${each.map(({ row, n }) => `${row}, n = ${count(n)}`).join("; ")})`)
    .join("\n");
}

function isMissed({ ratio, goal = Infinity }: Measured): boolean {
  return ratio > goal;
}

function verdict(measured: Measured): string {
  return isMissed(measured) ? "**missed**" : "met";
}

function ratio({ ratio, spread }: Measured): string {
  return `${ratio.toFixed(2)} ± ${spread.toFixed(2)}`;
}

/** `1 000 000` */
function count(n: number): string {
  return String(n).replaceAll(/\B(?=(\d{3})+$)/g, "\u202f");
}
