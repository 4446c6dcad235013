// More than 300 lines, as half of them are documentation: both semaphores are a face of the same permits.
import { InvalidStateError } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { checkCount } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { instrument } from "../core/instrument.ts";
import type { Blockers, Scope } from "../core/scope.ts";
import { inNextTurn } from "../core/turn.ts";
import { refusal, rejected, type WaitOptions } from "../core/waiter.ts";
import type { Owned } from "../tasks/owned.ts";
import { ownerOf } from "../tasks/task_scope.ts";
import { type Case, caseOf, NOTHING, QueuedCandidate } from "./case.ts";
import { type Guard, holderOf, runHolding } from "./guard.ts";
import { nameFor, type NameOptions, type Queued, QueuedWaiter, WaitQueue } from "./wait_queue.ts";

/** Option of `semaphore.tryAcquire` and `semaphore.release`. */
export interface WeightOptions {
  /**
   * How many permits, all at once, a whole number from 1.
   *
   * @default 1
   */
  weight?: number | undefined;
}

/** Options of `semaphore.acquire` and `semaphore.run`. */
export interface AcquireOptions extends WeightOptions, WaitOptions {}

/** What `semaphore.stats()` tells. */
export interface SemaphoreStats {
  /** Permits that are free. */
  value: number;
  /** Calls that wait. */
  waiting: number;
  /** The most that ever waited at a time. */
  peak: number;
}

