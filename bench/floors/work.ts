/** What a task does at the least: it waits once. */
export async function body(): Promise<number> {
  await null;
  return 1;
}

/** Make n of something. */
export function many<T>(n: number, make: (index: number) => T): T[] {
  return Array.from({ length: n }, (_, index) => make(index));
}

/** Add up. */
export function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
