import { currentScope } from "../core/ambient.ts";
import { checkCount, checkFunction, inspectBriefly } from "../core/checks.ts";
import type { Clock } from "../core/clock.ts";
import type { Blockers, Scope } from "../core/scope.ts";
import type { TimerEntry } from "../core/timer_queue.ts";
import { over, refusal, rejected } from "../core/waiter.ts";
import { type Owned, runBody } from "../tasks/owned.ts";
import { HoldingScope } from "./guard.ts";
import { type AcquireOptions, bareWeight, type WeightOptions } from "./semaphore.ts";
import { TimeWindow } from "./time_window.ts";
import { nameFor, type NameOptions, QueuedWaiter, WaitQueue } from "./wait_queue.ts";

/** What a {@linkcode RateLimiter} is made of. */
export interface RateLimiterOptions extends NameOptions {
  /** How many in each stretch of `per`, a whole number from 1; `Infinity` for no limit. */
  limit: number;
  /**
   * The length of that stretch, in milliseconds, above 0.
   *
   * @default 1000
   */
  per?: number | undefined;
  /**
   * How many in quick succession, a whole number from 1 to `limit`: never more than `burst` in each stretch of
   * `per * burst / limit`. With 1 they are evenly spaced.
   *
   * @default limit
   */
  burst?: number | undefined;
}

/** What `limiter.stats()` tells. */
export interface RateLimiterStats {
  /** How many may go on now without waiting; 0 while others wait. */
  available: number;
  /** Calls that wait. */
  waiting: number;
  /** The most that ever waited at a time. */
  peak: number;
}

/**
 * So many in a stretch of time: `acquire` waits until one more is allowed. For servers that count requests. How many are under
 * way *at a time* is what a `Semaphore` limits.
 *
 * - Never more than `limit` in any stretch of `per` milliseconds, wherever one begins to count, and as soon as that allows.
 * - First come, first served, whatever the weights; nobody who comes later, nor `tryAcquire`, passes one who waits.
 * - One who is cancelled while waiting has taken nothing; those behind go on that much sooner. A turn that was given is used.
 * - All who wait share one timer.
 *
 * It keeps the times of what it has let go on. A token bucket, or GCRA, keeps a single number, but lets a burst and what is
 * added meanwhile go on within one stretch, up to twice the limit: to that a server which counts answers 429.
 *
 * @example Ten a second
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RateLimiter } from "@asyncio/toolkit";
 * import { virtualTime } from "@asyncio/toolkit/testing";
 *
 * const times: number[] = [];
 * await virtualTime(async (clock) => {
 *   const limiter = new RateLimiter({ limit: 10 });
 *   for (let i = 0; i < 21; i++) {
 *     await limiter.acquire();
 *     times.push(clock.now());
 *   }
 * });
 * assertEquals([times[9], times[10], times[19], times[20]], [0, 1_000, 1_000, 2_000]);
 * ```
 */
export class RateLimiter {
  /** For messages. */
  readonly name: string;
  readonly #rate: Rate;

  /**
   * Make one that has let nothing go on yet.
   *
   * @param options `limit`, `per`, `burst`; its name.
   * @throws {TypeError} When one of them is not a number.
   * @throws {RangeError} When one of them is out of its range.
   */
  constructor(options: RateLimiterOptions) {
    const { limit, per = 1_000, burst = limit } = options;
    const verb = "make a rate limiter";
    checkCount(verb, "its limit", limit);
    checkCount(verb, "its burst", burst);
    if (typeof per !== "number" || !(per > 0 && per < Infinity)) {
      const kind = typeof per === "number" ? RangeError : TypeError;
      throw new kind(
        `Cannot ${verb} as per must be a number of milliseconds above 0: current value is ${inspectBriefly(per)}`,
      );
    }
    if (burst > limit) {
      throw new RangeError(
        `Cannot ${verb} as its burst must be at most its limit of ${limit}: current value is ${burst}`,
      );
    }
    this.name = nameFor("rate limiter", options);
    this.#rate = new Rate(this.name, limit, per, burst);
  }

