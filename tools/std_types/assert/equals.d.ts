/** Assert that two values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void;
