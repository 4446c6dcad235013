/**
 * One contender of one row, in a process of its own: `contender.ts ROW NAME`. Reads a line `{ n, atLeast }`, does rounds
 * for `n` items until they have taken `atLeast` milliseconds together, and answers with a line `{ cost, rounds }`, the
 * mean of a round, or with a line `{ failure }`, which is its last.
 *
 * @module
 */

import { linesOf } from "./lines.ts";
import type { Contender, Outcome, Round, Row } from "./row.ts";
import { ROWS } from "./rows.ts";

const [rowName, name] = Deno.args;

try {
  const row = ROWS.find((row) => row.name === rowName)!;
  const round = await (contenderOf(row, name!) as () => Promise<Round>)();
  answer({ ready: true });
  for await (const line of linesOf(Deno.stdin.readable)) {
    const { n, atLeast } = JSON.parse(line);
    answer(await measure(row, round, n, atLeast));
  }
} catch (error) {
  answer({ failure: String(error).split("\n")[0] });
}
Deno.exit();

function contenderOf({ floor, ours, peers }: Row, name: string): Contender | undefined {
  return { floor, ours, ...peers }[name];
}

async function measure(row: Row, round: Round, n: number, atLeast: number): Promise<{ cost: number; rounds: number }> {
  const expected = row.expected(n);
  let total = 0;
  let rounds = 0;
  const begin = performance.now();
  do {
    const start = performance.now();
    const result = await round(n);
    const took = performance.now() - start;
    const { cost, check }: Outcome = typeof result === "number" ? { cost: took, check: result } : result;
    if (check !== expected) throw new Error(`wrong answer: expected ${expected}, got ${check}`);
    total += cost;
    rounds++;
  } while (performance.now() - begin < atLeast);
  return { cost: total / rounds, rounds };
}

function answer(message: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
}
