/** How calls and loops end, where a value alone cannot say it. */

/** What was thrown: an object, since anything can be thrown, `null` and `undefined` too. */
export interface Thrown {
  error: unknown;
}

/** The step that ends a loop. One for all: nobody writes to it. */
export const END: IteratorReturnResult<void> = { done: true, value: undefined };
