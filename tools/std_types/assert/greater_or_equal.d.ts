/** Assert that a value is at least the expected one. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void;
