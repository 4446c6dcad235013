import { currentScope } from "../core/ambient.ts";
import { isThenable } from "../core/checks.ts";
import { inspectBriefly } from "../core/inspect.ts";
import { Scope } from "../core/scope.ts";
import { Settlement, type SettlementListener } from "../core/settlement.ts";
import { throwIfRefused, Waiter } from "../core/waiter.ts";
import type { Owned } from "./cancel_scope.ts";
import { letGo } from "./cancellable.ts";
import { spawn } from "./create_task.ts";
import { endChildren } from "./end_children.ts";
import { checkNotInside, Task } from "./task.ts";

/** What {@linkcode asCompleted} yields for one of its inputs: a task for a function, any promise as it is. */
export type Completed<I> = I extends PromiseLike<unknown> ? I : I extends Owned<infer R> ? Task<Awaited<R>> : never;

/**
 * Iterate over tasks in the order in which they complete. Each comes as itself, settled: await it for its value or error.
 *
 * Functions are started as tasks when the iteration begins, and owned by it: leaving the loop cancels them and waits for
 * them. Tasks and promises are observed: leaving the loop leaves them running. As `asyncio.as_completed`, since 3.13.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { asCompleted, sleep } from "@asyncio/toolkit";
 *
 * const order: string[] = [];
 * for await (const task of asCompleted([() => sleep(20, "slow"), () => sleep(1, "fast")])) {
 *   order.push(await task);
 * }
 * assertEquals(order, ["fast", "slow"]);
 * ```
 *
 * @typeParam I Type of the inputs.
 * @param inputs Functions, tasks, promises.
 * @returns An iterator over the tasks, and over the promises themselves. Ties keep the order of the inputs.
 * @throws {TypeError} When there is something else among the inputs.
 * @throws {CancelledError} When the iterating task is cancelled.
 */
export function asCompleted<I extends Owned<unknown> | PromiseLike<unknown>>(
  inputs: Iterable<I>,
): AsyncIterableIterator<Completed<I>, void, void> {
  return new Completion(inputs) as unknown as AsyncIterableIterator<Completed<I>, void, void>;
}

class IterationScope extends Scope {
  override get kind(): string {
    return "asCompleted";
  }
}

/** One iteration. Not an async generator, since `yield` would await the task that it is to yield. */
class Completion implements AsyncIterableIterator<PromiseLike<unknown>, void, void> {
  readonly #inputs: Iterable<Owned<unknown> | PromiseLike<unknown>>;
  /** Owns the functions; there is one from the first `next()` to the end. */
  #scope: Scope | null = null;
  readonly #entries: Entry[] = [];
  readonly #settled: PromiseLike<unknown>[] = [];
  #left = 0;
  #over = false;
  #waiter: Arrival | null = null;

  constructor(inputs: Iterable<Owned<unknown> | PromiseLike<unknown>>) {
    this.#inputs = inputs;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<PromiseLike<unknown>, void>> {
    try {
      if (!this.#over && this.#scope === null) this.#start();
      while (!this.#over && this.#left > 0) {
        const value = this.#settled.shift();
        if (value !== undefined) {
          this.#left--;
          return { done: false, value };
        }
        throwIfRefused();
        this.#waiter = new Arrival(currentScope());
        await this.#waiter.promise;
      }
    } catch (error) {
      // A loop does not call `return` after an error of `next`.
      await this.return();
      throw error;
    }
    return await this.return();
  }

  /** Let go of what was observed; end what is owned. What failed without being yielded is reported. */
  async return(): Promise<IteratorReturnResult<void>> {
    const scope = this.#scope;
    this.#over = true;
    if (scope !== null) {
      this.#scope = null;
      for (const entry of this.#entries) entry.settlement.remove(entry);
      for (const promise of this.#settled) {
        if (promise instanceof Task && promise.state === "failed") this.#report(scope, promise.exception());
      }
      if (scope.firstChild !== null) {
        await endChildren(scope, "Cancelled as the loop over asCompleted() has ended");
      }
      scope.close();
    }
    return { done: true, value: undefined };
  }

  #start(): void {
    const inputs = [...this.#inputs];
    if (currentScope().error !== null) inputs.filter(isThenable).forEach((promise) => letGo(promise));
    throwIfRefused();
    const scope = this.#scope = new IterationScope(currentScope());
    for (const input of inputs) {
      if (typeof input !== "function" && !isThenable(input)) {
        throw new TypeError(
          `Cannot iterate as functions or promises are needed: current value is ${inspectBriefly(input)}`,
        );
      }
      const promise = isThenable(input) ? input : spawn(scope, input, {}, (task) => {
        if (this.#over && task.state === "failed") this.#report(scope, task.failure);
      });
      const entry = new Entry(promise, (settled) => {
        this.#settled.push(settled);
        this.#waiter?.resolve();
      });
      this.#left++;
      this.#entries.push(entry);
      if (promise instanceof Task) checkNotInside(promise, "iterate over");
      entry.settlement.add(entry);
    }
  }

  #report(scope: Scope, error: unknown): void {
    scope.root.supersede(undefined, error);
  }
}

/** One task of an iteration. */
class Entry implements SettlementListener {
  readonly promise: PromiseLike<unknown>;
  readonly settlement: Settlement;
  readonly #onSettled: (promise: PromiseLike<unknown>) => void;

  constructor(promise: PromiseLike<unknown>, onSettled: (promise: PromiseLike<unknown>) => void) {
    this.promise = promise;
    this.settlement = Settlement.of(promise);
    this.#onSettled = onSettled;
  }

  onSettled(): void {
    this.#onSettled(this.promise);
  }
}

/** The loop, while it waits for the next one. */
class Arrival extends Waiter<void> {
  override describe(): string {
    return "the next task to complete";
  }

  protected override withdraw(): void {}
}
