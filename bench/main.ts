/**
 * `deno task bench [--only TEXT] [--json] [--report]`: measures every row, or those whose name contains TEXT. With
 * `--report` all of it is written to `bench/RESULTS.md`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type Failed, measure, type Measured } from "./measure.ts";
import { inUnit } from "./units.ts";
import type { Row } from "./row.ts";
import { ROWS } from "./rows.ts";

const { only, json } = parseArgs(Deno.args, { string: ["only"], boolean: ["json", "report"] });

for (const row of ROWS) {
  if (only !== undefined && !row.name.includes(only)) continue;
  if (!json) console.log(`\n${row.name}, over ${row.against}`);
  await measure(row, (found) => console.log(json ? JSON.stringify(found) : lineOf(found, row)));
}

function lineOf(found: Measured | Failed, row: Row): string {
  const start = `  ${`n = ${found.n}`.padEnd(14)} ${found.contender.padEnd(22)}`;
  if ("failure" in found) return `${start} ${found.failure}`;
  const { ratio, spread, goal, rounds } = found;
  const verdict = goal === undefined ? "" : ratio <= goal ? `  (goal ${goal}: met)` : `  (goal ${goal}: missed)`;
  const ratios = `${ratio.toFixed(2).padStart(8)} ± ${spread.toFixed(2)}`;
  return `${start} ${ratios}  ${inUnit(found, row).padStart(12)} ×${rounds}${verdict}`;
}
