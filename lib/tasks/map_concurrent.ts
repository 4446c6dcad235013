import { isCancellation } from "../errors.ts";
import { currentScope, runInScope } from "../core/ambient.ts";
import { errorForCaller } from "../core/cancellation.ts";
import { checkCount, checkFunction, checkSignal, checkStep, inspectBriefly, isThenable } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { snapshot } from "../core/context.ts";
import { handOn } from "../core/held.ts";
import type { WaitKind } from "../core/instrument.ts";
import { letGo } from "../core/observe.ts";
import { END, type Thrown } from "../core/outcome.ts";
import { childrenEnded } from "../core/owned.ts";
import { Scope, type Waiting } from "../core/scope.ts";
import { nextTurn } from "../core/turn.ts";
import { refusal, throwIfRefused, Waiter, type WaitOptions } from "../core/waiter.ts";
import { cancellable } from "./cancellable.ts";
import { iterateStream } from "./cancellable_source.ts";
import { spawn } from "./create_task.ts";
import type { CancelScope } from "./owned.ts";

// More than 300 lines, as one loop has two sides: who iterates, and what pulls and maps for that.

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
    return END;
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
      if (this.#ended) return END;
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
    return scope === undefined ? error : errorForCaller(scope, error);
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
  if (source instanceof ReadableStream) return iterateStream<T>(source);
  return Symbol.asyncIterator in source && typeof source[Symbol.asyncIterator] === "function"
    ? source[Symbol.asyncIterator]()
    : (source as Iterable<T>)[Symbol.iterator]();
}

/** An item in hand, and what has become of it. */
interface Slot<R> {
  done: boolean;
  value?: Awaited<R>;
}

/**
 * One call of `mapConcurrent`: a task that pulls the source, a task for each item, and the consumer. It is on the list of
 * its own scope: a loop that somebody has forgotten must end when the code around it does.
 */
class Mapping<T, R> implements Waiting {
  before: Waiting | null = null;
  after: Waiting | null = null;
  /** What its tasks are cancelled by as one. */
  readonly scope: Scope;
  /** Calls as part of the code that loops: the source is closed in its context, whoever cancels. */
  readonly #inContext = snapshot();
  readonly #source: Iterator<T> | AsyncIterator<T>;
  #sourceState: "open" | "pulling" | "closed" = "open";
  /** Whether the source has given all that it has. One that has thrown is closed, and has not. */
  #exhausted = false;
  readonly #fn: (item: T, scope: CancelScope) => R;
  readonly #concurrency: number;
  readonly #ordered: boolean;
  /** What is to be yielded, in that order; ordered slots are queued when they are pulled, others when they are done. */
  readonly #slots: Slot<R>[] = [];
  #inHand = 0;
  /** Whether an error has stopped it; the consumer is to throw the first. */
  #failed = false;
  /** Errors that nobody has taken yet. */
  readonly #errors: unknown[] = [];
  #ended: Promise<void> | null = null;
  #consumer: Handover | null = null;
  #puller: Handover | null = null;

