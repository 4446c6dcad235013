/** The middle one; of an even number, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Half of the values lie within this distance of the median. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

/** How cost grows with size: the power of n that fits best, where 1 is a cost that stays the same for each item. */
export function growth(sizes: readonly number[], costs: readonly number[]): number {
  const xs = sizes.map(Math.log);
  const ys = costs.map(Math.log);
  const [x, y] = [mean(xs), mean(ys)];
  const slope = xs.reduce((sum, each, i) => sum + (each - x) * (ys[i]! - y), 0);
  return slope / xs.reduce((sum, each) => sum + (each - x) ** 2, 0);
}

/** The power of n that `n log n` looks like between these sizes. */
export function growthOfNLogN(sizes: readonly number[]): number {
  return growth(sizes, sizes.map((n) => n * Math.log(n + 1)));
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
