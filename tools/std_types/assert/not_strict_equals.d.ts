/** Assert that two values are not the same, as `Object.is` sees it. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void;
