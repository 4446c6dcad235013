import { currentScope } from "../../core/ambient.ts";
import type { Clock } from "../../core/clock.ts";
import type { TimerEntry } from "../../core/timer_queue.ts";

/** Twice as often as progress is told. */
const LONGEST_PERIOD = 50;

/** How often to look within the time after which it must be noticed that nothing comes. */
const LOOKS_PER_TIMEOUT = 4;

/**
 * The platform writes files without telling how far it has come: that is seen by looking at their sizes from time to time.
 * There is one timer for all of them, and a file that is complete before it fires has cost nothing.
 */
export class SizePoll implements TimerEntry {
  due = 0;
  order = 0;
  index = -1;
  readonly #period: number;
  readonly #looks = new Set<() => void>();
  #clock: Clock | undefined;

  /** @param idleTimeout After how many milliseconds without a byte something happens. */
  constructor(idleTimeout: number) {
    this.#period = Math.max(1, Math.min(LONGEST_PERIOD, idleTimeout / LOOKS_PER_TIMEOUT));
  }

  /** Call `look` from time to time, until what this returns is disposed of. It must not throw. */
  add(look: () => void): Disposable {
    this.#looks.add(look);
    if (this.index < 0) this.#wait();
    return { [Symbol.dispose]: () => this.#remove(look) };
  }

  fire(): void {
    for (const look of this.#looks) look();
    this.#wait();
  }

  #wait(): void {
    this.#clock ??= currentScope().clock;
    this.due = this.#clock.now() + this.#period;
    this.#clock.at(this);
  }

  #remove(look: () => void): void {
    this.#looks.delete(look);
    if (this.#looks.size === 0) this.#clock!.cancel(this);
  }
}
