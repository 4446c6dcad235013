import { InvalidStateError } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { checkCount, checkFunction, inspectBriefly } from "../core/checks.ts";
import type { WaitKind } from "../core/instrument.ts";
import { throwIfRefused, Waiter } from "../core/waiter.ts";

/**
 * Tell a race as a story: step n starts when step n - 1 has ended, whichever tasks they are in. As
 * `trio.testing.Sequencer`.
 *
 * Each number is used once, from 0. When a step fails, or is given up while it waits, the story is over: the steps after it
 * reject, so that no task waits for ever.
 *
 * @example Two tasks, one order
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gather } from "@asyncio/toolkit";
 * import { Sequencer } from "@asyncio/toolkit/testing";
 *
 * const story = new Sequencer();
 * const said: string[] = [];
 * await gather(
 *   async () => {
 *     await story.step(0, () => said.push("knock knock"));
 *     await story.step(2, () => said.push("it's me"));
 *   },
 *   () => story.step(1, () => said.push("who's there?")),
 * );
 * assertEquals(said, ["knock knock", "who's there?", "it's me"]);
 * ```
 */
export class Sequencer {
  readonly #waiting = new Map<number, Turn>();
  readonly #taken = new Set<number>();
  #next = 0;
  #broken: unknown;

  /**
   * Wait for the steps before, run a function, and let the next step start.
   *
   * @typeParam T What the function returns.
   * @param n Which step this is, from 0.
   * @param fn The step.
   * @returns What the function returns.
   * @throws {InvalidStateError} When there is such a step already, or one before it did not come to its end.
   * @throws {CancelledError} When the calling task is cancelled while it waits.
   */
  async step<T>(n: number, fn: () => T | PromiseLike<T>): Promise<T> {
    checkCount("take a step", "its number", n, 0);
    checkFunction("take a step", fn);
    if (this.#taken.has(n)) {
      throw new InvalidStateError(`Cannot take step ${n} as it has been taken: next is ${this.#next}`);
    }
    this.#taken.add(n);
    try {
      if (this.#broken !== undefined) throw this.#broken;
      if (n !== this.#next) await this.#turn(n);
      const value = await fn();
      this.#waiting.get(++this.#next)?.resolve();
      return value;
    } catch (error) {
      this.#break(n, error);
      throw error;
    }
  }

  async #turn(n: number): Promise<void> {
    throwIfRefused();
    const turn = new Turn(currentScope(), n);
    this.#waiting.set(n, turn);
    try {
      await turn.promise;
    } finally {
      this.#waiting.delete(n);
    }
  }

  #break(n: number, cause: unknown): void {
    if (this.#broken !== undefined) return;
    this.#broken = new InvalidStateError(
      `Cannot go on with the story as step ${n} did not come to its end: ${inspectBriefly(cause)}`,
      { cause },
    );
    for (const turn of this.#waiting.values()) turn.reject(this.#broken);
  }
}

/** A step that waits for those before it. */
class Turn extends Waiter<void> {
  readonly #n: number;

  constructor(scope: ReturnType<typeof currentScope>, n: number) {
    super(scope);
    this.#n = n;
  }

  override get kind(): WaitKind {
    return "other";
  }

  override describe(): string {
    return `its step, number ${this.#n}`;
  }

  protected override withdraw(): void {}
}
