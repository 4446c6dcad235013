/** What {@linkcode assertArrayIncludes} looks into: anything with a length and numbered elements. */
// deno-lint-ignore no-explicit-any
export type ArrayLikeArg<T> = ArrayLike<T> & object & { [Symbol.iterator]?: any };

/** Assert that every expected element is found, compared deeply. */
export function assertArrayIncludes<T>(actual: ArrayLikeArg<T>, expected: ArrayLikeArg<T>, msg?: string): void;
