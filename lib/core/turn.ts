import { outside } from "./context.ts";
import { realTime } from "./platform.ts";

/** What runs in the next turn of the event loop. */
export interface Turn {
  /** Called once, after timers and I/O have had their share of this turn. Must not throw. */
  run(): void;
}

/**
 * How many run in one turn, and how many timers fire in one: what comes behind has the turn after that. A hundred thousand
 * that are due at once must not keep timers, signals and I/O waiting until all of them are done.
 */
export const MOST_IN_A_TURN = 1_000;

let next = new Set<Turn>();
/** What of an earlier turn has not run yet, and how far that has come. */
let current = new Set<Turn>();
let left = current.values();
let immediate: ReturnType<typeof setImmediate> | undefined;

/** Have `turn.run` called in the next turn of the event loop, in order. One platform immediate serves all of a turn. */
export function queueTurn(turn: Turn): void {
  next.add(turn);
  if (next.size === 1 && immediate === undefined) askForTurn();
}

/** Forget `turn`. */
export function cancelTurn(turn: Turn): void {
  if (!next.delete(turn)) current.delete(turn);
  if (!turnsPending()) forgetTurn();
}

/** Whether anything waits for the next turn. */
export function turnsPending(): boolean {
  return next.size > 0 || current.size > 0;
}

function askForTurn(): void {
  immediate = outside(realTime.setImmediate, runTurn);
  // The first `setImmediate` of a process may run microtasks (it does under `deno test`).
  if (!turnsPending()) forgetTurn();
}

/** With nobody left the immediate must go too: it would outlive its owners. */
function forgetTurn(): void {
  realTime.clearImmediate(immediate);
  immediate = undefined;
}

function runTurn(): void {
  immediate = undefined;
  if (current.size === 0) {
    [current, next] = [next, current];
    left = current.values();
  }
  for (let count = 0; count < MOST_IN_A_TURN && current.size > 0; count++) {
    const turn = left.next().value!;
    current.delete(turn);
    turn.run();
  }
  if (turnsPending() && immediate === undefined) askForTurn();
}

/** Waits that would be over at once, but have to take a turn. */
class Calls implements Turn {
  #calls: (() => void)[] = [];
  #next: (() => void)[] = [];
  #done = 0;

  /** Whether some are left for the next turn. */
  get pending(): boolean {
    return this.#done < this.#calls.length || this.#next.length > 0;
  }

  add(call: () => void): void {
    if (!this.pending) queueTurn(this);
    this.#next.push(call);
  }

  run(): void {
    if (this.#done === this.#calls.length) {
      this.#calls = this.#next;
      this.#next = [];
      this.#done = 0;
    }
    const end = Math.min(this.#done + MOST_IN_A_TURN, this.#calls.length);
    while (this.#done < end) this.#calls[this.#done++]!();
    if (this.pending) queueTurn(this);
  }
}

const calls = new Calls();

/**
 * Call `call`, which must not throw, in the next turn of the event loop, out of reach of every cancellation; several in
 * their order. Waits that settle in there go on in the order in which they would have gone on at once.
 */
export function callNextTurn(call: () => void): void {
  calls.add(call);
}

/** Wait for the next turn of the event loop, out of reach of every cancellation. */
export function nextTurn(): Promise<void> {
  return new Promise(callNextTurn);
}

/** Give `value` in the next turn. A cold path with closures of those that call it. */
export function inNextTurn<T>(value: T): Promise<T> {
  return new Promise((resolve) => callNextTurn(() => resolve(value)));
}

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
    // Nor may anybody pass those of an earlier turn that have not had theirs.
    if (this.#spent || calls.pending) return 0;
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
