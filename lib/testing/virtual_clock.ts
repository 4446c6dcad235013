import { currentScope } from "../core/ambient.ts";
import { checkMs } from "../core/checks.ts";
import type { Clock } from "../core/clock.ts";
import type { WaitKind } from "../core/instrument.ts";
import { realTime } from "../core/platform.ts";
import type { Scope } from "../core/scope.ts";
import { subscribe } from "../core/observe.ts";
import { type TimerEntry, TimerQueue } from "../core/timer_queue.ts";
import { turnsPending } from "../core/turn.ts";
import { refusal, Waiter } from "../core/waiter.ts";
import { Task } from "../tasks/task.ts";
import type { WakeOrder } from "./random.ts";

/** Options of {@linkcode VirtualClock}. */
export interface VirtualClockOptions {
  /** Only `advance` moves it. */
  manual?: boolean | undefined;
  /** Permutes what happens at the same time. */
  wakeOrder?: WakeOrder | undefined;
  /** Whether promises of which nothing is known get real time to settle. On by default. */
  patient?: boolean | undefined;
  /** Called when all is blocked, and time cannot help. May be called again. */
  onStuck(): void;
}

/** A loop around `sleep(0)` takes time on a real clock, too: after so many turns in a row, time passes all the same. */
const MOST_TURNS = 1_000;

/**
 * Waits that are over at once get no further than so many without a turn of the event loop. They are counted where the real
 * clock looks at the time: what happens on this one must not depend on how fast the machine is.
 */
const MOST_IN_A_TURN = 10_000;

/** For how many ordinary turns one counts that came after so much. */
const LONG_TURN = 100;

/**
 * A clock that stands still while anything can run, and then jumps to the next deadline.
 *
 * "Nothing can run" is what the platform's `setImmediate` finds: all microtasks are done by then. As nothing else gives
 * the virtual side of a program a turn, nothing has to be looked at again until the next entry fires.
 */
export class VirtualClock implements Clock {
  readonly wake: ((wake: () => void) => void) | undefined;
  readonly #queue = new TimerQueue();
  readonly #options: VirtualClockOptions;
  readonly #patience = new Patience(() => this.#look());
  credit = MOST_IN_A_TURN;
  #now = 0;
  #advancing: Advance[] = [];
  /** How much is under way outside of the program. */
  #outside = 0;
  /** How much of that holds the clock. */
  #held = 0;
  #turns = 0;
  #looking = false;

  constructor(options: VirtualClockOptions) {
    this.#options = options;
    const { wakeOrder } = options;
    if (wakeOrder !== undefined) this.wake = (wake) => wakeOrder.add(wake);
    this.#look();
  }

  now(): number {
    return this.#now;
  }

  at(entry: TimerEntry): void {
    this.#queue.push(entry, this.#options.wakeOrder?.next());
    this.#look();
  }

  cancel(entry: TimerEntry): void {
    this.#queue.remove(entry);
  }

  renewCredit(): boolean {
    // It is below 0 from here on, until the loop has turned.
    if (this.credit === -1) this.#turns += LONG_TURN;
    this.#look();
    return true;
  }

  /** How many entries wait for their time. */
  get pending(): number {
    return this.#queue.size;
  }

  async advance(ms: number): Promise<void> {
    checkMs("advance the clock", ms);
    if (ms === Infinity) {
      throw new RangeError("Cannot advance the clock as it would never arrive: current value is Infinity");
    }
    const scope = currentScope();
    await (refusal(scope) ?? this.#advanceTo(scope, this.#now + ms));
  }

  hold(mayWaitForUs = false): () => void {
    this.#outside++;
    if (!mayWaitForUs) this.#held++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#outside--;
      if (!mayWaitForUs) this.#held--;
      this.#look();
    };
  }

  doubt(promise: Promise<unknown>): void {
    // What a task waits for is known.
    if (this.#options.patient !== false && !(promise instanceof Task)) this.#patience.add(promise);
  }

  /** It is not needed any more; nothing of it keeps the process alive. */
  stop(): void {
    this.#patience.stop();
  }

  #advanceTo(scope: Scope, due: number): Promise<void> {
    const advance = new Advance(scope, due, (advance) => {
      this.#advancing = this.#advancing.filter((each) => each !== advance);
    });
    const at = this.#advancing.findLastIndex((each) => each.due <= due) + 1;
    this.#advancing.splice(at, 0, advance);
    this.#look();
    return advance.promise;
  }

