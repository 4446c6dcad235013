/** Assert that two values are the same, as `Object.is` sees it. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T;
