import { currentScope } from "../../core/ambient.ts";
import type { Clock } from "../../core/clock.ts";
import type { TimerEntry } from "../../core/timer_queue.ts";

/** Twice as often as progress is told. */
const LONGEST_PERIOD = 50;

/** So much earlier than it would have to be known that nothing comes. */
const READINGS_PER_WAIT = 4;

/**
 * How far files have come that the platform writes by itself, without a word to anybody, is seen by looking at them from
 * time to time. There is one timer for all of them, and a file that is there before it fires has cost nothing.
 */
export class Gauges implements TimerEntry {
  due = 0;
  order = 0;
  index = -1;
  readonly #period: number;
  readonly #gauges = new Set<() => void>();
  #clock: Clock | undefined;

  /** @param idleTimeout After how many milliseconds without a byte something happens. */
  constructor(idleTimeout: number) {
    this.#period = Math.max(1, Math.min(LONGEST_PERIOD, idleTimeout / READINGS_PER_WAIT));
  }

  /** Call `read` from time to time, until what this returns is disposed of. It must not throw. */
  follow(read: () => void): Disposable {
    this.#gauges.add(read);
    if (this.index < 0) this.#wait();
    return { [Symbol.dispose]: () => this.#leave(read) };
  }

  fire(): void {
    for (const read of this.#gauges) read();
    this.#wait();
  }

  #wait(): void {
    this.#clock ??= currentScope().clock;
    this.due = this.#clock.now() + this.#period;
    this.#clock.at(this);
  }

  #leave(read: () => void): void {
    this.#gauges.delete(read);
    if (this.#gauges.size === 0) this.#clock!.cancel(this);
  }
}
