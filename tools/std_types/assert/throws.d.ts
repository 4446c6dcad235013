/** Assert that a function throws, and return what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Assert that it throws an error of a class, and with a message that includes a text. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
