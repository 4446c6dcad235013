import { outside } from "./context.ts";
import { LONGEST_DELAY, realTime } from "./platform.ts";
import { type TimerEntry, TimerQueue } from "./timer_queue.ts";
import { cancelTurn, MOST_IN_A_TURN, queueTurn, type Turn, TurnBudget } from "./turn.ts";

/** What tells the time and wakes what waits for it. Each scope has one, inherited; tests put a virtual one in its place. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** Fire `entry` once `now()` has reached `entry.due`, never before. */
  at(entry: TimerEntry): void;
  /** Forget `entry`; does nothing when it has fired. */
  cancel(entry: TimerEntry): void;
  /** How many waits may be over at once before it has to be looked whether a turn is due. See {@linkcode turnDue}. */
  credit: number;
  /** There is no credit left: give some more, or none where a turn is due. Tells whether it is. */
  renewCredit(): boolean;
  /** Call `wake` when that which is ready to go on may do so. Without this, it goes on at once. */
  readonly wake?: ((wake: () => void) => void) | undefined;
  /**
   * Work outside of the program is under way, until what this returns is called. Time must not pass before that, unless
   * the work may itself be waiting for this side.
   */
  hold?(mayWaitForUs?: boolean): () => void;
  /** As `hold`, until `promise` settles, of which nobody knows what is behind it: it may itself be waiting for time to pass. */
  doubt?(promise: Promise<unknown>): void;
}

/**
 * Count a wait that is over at once. Tells whether it has to take a turn of the event loop, so that others have theirs. Each
 * hand-over asks this, so nearly always it is no more than a number that is counted down.
 */
export function turnDue(clock: Clock): boolean {
  return --clock.credit < 0 && clock.renewCredit();
}

/** A timer that is set for less goes at once when it is not needed any more: it might fire for nothing before the next turn. */
const SOON = 20;

/**
 * The real clock: all entries in one queue, and one platform timer for the earliest. A platform timer costs some
 * microseconds to set, as much as everything else about a sleep, so it is worth sharing.
 */
class RealClock implements Clock, Turn {
  credit = 0;
  readonly #queue = new TimerQueue();
  readonly #budget = new TurnBudget();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the rest of what is due fires in the next turn. */
  #goesOn = false;
  /** Whether it is seen in the next turn whether the timer is still needed. */
  #rests = false;
  /** When the platform timer is set to fire. */
  #armedFor = Infinity;
  /** For how long it was set. */
  #delay = 0;

  now(): number {
    return realTime.now();
  }

  at(entry: TimerEntry): void {
    this.#queue.push(entry);
    if (entry.due < this.#armedFor || this.#asleep) this.#arm(entry.due);
  }

  cancel(entry: TimerEntry): void {
    this.#queue.remove(entry);
    // A timer that is early for what is left finds nothing due and is set again: cheaper than setting it each time.
    if (this.#queue.size === 0) this.#rest();
  }

  /** A turn later: fire what is due and had no place in the turn before, or see whether there is still nothing left. */
  run(): void {
    this.#rests = false;
    if (this.#goesOn) {
      this.#goesOn = false;
      this.#fireDue();
    } else if (this.#queue.size === 0) this.#disarm();
  }

  /**
   * Nothing is left. The timer must go, since it would keep the process from ending; but not before the next turn: of
   * timeouts that follow each other, all that have a turn in common then have a timer in common.
   */
  #rest(): void {
    if (this.#goesOn || this.#delay < SOON) return this.#disarm();
    if (this.#rests || this.#timer === undefined) return;
    this.#rests = true;
    queueTurn(this);
  }

  renewCredit(): boolean {
    this.credit = this.#budget.credit();
    return this.credit === 0;
  }

  /** No timer is set, and none will be once the entries that are due have fired. */
  get #asleep(): boolean {
    return this.#timer === undefined && this.#armedFor === Infinity;
  }

  #arm(due: number): void {
    this.#disarm();
    this.#armedFor = due;
    const delay = this.#delay = Math.min(Math.max(Math.ceil(due - realTime.now()), 0), LONGEST_DELAY);
    const timer = outside(realTime.setTimeout, this.#fire, delay);
    // The first `setTimeout` of a process may run microtasks (it does under `deno test`). One may have set a timer for
    // something earlier, which stands, or have cancelled all.
    if (this.#timer !== undefined) return realTime.clearTimeout(timer);
    this.#timer = timer;
    this.#armedFor = due;
    if (this.#queue.size === 0) this.#disarm();
  }

  #disarm(): void {
    if (this.#goesOn) {
      this.#goesOn = false;
      cancelTurn(this);
    } else if (this.#timer === undefined) return;
    realTime.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Infinity;
  }

  readonly #fire = (): void => {
    this.#timer = undefined;
    this.#fireDue();
  };

  /** Fire what is due, or as much of it as has a place in one turn of the event loop. */
  #fireDue(): void {
    // While entries fire, new ones must not each set a timer: there will be one at the end.
    this.#armedFor = -Infinity;
    // One reading of the clock for the whole batch, so that entries that keep adding due ones cannot hold the loop.
    const now = realTime.now();
    let left = MOST_IN_A_TURN;
    try {
      for (let entry = this.#queue.popDue(now); entry !== undefined; entry = this.#queue.popDue(now)) {
        entry.fire();
        if (--left === 0) break;
      }
    } finally {
      this.#goOn(now);
    }
  }

  /** See to it that what is left will fire. */
  #goOn(now: number): void {
    this.#armedFor = Infinity;
    const next = this.#queue.peek();
    if (next === undefined) return;
    if (next.due > now) return this.#arm(next.due);
    this.#armedFor = -Infinity;
    this.#goesOn = true;
    queueTurn(this);
  }
}

/** The clock of everything that was not given another one. */
export const realClock: Clock = new RealClock();
