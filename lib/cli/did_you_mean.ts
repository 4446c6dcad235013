import type { Hint } from "./usage_error.ts";

/**
 * Hint at the known word that comes closest to the one that was written.
 *
 * @param before What is written before the word: `"asyncio "`, `"--"`.
 * @param otherwise The hint where none comes close.
 */
export function didYouMean(word: string, known: Iterable<string>, before: string, otherwise?: string): Hint {
  return async () => {
    const { suggest } = await import("./suggest.ts");
    const meant = suggest(word, known);
    return meant === undefined ? otherwise : `Did you mean ${before}${meant}?`;
  };
}
