import type { Row } from "./row.ts";

/** What a cost is, for an item or the whole, in words. */
export function inUnit({ cost, n }: { cost: number; n: number }, { unit = "time", whole }: Row): string {
  const each = whole ? cost : cost / n;
  if (unit === "bytes") return each < 10_000 ? `${each.toFixed(0)} B` : `${(each / 2 ** 20).toFixed(1)} MiB`;
  if (each >= 1_000) return `${(each / 1_000).toFixed(2)} s`;
  if (each >= 1) return `${each.toFixed(2)} ms`;
  return each >= 0.01 ? `${(each * 1e3).toFixed(1)} µs` : `${(each * 1e6).toFixed(0)} ns`;
}
