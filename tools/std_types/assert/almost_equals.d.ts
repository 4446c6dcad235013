/** Assert that two numbers differ by no more than the tolerance. */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void;
