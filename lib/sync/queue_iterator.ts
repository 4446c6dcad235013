import type { Scope } from "../core/scope.ts";
import type { Receiver } from "./queue_waiters.ts";
import { type Line, QueuedWaiter } from "./wait_queue.ts";

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

  override describe(): string {
    return `an item of ${this.of}`;
  }
}
