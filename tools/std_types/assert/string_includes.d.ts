/** Assert that a text contains another. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void;