  /** See, once everything that can run has run, whether time may pass. */
  #look(): void {
    if (this.#looking) return;
    this.#looking = true;
    realTime.setImmediate(this.#onIdle);
  }

  readonly #onIdle = (): void => {
    this.#looking = false;
    this.credit = MOST_IN_A_TURN;
    if (turnsPending() && this.#turns++ < MOST_TURNS) return this.#look();
    this.#turns = 0;
    // Whatever ends the hold has the clock looked at again.
    if (this.#held === 0 && !this.#patience.lasts) this.#pass();
  };

  /** Jump to what is next. */
  #pass(): void {
    const advance = this.#advancing[0];
    // A sleep without end is due at infinity, and must not be reached.
    const limit = advance?.due ?? (this.#options.manual ? -Infinity : Number.MAX_VALUE);
    const next = this.#queue.peek();
    if (next !== undefined && next.due <= limit) {
      this.#now = Math.max(this.#now, next.due);
      this.#fire();
    } else if (advance !== undefined) {
      this.#now = advance.due;
      advance.resolve();
    } else {
      if (this.#outside === 0) this.#options.onStuck();
      return;
    }
    this.#look();
  }

  #fire(): void {
    const { wakeOrder } = this.#options;
    for (let entry = this.#queue.popDue(this.#now); entry !== undefined; entry = this.#queue.popDue(this.#now)) {
      entry.fire();
      // What is due at one time need not happen in one turn: timers of the platform do not, either.
      if (wakeOrder?.breaks()) break;
    }
  }
}

/** One call of `advance`. */
class Advance extends Waiter<void> {
  readonly due: number;
  readonly #onLeave: (advance: Advance) => void;

  constructor(scope: Scope, due: number, onLeave: (advance: Advance) => void) {
    super(scope);
    this.due = due;
    this.#onLeave = onLeave;
  }

  override resolve(): void {
    this.#onLeave(this);
    super.resolve();
  }

  override get kind(): WaitKind {
    return "other";
  }

  override describe(): string {
    return "the clock to advance";
  }

  protected override withdraw(): void {
    this.#onLeave(this);
  }
}

/** How long, in real milliseconds, a promise of which nothing is known may hold the clock: enough for a file or a loopback. */
const PATIENCE = 20;

/**
 * Promises of which nobody can tell what is behind them: real work, which virtual time has to wait for, or code that itself
 * waits for virtual time to pass, so that waiting for it would last for ever. Each is given a little real time, once.
 */
export class Patience {
  /** Until when each holds the clock; a set keeps the order of insertion, which here is that of time. */
  readonly #until = new Map<Promise<unknown>, number>();
  readonly #known = new WeakSet<Promise<unknown>>();
  readonly #onLost: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onLost Called when nothing holds the clock any more. */
  constructor(onLost: () => void) {
    this.#onLost = onLost;
  }

  /** Whether something still holds the clock. */
  get lasts(): boolean {
    return this.#until.size > 0;
  }

  /** Have `promise` hold the clock, until it settles or its time is up. */
  add(promise: Promise<unknown>): void {
    if (this.#known.has(promise)) return;
    this.#known.add(promise);
    this.#until.set(promise, realTime.now() + PATIENCE);
    const settled = () => this.#drop(promise);
    subscribe(promise, settled, settled);
    if (this.#timer === undefined) this.#arm(PATIENCE);
  }

  /** Forget them all. */
  stop(): void {
    this.#until.clear();
    realTime.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(delay: number): void {
    this.#timer = realTime.setTimeout(() => {
      this.#timer = undefined;
      const now = realTime.now();
      for (const [promise, until] of this.#until) {
        if (until > now) return this.#arm(until - now);
        this.#until.delete(promise);
      }
      this.#onLost();
    }, delay);
  }

  #drop(promise: Promise<unknown>): void {
    if (!this.#until.delete(promise) || this.lasts) return;
    this.stop();
    this.#onLost();
  }
}
