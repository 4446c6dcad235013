/** A mistake on the command line: told in two lines, with no stack trace, and exit code 2. */
export class UsageError extends Error {
  /** `"UsageError"` */
  override readonly name = "UsageError";
  /** What to do instead. */
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
