import { currentScope } from "../core/ambient.ts";
import { Scope } from "../core/scope.ts";
import { InvalidStateError } from "../errors.ts";
import { cancellable } from "../tasks/cancellable.ts";
import { moveOnAfter } from "../tasks/timeout.ts";

/** The scope of all that a server has under way: what cancels the server does not reach it, until the server has it end. */
export class Draining extends Scope {
  override get kind(): string {
    return "shield";
  }

  override get shielded(): boolean {
    return true;
  }

  /** Let what runs go on for `ms`, then cancel it; resolves when it has ended. */
  async drain(ms: number, why: string): Promise<void> {
    const idle = this.idle();
    if (await isWithin(ms, idle)) return;
    this.cancelChildren(why);
    await idle;
  }

  /** Resolves when nothing is left. One caller at a time. */
  idle(): Promise<void> {
    return new Promise((resolve) => this.whenEmpty(resolve));
  }

  /**
   * For code that is part of this, and so would wait for itself if it waited for the end of the server: the error that says so.
   * It is no unhandled rejection, as such code may well ask for that end. `null` for any other code.
   */
  refuseOwn(what: string): Promise<never> | null {
    if (!this.contains(currentScope())) return null;
    const refused = Promise.reject(
      new InvalidStateError(`Cannot wait for the end of the ${what} as the caller is part of it: leave out the await`),
    );
    refused.catch(() => {});
    return refused;
  }
}

/** Whether `promise` resolves within `ms`. */
export async function isWithin(ms: number, promise: Promise<void>): Promise<boolean> {
  return await moveOnAfter(ms, () => cancellable(promise).then(() => true)) ?? false;
}
