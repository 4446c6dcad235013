import { InvalidStateError } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { checkStep } from "../core/checks.ts";
import { snapshot } from "../core/context.ts";
import type { WaitKind } from "../core/instrument.ts";
import { keep, type Kept, stopKeeping } from "../core/kept.ts";
import { letGo, observe, promiseOf } from "../core/observe.ts";
import { END, type Thrown } from "../core/outcome.ts";
import type { Scope } from "../core/scope.ts";
import { refusal, resolved, Waiter, type WaitOptions } from "../core/waiter.ts";

/** What is iterated: how its items are asked for, and how it is closed, also while one is asked for. */
interface Source<T> {
  /** Whether nothing of its code is of this program. */
  readonly isForeign: boolean;
  next(): PromiseLike<IteratorResult<T, unknown>>;
  close(reason: unknown): PromiseLike<unknown> | undefined;
  /** It has given its last item, or has failed: it is closed. */
  ended(): void;
}

/**
 * Iterates what somebody else gives out. Each step is a wait that can be cancelled, and the source is closed when that
 * happens, when the loop is left, and when the code that began the loop has ended.
 */
export class CancellableSource<T> implements AsyncIterableIterator<T, void, void>, Kept {
  readonly #iterable: AsyncIterable<T>;
  readonly #options: WaitOptions;
  /** Opened by the first step, as `for await` does it. */
  #source: Source<T> | null = null;
  /** Calls as part of the code that has taken that step: the source is closed in its context, whoever cancels. */
  #inContext: (<R>(call: () => R) => R) | null = null;
  #owner: Scope | null = null;
  #step: Step<T> | null = null;
  #closed = false;
  /** Why it was closed, where the one who iterates has not been told. */
  #failure: Thrown | null = null;

  constructor(iterable: AsyncIterable<T>, options: WaitOptions) {
    this.#iterable = iterable;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next item. */
  async next(): Promise<IteratorResult<T, void>> {
    const { signal } = this.#options;
    const scope = currentScope();
    if (this.#step !== null) {
      throw new InvalidStateError(
        "Cannot take the next step of cancellable() as the last one has not ended: await each",
      );
    }
    const refused = refusal(scope, signal);
    if (refused !== null) {
      this.#close(scope.error ?? signal?.reason);
      return await refused;
    }
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#closed) return await resolved(scope, END);
    try {
      if (this.#source === null) {
        this.#source = open(this.#iterable);
        this.#inContext = snapshot();
        keep(this.#owner = scope, this);
      }
      const item = this.#source.next();
      // What a stream waits for is unknown to the clock. The code of a generator is no more so than where it is called by `for await`.
      const step = this.#step = new Step<T>(
        scope,
        signal,
        this.#source.isForeign ? observe(scope, item) : promiseOf(item),
      );
      const result = await step.promise;
      checkStep("iterate", result);
      if (!result.done) return { done: false, value: result.value };
      if (!this.#closed) this.#sourceEnded();
      return END;
    } catch (error) {
      // The wait was given up, and the source is still open; or it has failed, which closes it.
      if (this.#step?.givenUp) this.#close(error);
      else if (!this.#closed) this.#sourceEnded();
      throw error;
    } finally {
      this.#step = null;
    }
  }

  /** Leave the loop: close the source, and wait for that unless an item is still asked for, which may never come. */
  async return(): Promise<IteratorResult<T, void>> {
    await this.#close(undefined);
    return END;
  }

  /** The code that began the loop was cancelled, or has ended. */
  release(error: unknown): void {
    if (this.#closed) return;
    this.#failure = { error };
    this.#close(error);
  }

  #close(reason: unknown): PromiseLike<unknown> | undefined {
    if (this.#closed) return undefined;
    const step = this.#step;
    this.#end();
    let closing: PromiseLike<unknown> | undefined;
    const source = this.#source;
    try {
      if (source !== null) closing = this.#inContext!(() => source.close(reason));
    } catch (error) {
      closing = Promise.reject(error);
    }
    if (step === null && reason === undefined) return closing;
    step?.resolve(END);
    letGo(closing, reason);
    return undefined;
  }

  /** It has given its last item, or failed: there is nothing to close. */
  #sourceEnded(): void {
    this.#end();
    this.#source?.ended();
  }

  #end(): void {
    this.#closed = true;
    if (this.#owner !== null) stopKeeping(this.#owner, this);
  }
}

/** The loop, while it waits for an item. */
class Step<T> extends Waiter<IteratorResult<T, unknown>> {
  /** Whether it was cancelled before the item came. */
  givenUp = false;

  constructor(scope: Scope, signal: AbortSignal | undefined, item: Promise<IteratorResult<T, unknown>>) {
    super(scope, signal);
    item.then((result) => this.resolve(result), (error) => this.reject(error));
  }

  override get kind(): WaitKind {
    return "promise";
  }

  override describe(): string {
    return "the next item of a stream";
  }

  protected override withdraw(): void {
    this.givenUp = true;
  }
}

function open<T>(iterable: AsyncIterable<T>): Source<T> {
  if (iterable instanceof ReadableStream) return new StreamSource<T>(iterable);
  return new IteratorSource(iterable[Symbol.asyncIterator]());
}

class IteratorSource<T> implements Source<T> {
  readonly isForeign = false;
  readonly #iterator: AsyncIterator<T>;

  constructor(iterator: AsyncIterator<T>) {
    this.#iterator = iterator;
  }

  next(): PromiseLike<IteratorResult<T, unknown>> {
    return this.#iterator.next();
  }

  close(): PromiseLike<unknown> | undefined {
    return this.#iterator.return?.();
  }

  ended(): void {}
}

/** Iterate a stream so that `return()` cancels it at once, also while an item is asked for. */
export function iterateStream<T>(stream: ReadableStream<T>): AsyncIterator<T, unknown> {
  const source = new StreamSource<T>(stream);
  return {
    async next() {
      let step: IteratorResult<T, unknown> | undefined;
      try {
        return step = await source.next();
      } finally {
        if (step === undefined || step.done) source.ended();
      }
    },
    async return() {
      await source.close(undefined);
      return END;
    },
  };
}

/** By its reader: the stream's own iterator does not close while an item is asked for. */
class StreamSource<T> implements Source<T> {
  readonly isForeign = true;
  readonly #reader: ReadableStreamDefaultReader<T>;

  constructor(stream: ReadableStream<T>) {
    this.#reader = stream.getReader();
  }

  next(): PromiseLike<IteratorResult<T, unknown>> {
    return this.#reader.read() as Promise<IteratorResult<T, unknown>>;
  }

  close(reason: unknown): PromiseLike<unknown> {
    const closing = this.#reader.cancel(reason);
    this.#reader.releaseLock();
    return closing;
  }

  ended(): void {
    this.#reader.releaseLock();
  }
}
