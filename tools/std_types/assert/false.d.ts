/** Every value that counts as false. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

/** Assert that a value is falsy. */
export function assertFalse(expr: unknown, msg?: string): asserts expr is Falsy;
