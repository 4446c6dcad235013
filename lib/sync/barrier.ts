import { currentScope } from "../core/ambient.ts";
import { checkCount } from "../core/checks.ts";
import type { Scope } from "../core/scope.ts";
import { refusal, rejected, resolved, type WaitOptions } from "../core/waiter.ts";
import { nameFor, type NameOptions, QueuedWaiter, WaitQueue } from "./wait_queue.ts";

/**
 * Thrown by `barrier.wait()` when the barrier was reset under it or aborted. Counterpart of
 * `asyncio.BrokenBarrierError`.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { Barrier, BrokenBarrierError } from "@asyncio/toolkit";
 *
 * const barrier = new Barrier(2);
 * barrier.abort();
 * await assertRejects(() => barrier.wait(), BrokenBarrierError);
 * ```
 */
export class BrokenBarrierError extends Error {
  /** `"BrokenBarrierError"` */
  override readonly name = "BrokenBarrierError";
}

/** What `barrier.stats()` tells. */
export interface BarrierStats {
  /** How many it takes. */
  parties: number;
  /** Calls that wait. */
  waiting: number;
  /** Whether it has been aborted. */
  broken: boolean;
}

/**
 * A place where a fixed number of tasks wait for each other. As `asyncio.Barrier`.
 *
 * - When the last one arrives all go on at once; whoever comes after that waits for the next round. (asyncio lets the
 *   round drain first; here it is over in the same moment.)
 * - One that is cancelled leaves, and another may take its place.
 * - `reset` throws out those who wait; `abort` also those who come later, until it is reset.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Barrier, gather, sleep } from "@asyncio/toolkit";
 *
 * const barrier = new Barrier(3);
 * const log: string[] = [];
 * await gather([30, 1, 10].map((ms) => async () => {
 *   await sleep(ms);
 *   log.push("prepared");
 *   const index = await barrier.wait();
 *   if (index === 0) log.push("one of them starts the rest");
 * }));
 * assertEquals(log, ["prepared", "prepared", "prepared", "one of them starts the rest"]);
 * ```
 */
export class Barrier {
  /** For messages. */
  readonly name: string;
  /** How many it takes. */
  readonly parties: number;
  #broken = false;
  readonly #waiters: WaitQueue<WaitingAtBarrier>;

  /**
   * Make one.
   *
   * @param parties How many it takes, a whole number from 1.
   * @param options Its name.
   * @throws {TypeError} When `parties` is not a number.
   * @throws {RangeError} When `parties` is below 1 or not whole.
   */
  constructor(parties: number, options?: NameOptions) {
    checkCount("make a barrier", "the number of parties", parties);
    this.parties = parties;
    this.name = nameFor("barrier", options);
    this.#waiters = new WaitQueue(this.name);
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Whether it has been aborted. */
  get broken(): boolean {
    return this.#broken;
  }

  /**
   * Wait for the others. A checkpoint, also for the last one.
   *
   * @param options `signal`: gives up when it fires, with the signal's reason.
   * @returns The place in the order of arrival, from 0: each number once in a round, so that one of them can be chosen
   *   to do something for all.
   * @throws {BrokenBarrierError} When it has been aborted, or is aborted or reset meanwhile.
   * @throws {CancelledError} When the task around it is, or was, cancelled. Then it does not count as having come.
   */
  wait(options?: WaitOptions): Promise<number> {
    const scope = currentScope();
    const refused = refusal(scope, options?.signal);
    if (refused !== null) return refused;
    if (this.#broken) return rejected(scope, new BrokenBarrierError(`Cannot wait at ${this.name} as it was aborted`));
    if (this.#waiters.size + 1 < this.parties) {
      return new WaitingAtBarrier(this.#waiters, scope, options?.signal, this).promise;
    }
    let index = 0;
    for (let waiter = this.#waiters.shift(); waiter !== null; waiter = this.#waiters.shift()) waiter.resolve(index++);
    return resolved(scope, index);
  }

  /** Throw out those who wait, with a `BrokenBarrierError`, and start afresh, also after `abort`. */
  reset(): void {
    this.#broken = false;
    if (this.#waiters.size > 0) this.#waiters.rejectAll(new BrokenBarrierError(`${this.name} was reset`));
  }

  /** Break it: throw out those who wait and all who come later, with a `BrokenBarrierError`, until it is reset. */
  abort(): void {
    this.#broken = true;
    if (this.#waiters.size > 0) this.#waiters.rejectAll(new BrokenBarrierError(`${this.name} was aborted`));
  }

  /**
   * Tell how it is doing.
   *
   * @returns A new object with `parties`, `waiting` and `broken`.
   */
  stats(): BarrierStats {
    return { parties: this.parties, waiting: this.#waiters.size, broken: this.#broken };
  }
}

class WaitingAtBarrier extends QueuedWaiter<number> {
  readonly #barrier: Barrier;

  constructor(queue: WaitQueue<WaitingAtBarrier>, scope: Scope, signal: AbortSignal | undefined, barrier: Barrier) {
    super(queue, scope, signal);
    this.#barrier = barrier;
  }

  override describe(): string {
    const { name, waiting, parties } = this.#barrier;
    return `${name} (${waiting} of ${parties} are there)`;
  }
}
