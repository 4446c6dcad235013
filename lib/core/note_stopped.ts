import type { Stopped } from "../errors.ts";

const WORST: readonly Stopped[] = ["cooperative", "terminated", "killed", "abandoned"];

/** A cancellation is one error for all it reaches: it says what was worst. */
export function noteStopped(error: object, stopped: Stopped): void {
  const before = (error as { stopped?: Stopped }).stopped;
  if (before !== undefined && WORST.indexOf(before) >= WORST.indexOf(stopped)) return;
  Object.defineProperty(error, "stopped", { value: stopped, configurable: true });
}
