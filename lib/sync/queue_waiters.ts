/** The calls that wait at a queue. */

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

  override describe(): string {
    return `a place in ${this.of}`;
  }
}

/** A `join`. */
export class Joining extends QueuedWaiter<void> {
  override describe(): string {
    return `all items of ${this.of} to be done`;
  }
}
