/** What every assertion throws when it does not hold. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions);
}
