import { currentScope } from "../core/ambient.ts";
import { seenFromOutside } from "../core/cancellation.ts";
import { checkCount, checkFunction, checkSignal, inspectBriefly } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { Scope } from "../core/scope.ts";
import { nextTurn } from "../core/turn.ts";
import type { Thrown } from "../core/unseen.ts";
import { refusal, type WaitOptions } from "../core/waiter.ts";
import type { CancelScope } from "./cancel_scope.ts";
import { Mapping } from "./mapping.ts";

/** Options of {@linkcode mapConcurrent}. */
export interface MapConcurrentOptions extends WaitOptions {
  /** How many items may be in hand at a time, from 1: being mapped, or mapped and not taken yet. */
  concurrency: number;
  /**
   * Yield in the order of the source. Otherwise in the order of completion, which never waits for a slow one.
   *
   * @default true
   */
  ordered?: boolean | undefined;
}

/**
 * Map an iterable, async or not, with some items at a time, and iterate over the results.
 *
 * - An item is pulled from the source only when it can be worked on: an endless source is fine, and a slow consumer slows
 *   the source down.
 * - The first error, of a function or of the source, ends it: the others are cancelled and waited for, and the error is
 *   thrown.
 * - `break` cancels and waits in the same way, and closes the source; so does giving up a stream over it, also while a
 *   read of that is waiting.
 *
 * Nothing starts before the first result is asked for. As `pooledMap` of `@std/async`, with ends.
 *
 * @example Two at a time, from an endless source
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mapConcurrent, sleep } from "@asyncio/toolkit";
 *
 * function* numbers() {
 *   for (let n = 1;; n++) yield n;
 * }
 *
 * const squares: number[] = [];
 * for await (const square of mapConcurrent(numbers(), (n) => sleep(1, n * n), { concurrency: 2 })) {
 *   squares.push(square);
 *   if (squares.length === 4) break;
 * }
 * assertEquals(squares, [1, 4, 9, 16]);
 * ```
 *
 * @typeParam T Type of the items.
 * @typeParam R Type of the results.
 * @param source Where the items come from.
 * @param fn Called with an item, and the scope that owns the call.
 * @param options How many at a time; in which order; a signal, which ends the iteration with its reason.
 * @returns An iterator over the results.
 * @throws The first error.
 * @throws {TypeError} At the call, when the source is not iterable, or `fn` is no function.
 * @throws {RangeError} At the call, when `concurrency` is not a whole number from 1.
 * @throws {CancelledError} When the iterating task is cancelled.
 */
export function mapConcurrent<T, R>(
  source: Iterable<T> | AsyncIterable<T>,
  fn: (item: T, scope: CancelScope) => R,
  options: MapConcurrentOptions,
): AsyncGenerator<Awaited<R>, void, void> {
  return new MapLoop(source, fn, options);
}

/** Not an async generator: that would answer `return()` only when the result has come that it is waiting for. */
class MapLoop<T, R> implements AsyncGenerator<Awaited<R>, void, void> {
  readonly #source: Iterable<T> | AsyncIterable<T>;
  readonly #fn: (item: T, scope: CancelScope) => R;
  readonly #concurrency: number;
  readonly #ordered: boolean;
  readonly #signal: AbortSignal | undefined;
  #mapping: Mapping<T, R> | null = null;
  #ended = false;
  /** The last step that was asked for, until it has come. */
  #step: Promise<IteratorResult<Awaited<R>, void>> | null = null;

  constructor(
    source: Iterable<T> | AsyncIterable<T>,
    fn: (item: T, scope: CancelScope) => R,
    options: MapConcurrentOptions,
  ) {
    checkIterable(source);
    checkFunction("map", fn);
    checkCount("map", "concurrency", (options as Partial<MapConcurrentOptions> | undefined)?.concurrency);
    const { concurrency, ordered = true, signal } = options;
    checkSignal(signal);
    this.#source = source;
    this.#fn = fn;
    this.#concurrency = concurrency;
    this.#ordered = ordered;
    this.#signal = signal;
  }

  next(): Promise<IteratorResult<Awaited<R>, void>> {
    const advance = () => this.#advance();
    const step = this.#step === null ? this.#advance() : this.#step.then(advance, advance);
    this.#step = step;
    const came = () => {
      if (this.#step === step) this.#step = null;
    };
    step.then(came, came);
    return step;
  }

  /** Cancel what is in hand, wait for its end, and close the source; a `next()` that waits gets `done`. */
  async return(): Promise<IteratorReturnResult<void>> {
    await this.#end(null);
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<never> {
    await this.#end({ error });
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #advance(): Promise<IteratorResult<Awaited<R>, void>> {
    const { clock } = currentScope();
    try {
      if (this.#ended) return { done: true, value: undefined };
      const next = await (this.#mapping ?? await this.#start()).next();
      return next.done ? await this.return() : next;
    } catch (error) {
      const thrown = { error: this.#reasonFor(error) };
      await this.#end(thrown);
      throw thrown.error;
    } finally {
      // Where each result, or each loop, is over at once.
      if (turnDue(clock)) await nextTurn();
    }
  }

  async #start(): Promise<Mapping<T, R>> {
    const signal = this.#signal;
    const parent = currentScope();
    const refused = refusal(parent, signal);
    if (refused !== null) await refused;
    // Where each call maps in its turn, as over a circle of data, no loop comes to its end.
    if (turnDue(parent.clock)) await nextTurn();
    // First, since it may throw: a scope that nothing ends would keep the task around it from ending.
    const iterator = iteratorOf(this.#source);
    const scope = new MapScope(parent);
    const mapping = this.#mapping = new Mapping<T, R>(scope, iterator, this.#fn, this.#concurrency, this.#ordered);
    if (signal !== undefined) scope.cancelOn(signal);
    return mapping;
  }

  /** What is thrown for `error`: that of the signal, where that has ended it. */
  #reasonFor(error: unknown): unknown {
    const scope = this.#mapping?.scope;
    return scope === undefined ? error : seenFromOutside(scope, error);
  }

  async #end(thrown: Thrown | null): Promise<void> {
    this.#ended = true;
    await this.#mapping?.end(thrown);
  }
}

class MapScope extends Scope {
  override get kind(): string {
    return "map";
  }
}

/** @throws {TypeError} When `source` is neither an iterable nor an async one. */
function checkIterable(source: unknown): void {
  const iterable = source as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
  if (typeof iterable?.[Symbol.asyncIterator] === "function" || typeof iterable?.[Symbol.iterator] === "function") {
    return;
  }
  throw new TypeError(`Cannot map as the source must be iterable: current value is ${inspectBriefly(source)}`);
}

function iteratorOf<T>(source: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in source && typeof source[Symbol.asyncIterator] === "function"
    ? source[Symbol.asyncIterator]()
    : (source as Iterable<T>)[Symbol.iterator]();
}
