import { InvalidStateError } from "../errors.ts";
import { checkPermits } from "./check_permits.ts";
import type { NameOptions } from "./naming.ts";
import { freePermits, limitOf, limitPermits, Semaphore } from "./semaphore.ts";

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
    limitPermits(this, value);
  }

  /**
   * How many permits there are, free or taken. Setting it higher lets those go on who wait, as many as then may; setting
   * it lower takes nothing from anybody, and waits until enough has been released. Those who wait for more than it is
   * then get a `RangeError`, as nobody could go on before them. At 0 all wait, whatever their weight, until it is set again.
   */
  get limit(): number {
    return limitOf(this);
  }

  set limit(limit: number) {
    checkPermits(`limit semaphore "${this.name}"`, "the limit", limit, 0);
    limitPermits(this, limit);
  }

  /**
   * Give permits back. They go to those who wait, in order. Whoever has a guard lets that do it.
   *
   * @param weight How many, a whole number from 1.
   * @throws {InvalidStateError} When fewer than that have been acquired.
   * @throws {RangeError} When `weight` is no whole number from 1.
   */
  override release(weight = 1): void {
    const taken = limitOf(this) - freePermits(this);
    if (weight > taken) {
      throw new InvalidStateError(
        `Cannot release semaphore "${this.name}" by ${weight} as that is more than was acquired: current value is ${taken}`,
      );
    }
    super.release(weight);
  }
}