  constructor(
    scope: Scope,
    source: Iterator<T> | AsyncIterator<T>,
    fn: (item: T, scope: CancelScope) => R,
    concurrency: number,
    ordered: boolean,
  ) {
    this.scope = scope;
    this.#source = source;
    this.#fn = fn;
    this.#concurrency = concurrency;
    this.#ordered = ordered;
    scope.add(this);
    spawn(scope, () => this.#pullAll(), { name: "source", eager: true }, (task) => {
      if (task.state !== "done") this.#fail(task.failure);
      this.#consumer?.resolve();
    });
  }

  /** The next result, as soon as there is one. */
  async next(): Promise<IteratorResult<Awaited<R>, void>> {
    for (;;) {
      const refused = refusal(currentScope());
      if (refused !== null) await refused;
      if (this.#failed && this.#errors.length > 0) throw this.#errors.shift();
      if (this.scope.error !== null) throw this.scope.error;
      // Given up, while it waited for a result.
      if (this.#ended !== null) return END;
      if (this.#slots[0]?.done) {
        const { value } = this.#slots.shift()!;
        this.#inHand--;
        this.#puller?.resolve();
        handOn(this.scope, value, currentScope());
        return { done: false, value: value! };
      }
      if (this.#exhausted && this.#inHand === 0) return END;
      this.#consumer = new Handover(currentScope(), "the next result");
      await this.#consumer.promise;
    }
  }

  /** The scope is cancelled: by the signal, or as the code around it is cancelled, or has ended. */
  abort(): void {
    this.scope.remove(this);
    this.#consumer?.resolve();
    this.#inContext(() => runInScope(this.scope, () => this.end(null)));
  }

  get kind(): WaitKind {
    return "task";
  }

  describe(): string {
    return "the end of a loop over mapConcurrent()";
  }

  /** Cancel what is left, wait for it, and close the source. Errors that `thrown` has superseded are reported. */
  end(thrown: Thrown | null): Promise<void> {
    this.#ended ??= this.#finish(thrown);
    this.#consumer?.resolve();
    return this.#ended;
  }

  async #finish(thrown: Thrown | null): Promise<void> {
    const { scope } = this;
    const why = "Cancelled as the loop over mapConcurrent() has ended";
    await childrenEnded(scope, () => {}, why);
    const unclosed = await this.#closeSource();
    let winner = thrown;
    if (scope.error !== null) winner ??= { error: errorForCaller(scope, scope.error) };
    if (unclosed !== null) {
      if (winner === null) winner = unclosed;
      else this.#errors.push(unclosed.error);
    }
    for (const loser of this.#errors.splice(0)) scope.root.supersede(winner?.error, loser);
    // The source may have started something while it was closed.
    await childrenEnded(scope, () => {
      if (scope.error === null) scope.remove(this);
      scope.close();
    }, why);
    if (winner === unclosed && unclosed !== null) throw unclosed.error;
  }

  async #closeSource(): Promise<Thrown | null> {
    if (this.#sourceState === "closed") return null;
    try {
      const closing = this.#source.return?.();
      // A source that is stuck in a pull cannot close before that comes back, which may be never.
      if (this.#sourceState === "pulling") letGo(closing, this.scope.error ?? undefined);
      else await closing;
      return null;
    } catch (error) {
      return { error };
    }
  }

  async #pullAll(): Promise<void> {
    for (;;) {
      while (this.#inHand >= this.#concurrency) {
        throwIfRefused();
        this.#puller = new Handover(currentScope(), "room for another item");
        await this.#puller.promise;
      }
      throwIfRefused();
      const step = await this.#pull();
      if (step.done) return;
      this.#start(step.value);
    }
  }

  async #pull(): Promise<IteratorResult<T>> {
    this.#sourceState = "pulling";
    let pulled: IteratorResult<T> | PromiseLike<IteratorResult<T>>;
    try {
      pulled = this.#source.next();
      if (!isThenable(pulled)) return this.#pulled(pulled);
    } catch (error) {
      return this.#pullFailed(error);
    }
    // A pull that is given up goes on: what it comes to is still to be known when the source is closed.
    return await cancellable(Promise.resolve(pulled).then((step) => this.#pulled(step)).catch(this.#pullFailed));
  }

  #pulled(step: IteratorResult<T>): IteratorResult<T> {
    checkStep("map", step);
    this.#sourceState = step.done ? "closed" : "open";
    if (step.done) this.#exhausted = true;
    return step;
  }

  /** A source that has thrown has closed itself. */
  readonly #pullFailed = (error: unknown): never => {
    this.#sourceState = "closed";
    throw error;
  };

  #start(item: T): void {
    this.#inHand++;
    const slot: Slot<R> = { done: false };
    if (this.#ordered) this.#slots.push(slot);
    const fn = this.#fn;
    spawn(this.scope, (scope) => fn(item, scope), { name: fn.name || undefined, eager: true }, (task) => {
      if (task.state !== "done") return this.#fail(task.failure);
      slot.done = true;
      slot.value = task.value as Awaited<R>;
      if (!this.#ordered) this.#slots.push(slot);
      this.#consumer?.resolve();
    });
  }

  #fail(error: unknown): void {
    const { scope } = this;
    if (this.#failed || this.#ended !== null || scope.error !== null) {
      // What the end does to the others, or an earlier failure, is not news.
      if (!isCancellation(error)) this.#errors.push(error);
      return;
    }
    this.#failed = true;
    this.#errors.push(error);
    // Not the scope itself: that is to hear of it when the consumer never comes back for the error.
    scope.cancelChildren("Cancelled as another call of the same mapConcurrent() failed", error);
    this.#consumer?.resolve();
  }
}

/** Either side while it waits for the other: the consumer for a result, the source for room. */
class Handover extends Waiter<void> {
  readonly #what: string;

  constructor(scope: Scope, what: string) {
    super(scope);
    this.#what = what;
  }

  override get kind(): WaitKind {
    return "queue";
  }

  override describe(): string {
    return this.#what;
  }

  protected override withdraw(): void {}
}
