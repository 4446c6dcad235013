import { suggest } from "./suggest.ts";

/** A mistake on the command line: told in two lines, with no stack trace, and exit code 2. */
export class UsageError extends Error {
  /** `"UsageError"` */
  override readonly name = "UsageError";
  /** What to do instead; `undefined` when there is no more to say. */
  readonly hint: string | undefined;

  /**
   * @param message What is wrong with which value.
   * @param hint What to do instead.
   */
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/**
 * Hint at the known word that comes closest to the one that was written.
 *
 * @param before What is written before the word: `"asyncio "`, `"--"`.
 * @param otherwise The hint where none comes close.
 */
export function didYouMean(
  word: string,
  known: Iterable<string>,
  before: string,
  otherwise?: string,
): string | undefined {
  const meant = suggest(word, known);
  return meant === undefined ? otherwise : `Did you mean ${before}${meant}?`;
}
