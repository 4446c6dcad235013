import { currentScope } from "../core/ambient.ts";
import { checkCount, checkFunction, inspectBriefly, isThenable } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { Scope } from "../core/scope.ts";
import { nextTurn } from "../core/turn.ts";
import { refusal, rejected, throwIfRefused, type WaitOptions } from "../core/waiter.ts";
import type { Owned } from "../tasks/owned.ts";
import type { WaitingStats } from "./event.ts";
import type { Guard } from "./guard.ts";
import { Lock, type Mutex, mutexOf } from "./lock.ts";
import { nameFor, type NameOptions, QueuedWaiter, WaitQueue } from "./wait_queue.ts";

/**
 * Wait, while holding a lock, for something about what the lock protects. As `asyncio.Condition`.
 *
 * - `wait` lets go of the lock, waits to be notified, and holds the lock again before it returns *or throws*, however
 *   often it is cancelled meanwhile; so a guard around it stays right.
 * - `notify` wakes those who have waited longest. One that is cancelled after it was notified passes that on to the next:
 *   no notification is lost.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Condition, createTask } from "@asyncio/toolkit";
 *
 * const changed = new Condition();
 * let stock = 0;
 * const customer = createTask(async () => {
 *   using _ = await changed.acquire();
 *   await changed.waitFor(() => stock >= 2);
 *   stock -= 2;
 * });
 * for (let i = 0; i < 3; i++) {
 *   using _ = await changed.acquire();
 *   stock++;
 *   changed.notifyAll();
 * }
 * await customer;
 * assertEquals(stock, 1);
 * ```
 */
export class Condition {
  /** For messages. */
  readonly name: string;
  /** The lock that is held around everything here. */
  readonly lock: Lock;
  readonly #mutex: Mutex;
  readonly #waiters: WaitQueue<WaitingForCondition>;

  /**
   * Make one.
   *
   * @param lock The lock to hold; several conditions may share one. Its own unless given.
   * @param options Its name.
   */
  constructor(lock?: Lock, options?: NameOptions) {
    if (lock !== undefined && !(lock instanceof Lock)) {
      throw new TypeError(`Cannot make a condition as a Lock is needed: current value is ${inspectBriefly(lock)}`);
    }
    this.name = nameFor("condition", options);
    this.#waiters = new WaitQueue(this.name);
    this.lock = lock ?? new Lock({ name: `lock of ${this.name}` });
    this.#mutex = mutexOf(this.lock);
  }

  /** Whether somebody holds the lock. */
  get locked(): boolean {
    return this.lock.locked;
  }

  /**
   * Acquire the lock. See `Lock.acquire`.
   *
   * @param options `signal`: gives up when it fires, with the signal's reason.
   * @returns Releases the lock when it is disposed of.
   */
  acquire(options?: WaitOptions): Promise<Guard> {
    return this.lock.acquire(options);
  }

  /** Release the lock. See `Lock.release`. */
  release(): void {
    this.lock.release();
  }

  /**
   * Run a function while holding the lock. See `Lock.run`.
   *
   * @typeParam T What the function returns.
   * @param fn Called with the scope that owns it, once the lock is held.
   * @param options `signal`.
   * @returns What the function returns, once the lock has been released.
   */
  run<T>(fn: Owned<T>, options?: WaitOptions): Promise<T> {
    return this.lock.run(fn, options);
  }

