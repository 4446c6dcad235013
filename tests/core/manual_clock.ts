import { currentScope, runInScope } from "../../lib/core/ambient.ts";
import type { Clock } from "../../lib/core/clock.ts";
import { RootScope } from "../../lib/core/scope.ts";
import { type TimerEntry, TimerQueue } from "../../lib/core/timer_queue.ts";

/** A clock that stands still until it is told otherwise. */
export class ManualClock implements Clock {
  readonly #queue = new TimerQueue();
  credit = 0;
  #now = 0;

  /** Where code runs by this clock. */
  readonly root = new RootScope(null, this);

  /** How many entries wait. */
  get size(): number {
    return this.#queue.size;
  }

  now(): number {
    return this.#now;
  }

  at(entry: TimerEntry): void {
    this.#queue.push(entry);
  }

  cancel(entry: TimerEntry): void {
    this.#queue.remove(entry);
  }

  renewCredit(): boolean {
    return false;
  }

  /** Call `fn` by this clock. */
  run<R>(fn: () => R): R {
    return runInScope(this.root, fn);
  }

  /** Let `ms` milliseconds pass; whatever wakes on the way runs before the next moment comes. */
  async pass(ms: number): Promise<void> {
    await turn();
    const end = this.#now + ms;
    for (let next = this.#queue.peek(); next !== undefined && next.due <= end; next = this.#queue.peek()) {
      this.#now = Math.max(this.#now, next.due);
      this.#queue.popDue(this.#now)!.fire();
      await turn();
    }
    this.#now = end;
  }

  /** Let time pass in which nothing can run, as when the event loop is blocked. */
  stall(ms: number): void {
    this.#now += ms;
  }
}

/** One turn of the event loop: all microtasks have run when it is over. On a virtual clock it takes no time. */
export function turn(): Promise<void> {
  const release = currentScope().clock.hold?.();
  return new Promise((resolve) =>
    setImmediate(() => {
      release?.();
      resolve();
    })
  );
}
