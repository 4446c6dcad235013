import { currentScope } from "../core/ambient.ts";
import { checkCount } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { instrument } from "../core/instrument.ts";
import type { Scope } from "../core/scope.ts";
import { inNextTurn } from "../core/turn.ts";
import { refusal, rejected, type WaitOptions } from "../core/waiter.ts";
import type { Owned } from "../tasks/cancel_scope.ts";
import { checkPermits } from "./check_permits.ts";
import { type Guard, runHolding } from "./guard.ts";
import { holderOf } from "./holder.ts";
import { nameFor, type NameOptions } from "./naming.ts";
import type { SemaphoreStats } from "./semaphore_stats.ts";
import { ownerOf } from "../tasks/owner.ts";
import { QueuedWaiter, WaitQueue } from "./wait_queue.ts";

/** The permits of a semaphore that are free; below 0 when a limit was lowered under what is taken. */
export let freePermits: (semaphore: Semaphore) => number;

/** How many permits there will ever be, taken or free; more or fewer than before are added, or taken away at once. */
export let limitPermits: (semaphore: Semaphore, limit: number) => void;

/** That number. */
export let limitOf: (semaphore: Semaphore) => number;

/** Who holds permits of a semaphore, if that is known. */
let holdersOf: (semaphore: Semaphore) => Iterable<Scope>;

/** Let those go on who wait, as far as there are permits. */
let grantWaiting: (semaphore: Semaphore) => void;

/** Options of `semaphore.acquire` and `semaphore.run`. */
export interface AcquireOptions extends WaitOptions {
  /**
   * How many permits to take, all at once, a whole number from 1.
   *
   * @default 1
   */
  weight?: number | undefined;
}

/**
 * A number of permits: `acquire` takes one or more, and waits while there are not enough. For limiting how much happens
 * at a time. As `asyncio.Semaphore`, and each call may take several permits.
 *
 * - First come, first served, whatever the weights: one that needs many permits is not passed by others that need few,
 *   and a permit that is released goes to whoever waits, never to one who comes later.
 * - A permit is granted once and returned once, whatever is cancelled at that moment.
 * - Permits belong to nobody: any task may release, also more than were ever acquired. So a weight above all that there
 *   are waits for some to be added, and whoever comes later waits behind it; a `BoundedSemaphore` refuses it.
 *
 * @example Two at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mapConcurrent, Semaphore, sleep } from "@asyncio/toolkit";
 *
 * const semaphore = new Semaphore(2);
 * let running = 0;
 * let most = 0;
 * for await (const _ of mapConcurrent([1, 2, 3, 4], async () => {
 *   using _permit = await semaphore.acquire();
 *   most = Math.max(most, ++running);
 *   await sleep(1);
 *   running--;
 * }, { concurrency: 4 }));
 * assertEquals(most, 2);
 * ```
 */
export class Semaphore {
  /** For messages. */
  readonly name: string;
  #free: number;
  /** How many permits there will ever be; for a plain semaphore anybody may add some. */
  #limit = Infinity;
  readonly #waiters: WaitQueue<Acquiring>;
  /** Who holds how many; kept only while somebody watches, to explain a deadlock. */
  #holders: Map<Scope, number> | null = null;

  /**
   * Make one.
   *
   * @param value How many permits there are, a whole number from 0, or `Infinity`.
   * @param options Its name.
   * @throws {TypeError} When `value` is not a number.
   * @throws {RangeError} When `value` is negative or not whole.
   */
  constructor(value = 1, options?: NameOptions) {
    checkCount("make a semaphore", "its value", value, 0);
    this.#free = value;
    this.name = nameFor("semaphore", options);
    this.#waiters = new WaitQueue(this.name);
  }

