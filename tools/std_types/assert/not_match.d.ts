/** Assert that a text does not match a pattern. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void;
