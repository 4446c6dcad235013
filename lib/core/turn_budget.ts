import { realTime } from "./platform.ts";
import { queueTurn, type Turn } from "./turn.ts";

/** How long waits may hand over to each other, in milliseconds, before timers, signals and I/O have their turn. */
const BUDGET = 4;

/** How often it is found out whether the loop of events turns by itself. */
const INTERVAL = 2;

/** How many hand-overs may come between two looks at the clock, which costs as much as all the rest of a hand-over. */
const LONGEST_STRIDE = 64;

/** How long the hand-overs between two looks should take at most. */
const STRIDE_MS = 0.25;

/**
 * Sees to it that waits which are over at once do not keep the loop of events from turning.
 *
 * A wait that is over in a microtask, granted or refused, lets nothing but other microtasks run. A loop around one, be it
 * that of a worker which swallows the error of its own cancellation, would keep every timer and every signal of the process
 * from its turn, for ever. So once they have gone on for some milliseconds, all of them take a turn; all, so that their
 * order stays.
 *
 * That the loop has turned is noticed by a mark which is left for its next turn now and then.
 */
export class TurnBudget implements Turn {
  /** Hand-overs until the next look. */
  #stride = 1;
  #lookedAt = -Infinity;
  #markedAt = -Infinity;
  /** Whether the loop of events has not turned since then. */
  #marked = false;
  #spent = false;

  /** The loop of events has turned. */
  run(): void {
    this.#marked = this.#spent = false;
  }

  /** How many waits may be over at once before this is asked again; 0 when each has to take a turn. */
  credit(): number {
    if (this.#spent) return 0;
    const now = realTime.now();
    const slow = now - this.#lookedAt > STRIDE_MS;
    this.#lookedAt = now;
    // Of whole numbers alone, so that the credit stays one: Math.min() and its kind may make it a double, dearer to count.
    if (slow) this.#stride = (this.#stride >> 2) || 1;
    else if (this.#stride < LONGEST_STRIDE) this.#stride <<= 1;
    if (this.#marked) this.#spent = now - this.#markedAt >= BUDGET;
    else if (now - this.#markedAt >= INTERVAL) {
      this.#marked = true;
      this.#markedAt = now;
      queueTurn(this);
    }
    return this.#spent ? 0 : this.#stride;
  }
}