  /** How many permits are free. */
  get value(): number {
    return Math.max(this.#free, 0);
  }

  /** Whether `tryAcquire()` would say no: no permit is free, or those that are go to others who wait. */
  get locked(): boolean {
    return this.#free < 1 || this.#waiters.size > 0;
  }

  /**
   * Take permits, and wait for them if there are not enough. A checkpoint.
   *
   * @param options `weight`: how many; `signal`: gives up when it fires, with the signal's reason.
   * @returns Gives the permits back when it is disposed of: `using _ = await semaphore.acquire()`.
   * @throws {CancelledError} When the task around it is, or was, cancelled. Then no permit has been taken.
   * @throws {RangeError} When `weight` is no whole number from 1, or above the limit of a `BoundedSemaphore`.
   */
  acquire(options?: AcquireOptions): Promise<Guard> {
    const scope = currentScope();
    const weight = options?.weight ?? 1;
    if (weight !== 1) {
      try {
        this.#checkWeight(weight);
      } catch (error) {
        return rejected(scope, error);
      }
    }
    const refused = refusal(scope, options?.signal);
    if (refused !== null) return refused;
    if (this.#free >= weight && this.#waiters.first === null) {
      const permit = this.#grant(scope, weight);
      return turnDue(scope.clock) ? inNextTurn<Guard>(permit) : permit.granted();
    }
    return new Acquiring(this, this.#waiters, weight, scope, options?.signal).promise;
  }

  /**
   * Take permits if that is possible without waiting. Never passes those who wait.
   *
   * @param weight How many, a whole number from 1.
   * @returns Gives the permits back when it is disposed of; `undefined` when there are not enough.
   * @throws {RangeError} When `weight` is no whole number from 1, or above the limit of a `BoundedSemaphore`.
   */
  tryAcquire(weight = 1): Guard | undefined {
    if (weight !== 1) this.#checkWeight(weight);
    if (this.#free < weight || this.#waiters.first !== null) return undefined;
    return this.#grant(currentScope(), weight);
  }

  /**
   * Give permits back, or add some. They go to those who wait, in order. Whoever has a guard lets that do it.
   *
   * @param weight How many, a whole number from 1.
   * @throws {RangeError} When `weight` is no whole number from 1.
   */
  release(weight = 1): void {
    if (weight !== 1) checkPermits(`release semaphore "${this.name}"`, "the weight", weight);
    if (this.#holders !== null) this.#forget(currentScope(), weight);
    this.#add(weight);
  }

  /**
   * Run a function while holding permits.
   *
   * @typeParam T What the function returns.
   * @param fn Called with the scope that owns it, once the permits are there.
   * @param options `weight`, `signal`.
   * @returns What the function returns, once the permits have been given back.
   * @throws {CancelledError} When the task around it is cancelled.
   */
  run<T>(fn: Owned<T>, options?: AcquireOptions): Promise<T> {
    return runHolding(() => this.acquire(options), fn);
  }

  /**
   * Tell how it is doing.
   *
   * @returns A new object with `value`, `waiting` and `peak`.
   */
  stats(): SemaphoreStats {
    return { value: this.value, waiting: this.#waiters.size, peak: this.#waiters.peak };
  }

  static {
    freePermits = (semaphore) => semaphore.#free;
    limitOf = (semaphore) => semaphore.#limit;
    limitPermits = (semaphore, limit) => semaphore.#setLimit(limit);
    grantWaiting = (semaphore) => semaphore.#add(0);
    holdersOf = (semaphore) => new Set(semaphore.#holders?.keys().map(holderOf));
  }

  #add(count: number): void {
    this.#free += count;
    for (let next = this.#waiters.first; next !== null && next.weight <= this.#free; next = this.#waiters.first) {
      this.#waiters.remove(next);
      next.resolve(this.#grant(next.scope, next.weight));
    }
  }

  /** @throws {RangeError} When nobody could ever be given that many. */
  #checkWeight(weight: number): void {
    checkPermits(`acquire semaphore "${this.name}"`, "the weight", weight);
    if (this.#limit !== 0 && weight > this.#limit) throw this.#tooMuch(weight);
  }

  #tooMuch(weight: number): RangeError {
    return new RangeError(
      `Cannot acquire semaphore "${this.name}" as the weight is above its limit of ${this.#limit}: current value is ${weight}`,
    );
  }

  #setLimit(limit: number): void {
    // What is set first has not been taken by anybody.
    if (this.#limit !== Infinity) this.#free += limit - this.#limit;
    this.#limit = limit;
    let next: Acquiring | null = null;
    for (let waiter = this.#waiters.first; waiter !== null && limit !== 0; waiter = next) {
      next = waiter.behind as Acquiring | null;
      if (waiter.weight <= limit) continue;
      this.#waiters.remove(waiter);
      waiter.reject(this.#tooMuch(waiter.weight));
    }
    this.#add(0);
  }

  #grant(scope: Scope, weight: number): Permit {
    this.#free -= weight;
    if (instrument !== null) this.#note(ownerOf(scope), weight);
    return new Permit(this, weight);
  }

  #note(owner: Scope, weight: number): void {
    this.#holders ??= new Map();
    this.#holders.set(owner, (this.#holders.get(owner) ?? 0) + weight);
  }

  #forget(scope: Scope, weight: number): void {
    const owner = ownerOf(scope);
    for (const [holder, count] of this.#holders!) {
      if (holderOf(holder) !== owner) continue;
      if (count > weight) return void this.#holders!.set(holder, count - weight);
      this.#holders!.delete(holder);
      weight -= count;
    }
  }
}

class Permit implements Guard {
  #semaphore: Semaphore | null;
  readonly #weight: number;

  constructor(semaphore: Semaphore, weight: number) {
    this.#semaphore = semaphore;
    this.#weight = weight;
  }

  /**
   * A promise of it. A promise asks what it is resolved with for a `then`, which would take as long as all the rest; in
   * a method the compiler knows what `this` is, and that it has none.
   */
  granted(): Promise<Guard> {
    return Promise.resolve(this);
  }

  release(): void {
    const semaphore = this.#semaphore;
    if (semaphore === null) return;
    this.#semaphore = null;
    semaphore.release(this.#weight);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

class Acquiring extends QueuedWaiter<Guard> {
  readonly #semaphore: Semaphore;
  readonly weight: number;

  constructor(
    semaphore: Semaphore,
    queue: WaitQueue<Acquiring>,
    weight: number,
    scope: Scope,
    signal: AbortSignal | undefined,
  ) {
    super(queue, scope, signal);
    this.#semaphore = semaphore;
    this.weight = weight;
  }

  override describe(): string {
    return `${this.weight === 1 ? "a permit" : `${this.weight} permits`} of ${this.of}`;
  }

  heldBy(): Iterable<Scope> {
    return holdersOf(this.#semaphore);
  }

  protected override withdraw(): void {
    super.withdraw();
    // It may have stood in the way of others that need less.
    grantWaiting(this.#semaphore);
  }
}
