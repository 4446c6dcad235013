/** Says what to do instead of a mistake. A function is asked only when the mistake is told: it may have to import code. */
export type Hint = string | (() => Promise<string | undefined>);

/** A mistake on the command line: told in two lines, with no stack trace, and exit code 2. */
export class UsageError extends Error {
  /** `"UsageError"` */
  override readonly name = "UsageError";
  readonly #hint: Hint | undefined;

  /**
   * @param message What is wrong with which value.
   * @param hint What to do instead.
   */
  constructor(message: string, hint?: Hint) {
    super(message);
    this.#hint = hint;
  }

  /** Find out what to do instead; `undefined` when there is no more to say. */
  async hint(): Promise<string | undefined> {
    return typeof this.#hint === "function" ? await this.#hint() : this.#hint;
  }
}

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
