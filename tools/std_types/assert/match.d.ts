/** Assert that a text matches a pattern. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void;
