/**
 * `deno task bench [--only TEXT] [--json] [--report]`: measures every row, or those whose name contains TEXT. With
 * `--report` all of it is written to `bench/RESULTS.md`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { load, machine } from "./machine.ts";
import { measure } from "./measure.ts";
import { type Found, report } from "./report.ts";
import type { Row } from "./row.ts";
import { ROWS } from "./rows.ts";
import { inUnit } from "./units.ts";

const options = parseArgs(Deno.args, { string: ["only"], boolean: ["json", "report"] });
const rows = ROWS.filter(({ name }) => name.includes(options.only ?? ""));
const found: Found[] = [];
const [begin, before] = [Date.now(), load()];

for (const row of rows) {
  if (!options.json) console.log(`\n${row.name}, over ${row.against}`);
  try {
    await measure(row, (each) => {
      found.push(each);
      console.log(options.json ? JSON.stringify(each) : lineOf(each, row));
    });
  } catch (error) {
    // One row that cannot be measured does not take the others with it.
    const failure = (error as Error).message;
    found.push({ row: row.name, n: row.sizes[0]!, contender: "floor", failure });
    console.error(failure);
  }
}

if (options.report) {
  const minutes = ((Date.now() - begin) / 60_000).toFixed(0);
  const about = [
    `- ${new Date(begin).toISOString().slice(0, 10)}, in ${minutes} minutes`,
    ...await machine(),
    `- Load before: ${before}; with the measurements themselves: ${load()}`,
  ];
  const path = new URL("RESULTS.md", import.meta.url);
  await Deno.writeTextFile(path, report(rows, found, about));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", path.pathname] }).output();
}

function lineOf(found: Found, row: Row): string {
  const start = `  ${`n = ${found.n}`.padEnd(14)} ${found.contender.padEnd(22)}`;
  if ("failure" in found) return `${start} ${found.failure}`;
  const { ratio, spread, goal, rounds } = found;
  const verdict = goal === undefined ? "" : ratio <= goal ? `  (goal ${goal}: met)` : `  (goal ${goal}: missed)`;
  const ratios = `${ratio.toFixed(2).padStart(8)} ± ${spread.toFixed(2)}`;
  return `${start} ${ratios}  ${inUnit(found, row).padStart(12)} ×${rounds}${verdict}`;
}
