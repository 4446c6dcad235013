/** Fail at a place that is unimplemented. */
export function unimplemented(msg?: string): never;
