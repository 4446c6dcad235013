/** Assert that two values are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;
