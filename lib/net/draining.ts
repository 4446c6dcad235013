import { currentScope } from "../core/ambient.ts";
import { Scope } from "../core/scope.ts";
import { InvalidStateError } from "../errors.ts";
import { cancellable } from "../tasks/cancellable.ts";
import { moveOnAfter } from "../tasks/timeout.ts";

/** How what a server has under way comes to its end. */
export interface Drain {
  /** How long it may go on, in milliseconds, before it is cancelled. */
  readonly ms: number;
  /** The message of that cancellation. */
  readonly why: string;
  /** For what can be ended from outside: cuts off what still runs so many milliseconds after the cancellation. */
  readonly force?: { readonly after: number; readonly cutOff: () => void };
}

/** The scope of all that a server has under way: what cancels the server does not reach it, until the server has it end. */
export class Draining extends Scope {
  override get kind(): string {
    return "shield";
  }

  override get shielded(): boolean {
    return true;
  }

  /** Let what runs go on for a while, then cancel it; resolves when it has ended. */
  async drain({ ms, why, force }: Drain): Promise<void> {
    const idle = new Promise<void>((resolve) => this.whenEmpty(resolve));
    if (await isWithin(ms, idle)) return;
    this.cancelChildren(why);
    if (force !== undefined && !await isWithin(force.after, idle)) force.cutOff();
    await idle;
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
async function isWithin(ms: number, promise: Promise<void>): Promise<boolean> {
  return await moveOnAfter(ms, () => cancellable(promise).then(() => true)) ?? false;
}
