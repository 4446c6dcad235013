import { currentScope, runInScope } from "../core/ambient.ts";
import { checkFunction, inspectBriefly, isThenable } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { snapshot } from "../core/context.ts";
import { END } from "../core/outcome.ts";
import { childrenEnded } from "../core/owned.ts";
import { handOnReturned } from "../core/held.ts";
import type { WaitKind } from "../core/instrument.ts";
import { isPlainPromise, observe, Settlement, type SettlementListener } from "../core/observe.ts";
import { Scope, type Waiting } from "../core/scope.ts";
import { nextTurn } from "../core/turn.ts";
import { refusal, throwIfRefused, Waiter } from "../core/waiter.ts";
import type { Owned } from "./owned.ts";
import { checkFor } from "./inputs.ts";
import { spawn } from "./create_task.ts";
import { checkNotInside, Task } from "./task.ts";

/**
 * What {@linkcode asCompleted} yields for one of its inputs: a task for a function, a promise as it is, and for any other
 * thenable a promise of its outcome, since to await that itself might begin it anew.
 */
export type Completed<I> = I extends Promise<unknown> ? I
  : I extends PromiseLike<infer T> ? Promise<T>
  : I extends Owned<infer R> ? Task<Awaited<R>>
  : never;

/**
 * The steps of a loop over {@linkcode asCompleted}.
 *
 * @internal
 * @typeParam P Type of the tasks or promises.
 */
export interface CompletedSteps<P> {
  /** The next one to complete. */
  next(): Promise<IteratorResult<P, void>>;
  /** End the iteration, as leaving the loop does. */
  return(): Promise<IteratorReturnResult<void>>;
  /** Itself. */
  [Symbol.asyncIterator](): CompletedIterator<P>;
}

/**
 * What {@linkcode asCompleted} gives: an iterator over tasks, or promises, and not over what they resolve to.
 *
 * Two of the same shape, for the sake of the type of the loop variable. Of an `AsyncIterable` of promises TypeScript takes
 * it for what they resolve to, which holds for generators only; of another interface it does so from the second loop on.
 *
 * @typeParam P Type of the tasks or promises.
 */
export type CompletedIterator<P> = CompletedSteps<P> | Omit<CompletedSteps<P>, never>;

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
 * @typeParam I The inputs, as a tuple.
 * @param inputs Functions, tasks, promises.
 * @returns An iterator over the tasks, and over the promises themselves. Ties keep the order of the inputs.
 * @throws {TypeError} At the call, when there is something else among the inputs.
 * @throws {CancelledError} When the iterating task is cancelled.
 */
export function asCompleted<I extends readonly (Owned<unknown> | PromiseLike<unknown>)[] | []>(
  inputs: I,
): CompletedIterator<Completed<I[number]>>;
/**
 * Iterate over the tasks of an iterable in the order in which they complete. Each comes as itself, settled. The iterable is
 * read at the call; its functions are started as tasks when the iteration begins, and end with it.
 *
 * @typeParam I Type of the inputs.
 * @param inputs Functions, tasks, promises.
 * @returns An iterator over the tasks, and over the promises themselves.
 */
export function asCompleted<I extends Owned<unknown> | PromiseLike<unknown>>(
  inputs: Iterable<I>,
): CompletedIterator<Completed<I>>;
export function asCompleted(inputs: Iterable<Owned<unknown> | PromiseLike<unknown>>): CompletedIterator<unknown> {
  return new Completion(inputs);
}

class IterationScope extends Scope {
  override get kind(): string {
    return "asCompleted";
  }
}

/**
 * One iteration. Not an async generator, since `yield` would await the task that it is to yield. It is on the list of its
 * own scope: an iterator that somebody has forgotten must end when the code around it does.
 */
class Completion implements CompletedSteps<PromiseLike<unknown>>, Waiting {
  before: Waiting | null = null;
  after: Waiting | null = null;
  readonly #inputs: readonly (Owned<unknown> | PromiseLike<unknown>)[];
  /** Owns the functions; there is one from the first `next()` on. */
  #scope: Scope | null = null;
  /** Calls as part of the code that made that `next()`: the iteration ends in its context, whoever cancels. */
  #inContext: (<R>(call: () => R) => R) | null = null;
  readonly #entries: Entry[] = [];
  readonly #settled: Entry[] = [];
  #left = 0;
  readonly #arrivals = new Set<Arrival>();
  #ended: Promise<void> | null = null;

