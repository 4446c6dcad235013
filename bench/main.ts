/**
 * `deno task bench [--only TEXT] [--json]`: measures every row, or those whose name contains TEXT.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { measure, type Measured, type Row } from "./harness.ts";
import { downloadRows } from "./rows/downloads.ts";
import { syncRows } from "./rows/sync.ts";
import { taskRows } from "./rows/tasks.ts";

const rows: Row[] = [...taskRows, ...syncRows, ...downloadRows];
const { only, json } = parseArgs(Deno.args, { string: ["only"], boolean: ["json"] });

for (const row of rows) {
  if (only !== undefined && !row.name.includes(only)) continue;
  if (!json) console.log(`\n${row.name}`);
  await measure(row, json ? (measured) => console.log(JSON.stringify(measured)) : print);
}

function print({ n, contender, ratio, spread, nsPerItem, goal, failure }: Measured): void {
  const size = `n = ${n}`.padEnd(12);
  if (failure !== undefined) return console.log(`  ${size} ${contender.padEnd(22)} does not run: ${failure}`);
  const verdict = goal === undefined ? "" : ratio <= goal ? `  (goal ${goal}: met)` : `  (goal ${goal}: missed)`;
  console.log(
    `  ${size} ${contender.padEnd(22)} ${ratio.toFixed(2).padStart(8)} ± ${spread.toFixed(2)}` +
      `  ${nsPerItem.toFixed(0).padStart(8)} ns each${verdict}`,
  );
}
