/** The calls that wait at a queue, and the iterator over it. */

import type { WaitKind } from "../core/instrument.ts";
import type { Scope } from "../core/scope.ts";
import { type Line, type Queued, QueuedWaiter } from "./wait_queue.ts";

/** One that waits for an item. */
export interface Receiver<T> extends Queued {
  /** Here it is. */
  give(item: T): void;
  /** There will be none. */
  end(error: unknown): void;
}

/** A `get`. */
export class Getting<T> extends QueuedWaiter<T> implements Receiver<T> {
  give(item: T): void {
    this.resolve(item);
  }

  end(error: unknown): void {
    this.reject(error);
  }

  override get kind(): WaitKind {
    return "queue";
  }

  override describe(): string {
    return `an item of ${this.of}`;
  }
}

/** A `put`. */
export class Putting<T> extends QueuedWaiter<void> {
  readonly item: T;

  constructor(queue: Line, scope: Scope, signal: AbortSignal | undefined, item: T) {
    super(queue, scope, signal);
    this.item = item;
  }

  override get kind(): WaitKind {
    return "queue";
  }

  override describe(): string {
    return `a place in ${this.of}`;
  }
}

/** A `join`. */
export class Joining extends QueuedWaiter<void> {
  override get kind(): WaitKind {
    return "queue";
  }

  override describe(): string {
    return `all items of ${this.of} to be done`;
  }
}

/** A step of an iterator: for it the end of the queue is no error, and it can be called off. */
export class Pulling<T> extends QueuedWaiter<IteratorResult<T, undefined>> implements Receiver<T> {
  readonly #pending: Set<Pulling<T>>;

  /** Be in `pending` for as long as it waits. */
  constructor(queue: Line, scope: Scope, pending: Set<Pulling<T>>) {
    super(queue, scope, undefined);
    this.#pending = pending;
    pending.add(this);
  }

  give(item: T): void {
    this.#pending.delete(this);
    this.resolve({ value: item, done: false });
  }

  end(): void {
    this.#pending.delete(this);
    this.resolve({ value: undefined, done: true });
  }

  /** Wait no more. */
  stop(): void {
    super.withdraw();
    this.end();
  }

  protected override withdraw(): void {
    this.#pending.delete(this);
    super.withdraw();
  }

  override get kind(): WaitKind {
    return "queue";
  }

  override describe(): string {
    return `an item of ${this.of}`;
  }
}

/** An iterator over what `pull` gives, which is to keep in `pending` what has to wait. */
export function iterate<T>(
  pull: (pending: Set<Pulling<T>>) => Promise<IteratorResult<T, undefined>>,
): AsyncIterableIterator<T, undefined> {
  const pending = new Set<Pulling<T>>();
  const iterator: AsyncIterableIterator<T, undefined> = {
    next: () => pull(pending),
    return: () => {
      // A stream may be given up in the middle of a read. What comes then is not for it.
      for (const pulling of pending) pulling.stop();
      return Promise.resolve({ value: undefined, done: true });
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