  /** @throws {TypeError} When there is nothing to iterate over, or something among it that cannot be waited for. */
  constructor(inputs: Iterable<Owned<unknown> | PromiseLike<unknown>>) {
    if (typeof (inputs as Partial<typeof inputs> | null | undefined)?.[Symbol.iterator] !== "function") {
      throw new TypeError(`Cannot iterate as a list is needed: current value is ${inspectBriefly(inputs)}`);
    }
    const all = [...inputs];
    checkFor(all, () => all.forEach(checkInput));
    // The same function twice runs twice; a task twice is still one task.
    const promises = new Set<unknown>();
    this.#inputs = all.filter((input) => !isThenable(input) || (!promises.has(input) && promises.add(input)));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<PromiseLike<unknown>, void>> {
    try {
      if (this.#ended === null && this.#scope === null) this.#start();
      while (this.#left > 0 && this.#ended === null) {
        const refused = refusal(currentScope());
        if (refused !== null) await refused;
        const entry = this.#settled.shift();
        if (entry !== undefined) {
          this.#left--;
          entry.yielded = true;
          return { done: false, value: entry.promise };
        }
        await this.#arrival();
      }
      if (this.#scope?.error) throw this.#scope.error;
    } catch (error) {
      // A loop does not call `return` after an error of `next`.
      await this.#end(error);
      if (turnDue(currentScope().clock)) await nextTurn();
      throw error;
    }
    return await this.return();
  }

  async return(): Promise<IteratorReturnResult<void>> {
    await this.#end();
    if (turnDue(currentScope().clock)) await nextTurn();
    return END;
  }

  /** The code around the iteration is cancelled, or has ended. */
  abort(error: unknown): void {
    const scope = this.#scope!;
    scope.remove(this);
    this.#inContext!(() => runInScope(scope, () => this.#end(error)));
  }

  get kind(): WaitKind {
    return "task";
  }

  describe(): string {
    return "the end of a loop over asCompleted()";
  }

  #start(): void {
    const inputs = this.#inputs;
    checkFor(inputs, () => {
      throwIfRefused();
      inputs.forEach(checkOutside);
    });
    const scope = this.#scope = new IterationScope(currentScope());
    this.#inContext = snapshot();
    scope.add(this);
    this.#left = inputs.length;
    for (const input of inputs) {
      // Its error is seen to by its entry.
      const promise = observe(scope, isThenable(input) ? input : spawn(scope, input, {}, () => {}));
      const entry = new Entry(promise, this.#onSettled);
      this.#entries.push(entry);
      entry.settlement.add(entry);
    }
  }

  readonly #onSettled = (entry: Entry): void => {
    this.#settled.push(entry);
    this.#wake();
  };

  async #arrival(): Promise<void> {
    const arrival = new Arrival(currentScope());
    this.#arrivals.add(arrival);
    try {
      await arrival.promise;
    } finally {
      this.#arrivals.delete(arrival);
    }
  }

  /** Have every `next()` that waits look again: there may be several. */
  #wake(): void {
    for (const arrival of this.#arrivals) arrival.resolve();
  }

  #end(error?: unknown): Promise<void> {
    return this.#ended ??= this.#finish(error);
  }

  /** Let go of what was observed; end what is owned. What failed without being yielded is reported. */
  async #finish(error: unknown): Promise<void> {
    this.#wake();
    const scope = this.#scope;
    if (scope === null) return;
    await childrenEnded(scope, () => this.#close(scope, error), "Cancelled as the loop over asCompleted() has ended");
  }

  #close(scope: Scope, error: unknown): void {
    for (const entry of this.#entries) {
      const { settlement } = entry;
      settlement.remove(entry);
      settlement.leaveTo(scope.root);
      if (settlement.state === "rejected" && !entry.yielded) scope.root.supersede(error, settlement.outcome);
    }
    if (scope.error === null) {
      scope.remove(this);
      handOnReturned(scope);
    }
    scope.close();
  }
}

/** @throws {TypeError} When that is neither a function nor a promise. */
function checkInput(input: unknown): void {
  if (isThenable(input)) return;
  if (typeof input === "function") return checkFunction("iterate", input);
  throw new TypeError(`Cannot iterate as functions or promises are needed: current value is ${inspectBriefly(input)}`);
}

/** @throws {InvalidStateError} When that is a task which the calling code is part of. */
function checkOutside(input: unknown): void {
  if (isPlainPromise(input) && input instanceof Task) checkNotInside(input, "iterate over");
}

/** One task of an iteration. */
class Entry implements SettlementListener {
  readonly promise: Promise<unknown>;
  readonly settlement: Settlement;
  yielded = false;
  readonly #onSettled: (entry: Entry) => void;

  constructor(promise: Promise<unknown>, onSettled: (entry: Entry) => void) {
    this.promise = promise;
    this.settlement = Settlement.of(promise);
    this.#onSettled = onSettled;
  }

  onSettled(): void {
    this.#onSettled(this);
  }
}

/** The loop, while it waits for the next one. */
class Arrival extends Waiter<void> {
  override get kind(): WaitKind {
    return "task";
  }

  override describe(): string {
    return "the next task to complete";
  }

  protected override withdraw(): void {}
}