  /**
   * Wait until one more may go on. A checkpoint.
   *
   * The wait ends with the deadline around it, as every wait does, and not before, even where it can be seen that it will be
   * too long: somebody who is ahead may give up.
   *
   * @param options `weight`: for how many this one counts; `signal`: gives up when it fires, with the signal's reason.
   * @returns Resolves when this one may go on.
   * @throws {CancelledError} When the task around it is, or was, cancelled.
   * @throws {TypeError} When `weight` is not a number, or a number stands where the options belong.
   * @throws {RangeError} When `weight` is no whole number from 1, or above the burst: nobody could go on.
   */
  acquire(options?: AcquireOptions): Promise<void> {
    const scope = currentScope();
    if (typeof options === "number") return rejected(scope, bareWeight(`acquire rate limiter "${this.name}"`, options));
    const weight = options?.weight ?? 1;
    if (weight !== 1) {
      try {
        this.#rate.checkWeight(weight);
      } catch (error) {
        return rejected(scope, error);
      }
    }
    const refused = refusal(scope, options?.signal);
    if (refused !== null) return refused;
    if (this.#rate.take(scope.clock, weight)) return over(scope);
    return this.#rate.enqueue(weight, scope, options?.signal);
  }

  /**
   * Go on if that is possible without waiting. Never passes those who wait.
   *
   * @param weight For how many this one counts, or `{ weight }` as for `acquire`.
   * @returns Whether it may go on.
   * @throws {RangeError} When `weight` is no whole number from 1, or above the burst.
   */
  tryAcquire(weight: number | WeightOptions = 1): boolean {
    const count = typeof weight === "object" && weight !== null ? weight.weight ?? 1 : weight;
    this.#rate.checkWeight(count);
    return this.#rate.take(currentScope().clock, count);
  }

  /**
   * Run a function when it may go on.
   *
   * @typeParam T What the function returns.
   * @param fn Called with the scope that owns it.
   * @param options `weight`, `signal`.
   * @returns What the function returns.
   * @throws {CancelledError} When the task around it is cancelled.
   */
  async run<T>(fn: Owned<T>, options?: AcquireOptions): Promise<T> {
    try {
      checkFunction("run", fn);
    } catch (error) {
      return await rejected(currentScope(), error);
    }
    await this.acquire(options);
    return await runBody(new HoldingScope(currentScope()), fn);
  }

  /**
   * Tell how it is doing.
   *
   * @returns A new object with `available`, `waiting` and `peak`.
   */
  stats(): RateLimiterStats {
    const { size, peak } = this.#rate.waiters;
    return { available: this.#rate.available(currentScope().clock), waiting: size, peak };
  }
}

/** What is behind a rate limiter: what it has let go on, and who waits. Its only timer is that of whoever is first. */
class Rate implements TimerEntry {
  due = 0;
  order = 0;
  index = -1;
  readonly waiters: WaitQueue<Acquiring>;
  readonly #name: string;
  readonly #burst: number;
  readonly #windows: readonly TimeWindow[];
  /** By which its times are told: a test has a clock of its own, and what others have told means nothing to it. */
  #clock: Clock | null = null;

  constructor(name: string, limit: number, per: number, burst: number) {
    this.#name = name;
    this.#burst = burst;
    this.waiters = new WaitQueue(name);
    const most = limit === Infinity ? [] : burst === limit ? [limit] : [limit, burst];
    this.#windows = most.map((most) => new TimeWindow(most, per * (most / limit)));
  }

  /** @throws {RangeError} When nobody could go on with it. */
  checkWeight(weight: number): void {
    checkCount(`acquire rate limiter "${this.#name}"`, "the weight", weight);
    if (weight <= this.#burst && weight !== Infinity) return;
    throw new RangeError(
      `Cannot acquire rate limiter "${this.#name}" as the weight is above its burst of ${this.#burst}: current value is ${weight}`,
    );
  }

  /** Let one go on, if that is possible at once. */
  take(clock: Clock, weight: number): boolean {
    if (this.waiters.first !== null) return false;
    this.#keepTimeBy(clock);
    const now = clock.now();
    for (const window of this.#windows) if (window.opensAt(weight, now) > now) return false;
    for (const window of this.#windows) window.add(weight, now);
    return true;
  }

  enqueue(weight: number, scope: Scope, signal: AbortSignal | undefined): Promise<void> {
    const { promise } = new Acquiring(this, weight, scope, signal);
    if (this.waiters.size === 1) this.#setTimer();
    return promise;
  }

  available(clock: Clock): number {
    if (this.waiters.first !== null) return 0;
    this.#keepTimeBy(clock);
    const now = clock.now();
    return this.#windows.reduce((least, window) => Math.min(least, window.left(now)), Infinity);
  }

  /** The first of those who wait may go on, and those behind as far as there is room. */
  fire(): void {
    const now = this.#clock!.now();
    for (
      let next = this.waiters.first;
      next !== null && this.#opensAt(next.weight, now) <= now;
      next = this.waiters.first
    ) {
      this.waiters.remove(next);
      for (const window of this.#windows) window.add(next.weight, now);
      next.resolve();
    }
    this.#setTimer();
  }

  /** One has gone who waited: whoever was behind may now be first, and need less. */
  left(waiter: Acquiring): void {
    const wasFirst = this.waiters.first === waiter;
    this.waiters.remove(waiter);
    if (wasFirst) this.fire();
  }

  #setTimer(): void {
    const clock = this.#clock!;
    clock.cancel(this);
    const { first } = this.waiters;
    if (first === null) return;
    this.due = this.#opensAt(first.weight, clock.now());
    clock.at(this);
  }

  #opensAt(weight: number, now: number): number {
    return this.#windows.reduce((latest, window) => Math.max(latest, window.opensAt(weight, now)), now);
  }

  #keepTimeBy(clock: Clock): void {
    if (clock === this.#clock) return;
    if (this.#clock !== null) { for (const window of this.#windows) window.forget(); }
    this.#clock = clock;
  }
}

class Acquiring extends QueuedWaiter<void> {
  readonly #rate: Rate;
  readonly weight: number;

  constructor(rate: Rate, weight: number, scope: Scope, signal: AbortSignal | undefined) {
    super(rate.waiters, scope, signal);
    this.#rate = rate;
    this.weight = weight;
  }

  /** Time. */
  override blockers(): Blockers {
    return null;
  }

  override describe(): string {
    return `${this.weight === 1 ? "a turn" : `${this.weight} turns`} of ${this.of}`;
  }

  protected override withdraw(): void {
    this.#rate.left(this);
  }
}
