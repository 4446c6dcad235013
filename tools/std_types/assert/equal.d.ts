/** Compare two values deeply. */
export function equal(a: unknown, b: unknown): boolean;
