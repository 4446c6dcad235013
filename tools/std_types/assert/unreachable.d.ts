/** Fail at a place that is unreachable. */
export function unreachable(msg?: string): never;
