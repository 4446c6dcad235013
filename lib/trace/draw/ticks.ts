/** A mark on the axis of time. */
export interface Tick {
  readonly time: number;
  readonly label: string;
}

/**
 * Choose marks at round times. This runs in pages, too, as text: it may use nothing from outside of itself.
 *
 * @param start Where the axis begins, in milliseconds.
 * @param end Where it ends.
 * @param most How many marks there is room for.
 */
export function ticksOf(start: number, end: number, most: number): Tick[] {
  const least = (end - start) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(least > 0 ? least : 1));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
  // One unit for all, so that they can be compared at a glance.
  const [unit, name] = end < 1 ? [0.001, "µs"] : end < 1_000 ? [1, "ms"] : [1_000, "s"];
  const decimals = Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  const ticks: Tick[] = [];
  for (let i = Math.ceil(start / step - 1e-9); i * step <= end; i++) {
    ticks.push({ time: i * step, label: i === 0 ? "0" : `${((i * step) / unit).toFixed(decimals)} ${name}` });
  }
  return ticks;
}
