/**
 * Measures a row: the floor (the plain JavaScript way), ours, and what a user would otherwise pick, in one process,
 * interleaved, so that whatever else the machine does falls on all alike. Only ratios to the floor mean anything.
 *
 * @module
 */

/** Does the work once for `n` items and gives a number that shows that it was done; or the milliseconds it took itself. */
export type Contender = (n: number) => Promise<number | { ms: number; check: number }>;

/** One line of the report. */
export interface Row {
  /** What is measured. */
  name: string;
  /** How many items, smallest first. */
  sizes: number[];
  /** What every contender has to return for `n` items. */
  expected(n: number): number;
  /** The plain JavaScript way. */
  floor: Contender;
  /** The toolkit. */
  ours: Contender;
  /** What ours may cost at most, in floors; by size, or for all. */
  goal: number | Record<number, number>;
  /** Others by name; one that cannot be loaded is named with its failure. */
  peers?: Record<string, () => Promise<Contender> | Contender>;
  /** Rounds at the smallest size. */
  rounds?: number;
}

/** What was found for one contender at one size. */
export interface Measured {
  row: string;
  n: number;
  contender: string;
  /** Median over the rounds, in floors. */
  ratio: number;
  /** Half of the rounds lie within this distance of the median, in floors. */
  spread: number;
  /** Median, in nanoseconds an item: for the size of things only. */
  nsPerItem: number;
  /** Of ours: the goal. */
  goal?: number;
  /** Why there is no number. */
  failure?: string;
}

/** Measure one row at all its sizes. */
export async function measure(row: Row, report: (measured: Measured) => void): Promise<void> {
  const contenders: Record<string, Contender> = { floor: row.floor, ours: row.ours };
  for (const [name, load] of Object.entries(row.peers ?? {})) {
    try {
      contenders[name] = await load();
      await run(contenders[name], row, row.sizes[0]!);
    } catch (error) {
      delete contenders[name];
      const failure = String(error).split("\n")[0]!;
      report({ row: row.name, n: row.sizes[0]!, contender: name, ratio: NaN, spread: NaN, nsPerItem: NaN, failure });
    }
  }
  for (const n of row.sizes) await measureSize(row, n, contenders, report);
}

async function measureSize(
  row: Row,
  n: number,
  contenders: Record<string, Contender>,
  report: (measured: Measured) => void,
): Promise<void> {
  const rounds = Math.max(5, Math.round((row.rounds ?? 60) * row.sizes[0]! / n));
  const times: Record<string, number[]> = {};
  for (let round = -2; round < rounds; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      const ms = await run(contender, row, n);
      // The first two rounds are for the compiler.
      if (round >= 0) (times[name] ??= []).push(ms);
    }
  }
  const floor = median(times.floor!);
  for (const [contender, each] of Object.entries(times)) {
    const typical = median(each);
    const spread = median(each.map((ms) => Math.abs(ms - typical)));
    const goal = typeof row.goal === "number" ? row.goal : row.goal[n];
    report({
      row: row.name,
      n,
      contender,
      ratio: typical / floor,
      spread: spread / floor,
      nsPerItem: typical * 1e6 / n,
      ...(contender === "ours" && goal !== undefined ? { goal } : {}),
    });
  }
}

/** Run once, check the work, and give the milliseconds it took. */
async function run(contender: Contender, row: Row, n: number): Promise<number> {
  const start = performance.now();
  const result = await contender(n);
  const took = performance.now() - start;
  const { ms, check } = typeof result === "number" ? { ms: took, check: result } : result;
  if (check !== row.expected(n)) throw new Error(`${row.name}: expected ${row.expected(n)}, got ${check}`);
  return ms;
}

/** The middle one. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
