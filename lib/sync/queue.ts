import { InvalidStateError } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { checkCount } from "../core/checks.ts";
import type { WaitKind } from "../core/instrument.ts";
import type { Scope } from "../core/scope.ts";
import { over, refusal, rejected, resolved, type WaitOptions } from "../core/waiter.ts";
import { Fifo, ITEMS, type Items } from "./items.ts";
import { type Case, caseOf, NOTHING, QueuedCandidate } from "./case.ts";
import { type Line, nameFor, type NameOptions, type Queued, QueuedWaiter, WaitQueue } from "./wait_queue.ts";

/** What `queue.stats()` tells. */
export interface QueueStats {
  /** Items in the queue. */
  size: number;
  /** The most that were ever in it. */
  peak: number;
  /** Calls of `get` that wait. */
  getting: number;
  /** Calls of `put` that wait. */
  putting: number;
  /** Items that were put and not yet marked with `taskDone`. */
  unfinished: number;
}

/**
 * Thrown by `put` once a queue is shut down, and by `get` once it is drained as well. Counterpart of
 * `asyncio.QueueShutDown`.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { Queue, QueueShutDownError } from "@asyncio/toolkit";
 *
 * const queue = new Queue<string>();
 * queue.tryPut("last");
 * queue.shutdown();
 * await assertRejects(() => queue.put("too late"), QueueShutDownError);
 * assertEquals(await queue.get(), "last");
 * await assertRejects(() => queue.get(), QueueShutDownError);
 * ```
 */
export class QueueShutDownError extends Error {
  /** `"QueueShutDownError"` */
  override readonly name = "QueueShutDownError";
}

/** Options of `queue.shutdown`. */
export interface ShutdownOptions {
  /**
   * Drop what is in the queue, instead of letting it be drained.
   *
   * @default false
   */
  immediate?: boolean | undefined;
}

// More than 300 lines, as half of them tell what is guaranteed: the queue and who waits at it are one thing.

/**
 * A queue between tasks, first in, first out, with back-pressure: with a `maxsize`, `put` waits while it is full. As
 * `asyncio.Queue`, which is the model for `taskDone`, `join` and `shutdown`.
 *
 * - First come, first served, for those who get and for those who put.
 * - An item goes to one of those who get, once: one that is cancelled in the very moment loses none. A `put` that is
 *   cancelled has put nothing.
 * - `for await` gets items until the queue is shut down and drained; `break` leaves it as it is. It is a source for
 *   `ReadableStream.from` as well.
 *
 * An item that is a promise arrives as what it resolves to, as with every `await`; wrap it to keep it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gather, Queue } from "@asyncio/toolkit";
 *
 * const queue = new Queue<number>(2);
 * const seen: number[] = [];
 * await gather(
 *   async () => {
 *     for (let i = 1; i <= 4; i++) await queue.put(i);
 *     queue.shutdown();
 *   },
 *   async () => {
 *     for await (const item of queue) seen.push(item);
 *   },
 * );
 * assertEquals(seen, [1, 2, 3, 4]);
 * ```
 *
 * @typeParam T Type of the items.
 */
export class Queue<T> implements AsyncIterable<T> {
  /** For messages. */
  readonly name: string;
  /** How many items fit; `Infinity` for any number. */
  readonly maxsize: number;
  readonly #items: Items<T>;
  readonly #getting: WaitQueue<Receiver<T>>;
  readonly #putting: WaitQueue<Sender<T>>;
  readonly #joining: WaitQueue<Joining>;
  #unfinished = 0;
  #peak = 0;
  #shutDown = false;

  /**
   * Make one that is empty.
   *
   * @param maxsize How many items fit, a whole number; 0 and `Infinity` mean any number.
   * @param options Its name.
   * @throws {TypeError} When `maxsize` is not a number.
   * @throws {RangeError} When `maxsize` is negative or not whole.
   */
  constructor(maxsize = Infinity, options?: NameOptions) {
    checkCount("make a queue", "its maxsize", maxsize, 0);
    this.maxsize = maxsize === 0 ? Infinity : maxsize;
    this.name = nameFor("queue", options);
    this.#getting = new WaitQueue(this.name);
    this.#putting = new WaitQueue(this.name);
    this.#joining = new WaitQueue(this.name);
    this.#items = (options as { [ITEMS]?: Items<T> } | undefined)?.[ITEMS] ?? new Fifo();
  }

  /** How many items are in it. */
  get size(): number {
    return this.#items.size;
  }

  /** Whether nothing is in it. */
  get empty(): boolean {
    return this.#items.size === 0;
  }

  /** Whether `put` would have to wait. */
  get full(): boolean {
    return this.#items.size >= this.maxsize;
  }

