import type { WaitKind } from "../core/instrument.ts";
import type { Blockers, Scope } from "../core/scope.ts";
import { Waiter } from "../core/waiter.ts";

/** Option of every primitive. */
export interface NameOptions {
  /**
   * For messages, the task tree and deadlock reports.
   *
   * @default the kind of primitive and a number
   */
  name?: string | undefined;
}

let count = 0;

/** The name of a new primitive. */
export function nameFor(kind: string, options: NameOptions | undefined): string {
  const name = options?.name;
  // Made a string here, where that may fail: later on it stands in messages of others.
  return name == null ? `${kind}-${++count}` : String(name);
}

/** What stands in a queue. The links belong to the queue. */
export interface Queued {
  ahead: Queued | null;
  behind: Queued | null;
  reject(error: unknown): void;
}

/** What a waiter needs of its queue, whatever else may stand in that. */
export interface Line {
  readonly name: string;
  push(waiter: Queued): void;
  remove(waiter: Queued): void;
}

/** One blocked call in the queue of a primitive. */
export abstract class QueuedWaiter<T> extends Waiter<T> implements Queued {
  ahead: Queued | null = null;
  behind: Queued | null = null;
  readonly #queue: Line;

  /** Go to the end of `queue`. */
  constructor(queue: Line, scope: Scope, signal: AbortSignal | undefined) {
    super(scope, signal);
    this.#queue = queue;
    queue.push(this);
  }

  /** Name of the primitive. */
  protected get of(): string {
    return this.#queue.name;
  }

  override get kind(): WaitKind {
    return "sync";
  }

  override describe(): string {
    return this.of;
  }

  /** Any task may set an event, or put an item. */
  blockers(): Blockers {
    return "anyone";
  }

  protected override withdraw(): void {
    this.#queue.remove(this);
  }
}

/**
 * Blocked calls, first come first served. Whoever is taken off is to be resolved or rejected in the same breath, so that
 * a call is in the queue exactly as long as it waits. Any place can be left at the same small cost.
 */
export class WaitQueue<W extends Queued> implements Line {
  #first: Queued | null = null;
  /** `null` while there is only one: a store into something old is dear. */
  #last: Queued | null = null;
  /** Name of the primitive. */
  readonly name: string;
  /** How many wait. */
  size = 0;
  /** The most that ever waited at a time. */
  peak = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Who has waited longest. */
  get first(): W | null {
    return this.#first as W | null;
  }

  push(waiter: W): void {
    const last = this.#last ?? this.#first;
    if (last === null) this.#first = waiter;
    else {
      waiter.ahead = last;
      last.behind = this.#last = waiter;
    }
    if (++this.size > this.peak) this.peak = this.size;
  }

  /** Take off the first. */
  shift(): W | null {
    const first = this.#first as W | null;
    if (first !== null) this.remove(first);
    return first;
  }

  /** Take off one, wherever it stands. */
  remove(waiter: W): void {
    const { ahead, behind } = waiter;
    if (ahead === null) this.#first = behind;
    else ahead.behind = behind;
    if (behind !== null) behind.ahead = ahead;
    else if (ahead !== null) this.#last = ahead;
    if (--this.size < 2) this.#last = null;
    waiter.ahead = waiter.behind = null;
  }

  /** Wake all with an error, in order. */
  rejectAll(error: unknown): void {
    for (let waiter = this.shift(); waiter !== null; waiter = this.shift()) waiter.reject(error);
  }
}