  /**
   * Let go of the lock, wait to be notified, and hold the lock again. What was waited for may have come and gone again
   * by then: ask, or use `waitFor`, which does.
   *
   * @param options `signal`: gives up when it fires, with the signal's reason.
   * @returns Resolves when it was notified and holds the lock again.
   * @throws {InvalidStateError} When the calling task does not hold the lock.
   * @throws {CancelledError} When the task around it is cancelled; the lock is held again by then.
   * @throws {BrokenLockError} When the lock cannot be held again, as its holder has ended without releasing it.
   */
  async wait(options?: WaitOptions): Promise<void> {
    const scope = currentScope();
    const refused = refusal(scope, options?.signal);
    if (refused !== null) await refused;
    const misused = this.#misuse(scope);
    if (misused !== null) await misused;
    const suspended = this.#mutex.suspend(`wait for ${this.name}`);
    try {
      await new WaitingForCondition(this.#waiters, scope, options?.signal).promise;
    } catch (error) {
      await this.#resume(scope, suspended);
      throw error;
    }
    try {
      await this.#resume(scope, suspended);
      throwIfRefused(scope, options?.signal);
    } catch (error) {
      // Stopped on the way from the notification to the lock: another one is to have the notification.
      this.#wake(1);
      throw error;
    }
  }

  /**
   * Wait until `predicate` holds: it is asked first, and again each time after being notified, with the lock held. One that
   * gives a promise is awaited, with the lock held too: so nothing that it looks at changes meanwhile, nor is a
   * notification missed. A checkpoint, also where it holds at once.
   *
   * @typeParam T What the predicate returns.
   * @param predicate Asked; anything truthy, or a promise of it, ends the wait.
   * @param options `signal`: gives up when it fires, with the signal's reason.
   * @returns What the predicate returned in the end.
   * @throws {InvalidStateError} When the calling task does not hold the lock.
   * @throws {CancelledError} When the task around it is cancelled; the lock is held again by then.
   */
  async waitFor<T>(predicate: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    const scope = currentScope();
    const refused = this.#misuse(scope, () => checkFunction("wait", predicate)) ?? refusal(scope, options?.signal);
    if (refused !== null) await refused;
    try {
      for (;;) {
        const told = predicate();
        const value = isThenable(told) ? await told : told;
        if (value) return value;
        await this.wait(options);
      }
    } finally {
      // Where it holds, or throws, at once.
      if (turnDue(scope.clock)) await nextTurn();
    }
  }

  /**
   * Wake those who have waited longest. They go on when they hold the lock, so not before it is released.
   *
   * @param count How many, a whole number from 0; `Infinity` for all.
   * @throws {InvalidStateError} When the calling task does not hold the lock.
   * @throws {RangeError} When `count` is negative or not whole.
   */
  notify(count = 1): void {
    checkCount(`notify ${this.name}`, "the count", count, 0);
    this.#mutex.checkHeld(`notify ${this.name}`);
    this.#wake(count);
  }

  /**
   * Wake all who wait.
   *
   * @throws {InvalidStateError} When the calling task does not hold the lock.
   */
  notifyAll(): void {
    this.notify(Infinity);
  }

  /**
   * Tell how it is doing; the lock tells about itself.
   *
   * @returns A new object with `waiting` and `peak`.
   */
  stats(): WaitingStats {
    return { waiting: this.#waiters.size, peak: this.#waiters.peak };
  }

  /** Why the calling code cannot wait here, as a rejected promise. */
  #misuse(scope: Scope, check?: () => void): Promise<never> | null {
    try {
      check?.();
      this.#mutex.checkHeld(`wait for ${this.name}`);
      return null;
    } catch (error) {
      return rejected(scope, error);
    }
  }

  #wake(count: number): void {
    for (let left = count; left > 0; left--) {
      const waiter = this.#waiters.shift();
      if (waiter === null) return;
      waiter.resolve();
    }
  }

  /** Waits for the lock out of reach of every cancellation, as a guard around the wait counts on it being held. */
  async #resume(parent: Scope, suspended: ReturnType<Mutex["suspend"]>): Promise<void> {
    const scope = new ResumingScope(parent);
    try {
      await this.#mutex.resume(suspended, scope);
    } finally {
      scope.close();
    }
  }
}

class ResumingScope extends Scope {
  override get kind(): string {
    return "resuming";
  }

  override get shielded(): boolean {
    return true;
  }
}

class WaitingForCondition extends QueuedWaiter<void> {}
