/** Assert that a value is truthy. */
export function assert(expr: unknown, msg?: string): asserts expr;