  /** Whether it has been shut down. */
  get isShutDown(): boolean {
    return this.#shutDown;
  }

  /**
   * Put an item in, and wait for a place if it is full. A checkpoint.
   *
   * @param item Anything.
   * @param options `signal`: gives up when it fires, with the signal's reason.
   * @returns Resolves when the item is in the queue.
   * @throws {QueueShutDownError} When the queue is, or is being, shut down.
   * @throws {CancelledError} When the task around it is, or was, cancelled. Then the item has not been put.
   */
  put(item: T, options?: WaitOptions): Promise<void> {
    const scope = currentScope();
    const refused = refusal(scope, options?.signal);
    if (refused !== null) return refused;
    try {
      const rank = this.#admit(item);
      if (this.full) return new Putting(this.#putting, scope, options?.signal, item).promise;
      this.#accept(item, rank);
      return over(scope);
    } catch (error) {
      return rejected(scope, error);
    }
  }

  /**
   * As `put`, for `select`: the item is put when this is chosen, and not otherwise.
   *
   * @param item Anything.
   * @returns The case.
   */
  puts(item: T): Case<void> {
    return caseOf(() => {
      const rank = this.#admit(item);
      return new SendingCandidate(this.#putting, item, () => {
        if (this.#shutDown) throw this.#ended("put into");
        return this.full ? NOTHING : this.#accept(item, rank);
      });
    });
  }

  /**
   * Put an item in if there is a place.
   *
   * @param item Anything.
   * @returns Whether it was put; `false` when the queue is full.
   * @throws {QueueShutDownError} When the queue is shut down.
   */
  tryPut(item: T): boolean {
    const rank = this.#admit(item);
    if (this.#items.size >= this.maxsize) return false;
    this.#accept(item, rank);
    return true;
  }

  /**
   * Take the next item out, and wait for one if it is empty. A checkpoint.
   *
   * @param options `signal`: gives up when it fires, with the signal's reason.
   * @returns The item.
   * @throws {QueueShutDownError} When the queue is, or is being, shut down, and nothing is left in it.
   * @throws {CancelledError} When the task around it is, or was, cancelled. Then no item has been taken.
   */
  get(options?: WaitOptions): Promise<T> {
    const scope = currentScope();
    const refused = refusal(scope, options?.signal);
    if (refused !== null) return refused;
    if (this.#items.size > 0) return resolved(scope, this.#take());
    if (this.#shutDown) return rejected(scope, this.#ended("get from"));
    return new Getting<T>(this.#getting, scope, options?.signal).promise;
  }

  /**
   * As `get`, for `select`: an item is taken out when this is chosen, and not otherwise.
   *
   * @returns The case; its value is the item.
   */
  gets(): Case<T> {
    return caseOf(() =>
      new ReceivingCandidate<T>(this.#getting, () => {
        if (this.#items.size > 0) return this.#take();
        if (this.#shutDown) throw this.#ended("get from");
        return NOTHING;
      })
    );
  }

  /**
   * Take the next item out if there is one.
   *
   * @returns The item, or `undefined`; `empty` tells apart an item that is `undefined`.
   * @throws {QueueShutDownError} When the queue is shut down, and nothing is left in it.
   */
  tryGet(): T | undefined {
    if (this.#items.size > 0) return this.#take();
    if (this.#shutDown) throw this.#ended("get from");
    return undefined;
  }

  /**
   * Mark an item that was taken out as dealt with. For `join`; whoever does not use that need not call it.
   *
   * @throws {InvalidStateError} When called more often than items were put.
   */
  taskDone(): void {
    if (this.#unfinished === 0) {
      throw new InvalidStateError(`Cannot mark an item of ${this.name} as done as none is unfinished`);
    }
    if (--this.#unfinished === 0) this.#finish();
  }

  /**
   * Wait until every item that was put has been marked with `taskDone`. A checkpoint.
   *
   * @param options `signal`: gives up when it fires, with the signal's reason.
   * @returns Resolves when nothing is unfinished.
   * @throws {CancelledError} When the task around it is, or was, cancelled.
   */
  join(options?: WaitOptions): Promise<void> {
    const scope = currentScope();
    const refused = refusal(scope, options?.signal);
    if (refused !== null) return refused;
    if (this.#unfinished === 0) return over(scope);
    return new Joining(this.#joining, scope, options?.signal).promise;
  }

  /**
   * Take nothing more in. What is in the queue may still be taken out; then `get` throws, and `for await` ends. Those
   * who wait to put, or in vain to get, are told at once. As in Python 3.13.
   *
   * @param options `immediate`: drop what is in the queue; items that were taken out stay unfinished until `taskDone`.
   */
  shutdown(options?: ShutdownOptions): void {
    this.#shutDown = true;
    if (options?.immediate) {
      this.#unfinished -= this.#items.size;
      this.#items.clear();
      if (this.#unfinished === 0) this.#finish();
    }
    if (this.#getting.size > 0) {
      const error = this.#ended("get from");
      for (let getter = this.#getting.shift(); getter !== null; getter = this.#getting.shift()) getter.end(error);
    }
    if (this.#putting.size > 0) this.#putting.rejectAll(this.#ended("put into"));
  }

  /**
   * Get items until the queue is shut down and drained. Items are not marked with `taskDone`: only the loop knows when it
   * is done with one.
   *
   * @returns An iterator; several may run at a time, and share the items.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return iterate((pending) => this.#pull(pending));
  }

  /**
   * Read it as a stream. Nothing is taken out before it is read, and cancelling the stream leaves the queue as it is.
   *
   * @returns A new stream of the items.
   */
  toReadableStream(): ReadableStream<T> {
    return ReadableStream.from(this);
  }

  /**
   * Tell how it is doing.
   *
   * @returns A new object with `size`, `peak`, `getting`, `putting` and `unfinished`.
   */
  stats(): QueueStats {
    return {
      size: this.#items.size,
      peak: this.#peak,
      getting: this.#getting.size,
      putting: this.#putting.size,
      unfinished: this.#unfinished,
    };
  }

  #admit(item: T): number {
    if (this.#shutDown) throw this.#ended("put into");
    return this.#items.rank(item);
  }

  #accept(item: T, rank: number): void {
    this.#unfinished++;
    if (this.#getting.first !== null) return this.#getting.shift()!.give(item);
    this.#items.push(item, rank);
    const { size } = this.#items;
    if (size > this.#peak) this.#peak = size;
  }

  #take(): T {
    const item = this.#items.pop();
    if (this.#putting.first !== null) this.#refill();
    return item;
  }

  /** There is room: let in those who wait to put. One whose item cannot be kept any more has failed, and nobody else. */
  #refill(): void {
    for (let putter = this.#putting.first; putter !== null && !this.full; putter = this.#putting.first) {
      try {
        const rank = this.#items.rank(putter.item);
        if (!putter.waiting || this.full) continue;
        this.#putting.remove(putter);
        this.#accept(putter.item, rank);
        putter.resolve();
      } catch (error) {
        putter.abort(error);
      }
    }
  }

  #pull(pending: Set<Pulling<T>>): Promise<IteratorResult<T, undefined>> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#items.size > 0) return resolved(scope, { value: this.#take(), done: false });
    if (this.#shutDown) return resolved(scope, { value: undefined, done: true });
    return new Pulling<T>(this.#getting, scope, pending).promise;
  }

  #finish(): void {
    for (let joiner = this.#joining.shift(); joiner !== null; joiner = this.#joining.shift()) joiner.resolve();
  }

  #ended(verb: string): QueueShutDownError {
    return new QueueShutDownError(`Cannot ${verb} ${this.name} as it has been shut down`);
  }
}

/** One that waits for an item. */
interface Receiver<T> extends Queued {
  /** Here it is. */
  give(item: T): void;
  /** There will be none. */
  end(error: unknown): void;
}

/** A `get`. */
class Getting<T> extends QueuedWaiter<T> implements Receiver<T> {
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

/** A `get` among others. */
class ReceivingCandidate<T> extends QueuedCandidate<T> implements Receiver<T> {
  give(item: T): void {
    this.resolve(item);
  }

  end(error: unknown): void {
    this.reject(error);
  }
}

/** One that waits for a place. */
interface Sender<T> extends Queued {
  readonly item: T;
  /** Whether it still does. */
  readonly waiting: boolean;
  /** Its item has been put. */
  resolve(): void;
  /** Its item cannot be put. */
  abort(error: unknown): void;
}

/** A `put` among others. */
class SendingCandidate<T> extends QueuedCandidate<void> implements Sender<T> {
  readonly item: T;

  constructor(line: Line, item: T, take: () => void | typeof NOTHING) {
    super(line, take);
    this.item = item;
  }
}

/** A `put`. */
class Putting<T> extends QueuedWaiter<void> implements Sender<T> {
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
class Joining extends QueuedWaiter<void> {
  override get kind(): WaitKind {
    return "queue";
  }

  override describe(): string {
    return `all items of ${this.of} to be done`;
  }
}

/** A step of an iterator: for it the end of the queue is no error, and it can be called off. */
class Pulling<T> extends QueuedWaiter<IteratorResult<T, undefined>> implements Receiver<T> {
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
function iterate<T>(
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
