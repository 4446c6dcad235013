import { CancelledError } from "../../lib/errors.ts";
import { suppressedBy } from "../../lib/core/linked_errors.ts";
import { BrokenLockError, InvalidStateError, isCancelled, TaskGroupError, TimeoutError } from "../../mod.ts";

/** What a random program throws. */
export class ProgramError extends Error {}

/** Keeps what a program has thrown, and what of that somebody got to see. */
export class Witness {
  /** What went wrong, in words. */
  readonly violations: string[] = [];
  readonly #thrown: Error[] = [];
  readonly #seen = new Set<unknown>();

  violate(what: string): void {
    this.violations.push(what);
  }

  /** An error that must not be lost. */
  makeError(): Error {
    const error = new ProgramError(`error ${this.#thrown.length}`);
    this.#thrown.push(error);
    return error;
  }

  /** `error` has come to where somebody looks at it, and with it all that it carries. */
  see(error: unknown): void {
    const stack = [error];
    while (stack.length > 0) {
      const each = stack.pop();
      if (this.#seen.has(each)) continue;
      this.#seen.add(each);
      if (!isExpected(each)) this.violate(`something threw ${each}`);
      stack.push(...suppressedBy(each));
      if (each instanceof AggregateError) stack.push(...each.errors);
      if (each instanceof CancelledError) stack.push(each.reason);
      if (each instanceof Error) stack.push(each.cause);
    }
  }

  /** Check what can be checked only when all is over. */
  finish(): void {
    for (const error of this.#thrown) if (!this.#seen.has(error)) this.violate(`${error.message} was lost`);
  }
}

/** Errors of the program, and those that the toolkit may make of them. */
function isExpected(error: unknown): boolean {
  const expected = [ProgramError, TaskGroupError, TimeoutError, InvalidStateError, BrokenLockError];
  return error === undefined || isCancelled(error) || expected.some((kind) => error instanceof kind);
}