/** What is behind a semaphore. */
let permitsOf: (semaphore: Semaphore) => Permits;

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
  readonly #permits: Permits;

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
    this.name = nameFor("semaphore", options);
    this.#permits = new Permits(this.name, value);
  }

  /** How many permits are free. */
  get value(): number {
    return Math.max(this.#permits.free, 0);
  }

  /** Whether `tryAcquire()` would say no: no permit is free, or those that are go to others who wait. */
  get locked(): boolean {
    return !this.#permits.atOnce(1);
  }

  /**
   * Take permits, and wait for them if there are not enough. A checkpoint.
   *
   * @param options `weight`: how many; `signal`: gives up when it fires, with the signal's reason.
   * @returns Gives the permits back when it is disposed of: `using _ = await semaphore.acquire()`.
   * @throws {CancelledError} When the task around it is, or was, cancelled. Then no permit has been taken.
   * @throws {TypeError} When `weight` is not a number, or a number stands where the options belong.
   * @throws {RangeError} When `weight` is no whole number from 1, or above the limit of a `BoundedSemaphore`.
   */
  acquire(options?: AcquireOptions): Promise<Guard> {
    const scope = currentScope();
    if (typeof options === "number") return rejected(scope, bareWeight(`acquire semaphore "${this.name}"`, options));
    const weight = options?.weight ?? 1;
    if (weight !== 1) {
      try {
        this.#permits.checkWeight(weight);
      } catch (error) {
        return rejected(scope, error);
      }
    }
    const refused = refusal(scope, options?.signal);
    if (refused !== null) return refused;
    return this.#permits.acquire(weight, scope, options?.signal);
  }

  /**
   * Take permits if that is possible without waiting. Never passes those who wait.
   *
   * @param weight How many, a whole number from 1, or `{ weight }` as for `acquire`.
   * @returns Gives the permits back when it is disposed of; `undefined` when there are not enough.
   * @throws {RangeError} When `weight` is no whole number from 1, or above the limit of a `BoundedSemaphore`.
   */
  tryAcquire(weight: number | WeightOptions = 1): Guard | undefined {
    const count = weight === 1 ? 1 : numberOf(weight);
    if (count !== 1) this.#permits.checkWeight(count);
    return this.#permits.atOnce(count) ? this.#permits.grant(currentScope(), count) : undefined;
  }

  /**
   * As `acquire`, for `select`.
   *
   * @param weight How many, a whole number from 1, or `{ weight }` as for `acquire`.
   * @returns The case; its value gives the permits back when it is disposed of.
   * @throws {RangeError} When `weight` is no whole number from 1, or above the limit of a `BoundedSemaphore`.
   */
  acquires(weight: number | WeightOptions = 1): Case<Guard> {
    const count = numberOf(weight);
    this.#permits.checkWeight(count);
    return caseOf(() => new AcquiringCandidate(this.#permits, count));
  }

  /**
   * Give permits back, or add some. They go to those who wait, in order. Whoever has a guard lets that do it.
   *
   * @param weight How many, a whole number from 1, or `{ weight }` as for `acquire`.
   * @throws {RangeError} When `weight` is no whole number from 1.
   * @throws {InvalidStateError} When a `BoundedSemaphore` is to get back more than was acquired.
   */
  release(weight: number | WeightOptions = 1): void {
    const count = weight === 1 ? 1 : numberOf(weight);
    if (count !== 1) checkPermits(`release semaphore "${this.name}"`, "the weight", count);
    this.#permits.release(count);
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
    return { value: this.value, waiting: this.#permits.waiters.size, peak: this.#permits.waiters.peak };
  }

  static {
    permitsOf = (semaphore) => semaphore.#permits;
  }
}

/**
 * A semaphore that knows how many permits there are: releasing more than were acquired throws, so does asking for more
 * than there are, and the number can be changed while they are in use. As `asyncio.BoundedSemaphore`, and Trio's
 * `CapacityLimiter` for the latter.
 *
 * @example Adapt to what a server can take
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { BoundedSemaphore, InvalidStateError } from "@asyncio/toolkit";
 *
 * const connections = new BoundedSemaphore(4);
 * const guard = await connections.acquire({ weight: 3 });
 * connections.limit = 2; // those that are open may stay
 * assertEquals(connections.value, 0);
 * guard.release();
 * assertEquals(connections.value, 2);
 * assertThrows(() => connections.release(), InvalidStateError);
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  /**
   * Make one.
   *
   * @param value How many permits there are, a whole number from 0.
   * @param options Its name.
   * @throws {TypeError} When `value` is not a number.
   * @throws {RangeError} When `value` is negative or not whole.
   */
  constructor(value = 1, options?: NameOptions) {
    checkPermits("make a semaphore", "its value", value, 0);
    super(value, options);
    // Not by setLimit(): that adds the difference to the limit before, and all permits are there already.
    permitsOf(this).limit = value;
  }

  /**
   * How many permits there are, free or taken. Setting it higher lets those go on who wait, as many as then may; setting
   * it lower takes nothing from anybody, and waits until enough has been released. Those who wait for more than it is
   * then get a `RangeError`, as nobody could go on before them. At 0 all wait, whatever their weight, until it is set again.
   */
  get limit(): number {
    return permitsOf(this).limit;
  }

  set limit(limit: number) {
    checkPermits(`limit semaphore "${this.name}"`, "the limit", limit, 0);
    permitsOf(this).setLimit(limit);
  }
}

/** The permits of a semaphore: how many are free, who has which, and who waits for some. */
class Permits {
  readonly name: string;
  /** Below 0 when a limit was lowered under what is taken. */
  free: number;
  /** How many there will ever be, taken or free; to those of a plain semaphore anybody may add some. */
  limit = Infinity;
  readonly waiters: WaitQueue<Acquirer>;
  /** Who holds how many; kept only while somebody watches, to explain a deadlock. */
  #holders: Map<Scope, number> | null = null;

  /**
   * @param name Of the semaphore.
   * @param free How many there are to begin with.
   */
  constructor(name: string, free: number) {
    this.name = name;
    this.free = free;
    this.waiters = new WaitQueue(name);
  }

  /** Whether so many can be had without waiting. */
  atOnce(weight: number): boolean {
    return this.free >= weight && this.waiters.first === null;
  }

  acquire(weight: number, scope: Scope, signal: AbortSignal | undefined): Promise<Guard> {
    if (!this.atOnce(weight)) return new Acquiring(this, weight, scope, signal).promise;
    const permit = this.grant(scope, weight);
    return turnDue(scope.clock) ? inNextTurn<Guard>(permit) : permit.granted();
  }

  /** Give some away that are free. */
  grant(scope: Scope, weight: number): Permit {
    this.free -= weight;
    if (instrument !== null) this.#note(ownerOf(scope), weight);
    return new Permit(this, weight);
  }

  /** Some are free again. @throws {InvalidStateError} When there would be more than there may be. */
  release(weight: number): void {
    if (this.limit !== Infinity) this.#checkTaken(weight);
    if (this.#holders !== null) this.#forget(currentScope(), weight);
    this.free += weight;
    if (this.waiters.first !== null) this.letIn();
  }

  /** Let those go on who wait, in order, as far as there are permits. */
  letIn(): void {
    for (let next = this.waiters.first; next !== null && next.weight <= this.free; next = this.waiters.first) {
      this.waiters.remove(next);
      next.resolve(this.grant(next.scope, next.weight));
    }
  }

  /** @throws {RangeError} When nobody could ever be given that many. */
  checkWeight(weight: number): void {
    checkPermits(`acquire semaphore "${this.name}"`, "the weight", weight);
    if (this.limit !== 0 && weight > this.limit) throw this.#tooMuch(weight);
  }

  /** Add some, or take some away at once; who waits for more than that is refused. */
  setLimit(limit: number): void {
    this.free += limit - this.limit;
    this.limit = limit;
    if (limit !== 0) this.#refuseAbove(limit);
    this.letIn();
  }

  #refuseAbove(limit: number): void {
    const refused: Acquirer[] = [];
    for (let waiter = this.waiters.first; waiter !== null; waiter = waiter.behind as Acquirer | null) {
      if (waiter.weight > limit) refused.push(waiter);
    }
    for (const waiter of refused) {
      // Another one of the same select may have ended it.
      if (!waiter.waiting) continue;
      this.waiters.remove(waiter);
      waiter.reject(this.#tooMuch(waiter.weight));
    }
  }

  /** Who holds some, as far as that is known. */
  holders(): Iterable<Scope> {
    return new Set(this.#holders?.keys().map(holderOf));
  }

  #checkTaken(weight: number): void {
    const taken = this.limit - this.free;
    if (weight <= taken) return;
    throw new InvalidStateError(
      `Cannot release semaphore "${this.name}" by ${weight} as that is more than was acquired: current value is ${taken}`,
    );
  }

  #tooMuch(weight: number): RangeError {
    return new RangeError(
      `Cannot acquire semaphore "${this.name}" as the weight is above its limit of ${this.limit}: current value is ${weight}`,
    );
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

/** Permits that have been acquired, until they are given back. */
class Permit implements Guard {
  #permits: Permits | null;
  readonly #weight: number;

  constructor(permits: Permits, weight: number) {
    this.#permits = permits;
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
    const permits = this.#permits;
    if (permits === null) return;
    this.#permits = null;
    permits.release(this.#weight);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** One that waits for permits. */
interface Acquirer extends Queued {
  readonly scope: Scope;
  readonly weight: number;
  readonly waiting: boolean;
  resolve(permit: Permit): void;
}

/** One that waits for them among others. */
class AcquiringCandidate extends QueuedCandidate<Guard> implements Acquirer {
  readonly #permits: Permits;
  readonly weight: number;

  constructor(permits: Permits, weight: number) {
    // The limit may be another by now.
    permits.checkWeight(weight);
    super(permits.waiters, (scope) => permits.atOnce(weight) ? permits.grant(scope, weight) : NOTHING);
    this.#permits = permits;
    this.weight = weight;
  }

  override letOthersIn(): void {
    this.#permits.letIn();
  }

  override blockers(): Blockers {
    const holders = [...this.#permits.holders()];
    return holders.length > 0 ? holders : "anyone";
  }
}

class Acquiring extends QueuedWaiter<Guard> implements Acquirer {
  readonly #permits: Permits;
  readonly weight: number;

  constructor(permits: Permits, weight: number, scope: Scope, signal: AbortSignal | undefined) {
    super(permits.waiters, scope, signal);
    this.#permits = permits;
    this.weight = weight;
  }

  override describe(): string {
    return `${this.weight === 1 ? "a permit" : `${this.weight} permits`} of ${this.of}`;
  }

  heldBy(): Iterable<Scope> {
    return this.#permits.holders();
  }

  protected override withdraw(): void {
    super.withdraw();
    // It may have stood in the way of others that need less.
    this.#permits.letIn();
  }
}

/**
 * The error of a number where options belong, as `tryAcquire` and `release` take one: a wait has a signal to be given beside
 * it. Types refuse it; code without types would be given one permit, and give back as many as it has asked for.
 */
export function bareWeight(verb: string, weight: number): TypeError {
  return new TypeError(
    `Cannot ${verb} as the weight must be given as { weight: ${weight} }: current value is ${weight}`,
  );
}

function numberOf(weight: number | WeightOptions): number {
  return typeof weight === "object" && weight !== null ? weight.weight ?? 1 : weight;
}

/** A number of permits: finite, or else nobody could tell what is left. */
function checkPermits(verb: string, what: string, value: unknown, minimum = 1): void {
  checkCount(verb, what, value, minimum);
  if (value === Infinity) {
    throw new RangeError(`Cannot ${verb} as ${what} must be finite: current value is ${value}`);
  }
}
