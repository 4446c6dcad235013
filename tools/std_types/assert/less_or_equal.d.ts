/** Assert that a value is at most the expected one. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void;
