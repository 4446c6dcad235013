/** Fail at once. */
export function fail(msg?: string): never;
