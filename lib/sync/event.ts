import { currentScope } from "../core/ambient.ts";
import { over, refusal, type WaitOptions } from "../core/waiter.ts";
import { type Case, caseOf, NOTHING, QueuedCandidate } from "./case.ts";
import { nameFor, type NameOptions, type Queued, QueuedWaiter, WaitQueue } from "./wait_queue.ts";

/** What `event.stats()` and `condition.stats()` tell. */
export interface WaitingStats {
  /** Calls that wait. */
  waiting: number;
  /** The most that ever waited at a time. */
  peak: number;
}

/**
 * A flag that can be waited for. As `asyncio.Event`; not the event that the platform dispatches.
 *
 * `set` wakes everybody who waits at that moment, in order, also when `clear` follows at once.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTask, Event } from "@asyncio/toolkit";
 *
 * const ready = new Event();
 * const task = createTask(async () => {
 *   await ready.wait();
 *   return "off we go";
 * });
 * ready.set();
 * assertEquals(await task, "off we go");
 * ```
 */
export class Event {
  /** For messages. */
  readonly name: string;
  #isSet = false;
  readonly #waiters: WaitQueue<ToldOfEvent>;

  /**
   * Make one that is not set.
   *
   * @param options Its name.
   */
  constructor(options?: NameOptions) {
    this.name = nameFor("event", options);
    this.#waiters = new WaitQueue(this.name);
  }

  /** Whether it is set. */
  get isSet(): boolean {
    return this.#isSet;
  }

  /** Set it: whoever waits goes on, and nobody has to wait from now on. */
  set(): void {
    this.#isSet = true;
    for (let waiter = this.#waiters.shift(); waiter !== null; waiter = this.#waiters.shift()) waiter.resolve();
  }

  /** Unset it: whoever waits from now on does so until the next `set`. */
  clear(): void {
    this.#isSet = false;
  }

  /**
   * Wait until it is set. A checkpoint, also when it is set already.
   *
   * @param options `signal`: gives up when it fires, with the signal's reason.
   * @returns Resolves when it is set.
   * @throws {CancelledError} When the task around it is, or was, cancelled.
   */
  wait(options?: WaitOptions): Promise<void> {
    const scope = currentScope();
    const refused = refusal(scope, options?.signal);
    if (refused !== null) return refused;
    if (this.#isSet) return over(scope);
    return new WaitingForEvent(this.#waiters, scope, options?.signal).promise;
  }

  /**
   * As `wait`, for `select`.
   *
   * @returns The case.
   */
  waits(): Case<void> {
    return caseOf(() => new QueuedCandidate<void>(this.#waiters, () => this.#isSet ? undefined : NOTHING));
  }

  /**
   * Tell how it is doing.
   *
   * @returns A new object with `waiting` and `peak`.
   */
  stats(): WaitingStats {
    return { waiting: this.#waiters.size, peak: this.#waiters.peak };
  }
}

interface ToldOfEvent extends Queued {
  resolve(): void;
}

class WaitingForEvent extends QueuedWaiter<void> {}
