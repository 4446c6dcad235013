import { realTime } from "./real_time.ts";
import { queueTurn, type Turn } from "./turn.ts";

/** How long waits may hand over to each other, in milliseconds, before timers, signals and I/O have their turn. */
const BUDGET = 2;

/** How often it is found out whether the loop of events turns by itself. */
const INTERVAL = 1;

/** How many hand-overs may come between two looks at the clock, which costs as much as all the rest of a hand-over. */
const LONGEST_STRIDE = 16;

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
  #credit = 0;
  #stride = 1;
  #lookedAt = -Infinity;
  #markedAt = -Infinity;
  /** Whether the loop of events has not turned since then. */
  #marked = false;
  #spent = false;

  /** Count one wait that is over at once. Tells whether it has to take a turn. */
  spend(): boolean {
    return --this.#credit < 0 && this.#look();
  }

  /** The loop of events has turned. */
  run(): void {
    this.#marked = this.#spent = false;
  }

  #look(): boolean {
    if (this.#spent) return true;
    const now = realTime.now();
    const slow = now - this.#lookedAt > STRIDE_MS;
    this.#lookedAt = now;
    this.#credit = this.#stride = slow ? Math.max(this.#stride >> 2, 1) : Math.min(this.#stride * 2, LONGEST_STRIDE);
    if (this.#marked) return this.#spent = now - this.#markedAt >= BUDGET;
    if (now - this.#markedAt >= INTERVAL) {
      this.#marked = true;
      this.#markedAt = now;
      queueTurn(this);
    }
    return false;
  }
}
