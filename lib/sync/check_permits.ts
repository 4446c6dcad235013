import { checkCount } from "../core/checks.ts";

/** A number of permits: finite, or else nobody could tell what is left. */
export function checkPermits(verb: string, what: string, value: unknown, minimum = 1): void {
  checkCount(verb, what, value, minimum);
  if (value === Infinity) {
    throw new RangeError(`Cannot ${verb} as ${what} must be finite: current value is ${value}`);
  }
}
