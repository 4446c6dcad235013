import { InvalidStateError, isCancellation, isStampedBy, TimeoutError } from "../errors.ts";
import { seenFromOutside } from "../core/cancellation.ts";
import { checkMs } from "../core/checks.ts";
import { chain } from "../core/linked_errors.ts";
import { Scope } from "../core/scope.ts";
import type { TimerEntry } from "../core/timer_queue.ts";
import type { Owned } from "./cancel_scope.ts";
import { lingeringBody } from "./lingering_body.ts";
import { taskAround } from "./owner.ts";
import { runBody } from "./run_body.ts";

/** A scope that cancels itself when its time has run out. */
export class DeadlineScope extends Scope implements TimerEntry {
  due = Infinity;
  order = 0;
  index = -1;
  readonly #since: number;
  #budget: number;
  #expired = false;

  /**
   * @param when The deadline, in milliseconds of the clock.
   * @param budget What the user called that, for the message.
   */
  constructor(parent: Scope, when: number, budget?: number) {
    super(parent);
    this.#since = this.clock.now();
    this.#budget = budget ?? when - this.#since;
    this.#setDue(when);
  }

  override get kind(): string {
    return "timeout";
  }

  override get deadline(): number {
    return this.due;
  }

  override get lingering(): string | null {
    return lingeringBody(this);
  }

  get expired(): boolean {
    return this.#expired;
  }

  /** Bound when it is asked for: it may be taken apart, as the signal may. */
  get reschedule(): (ms: number | null) => void {
    return (ms) => this.#reschedule(ms);
  }

  #reschedule(ms: number | null): void {
    if (ms !== null) checkMs("reschedule a timeout", ms);
    if (this.closed || this.#expired) {
      throw new InvalidStateError(
        `Cannot reschedule a timeout as its time is over: current state is ${this.closed ? "ended" : "expired"}`,
      );
    }
    this.clock.cancel(this);
    const when = ms === null ? Infinity : this.clock.now() + ms;
    this.#budget = when - this.#since;
    this.#setDue(when);
  }

  /** The time has run out. */
  fire(): void {
    // Not when it was cancelled before, by something else: then that is what ends the body.
    if (this.error !== null || this.closed) return;
    // Known before anybody is told: a listener may ask.
    this.#expired = true;
    this.cancelBecause(this.#message());
  }

  override close(): void {
    this.clock.cancel(this);
    super.close();
  }

  /** The error for the one who set the deadline; `cause` is what ended the body, when that says no more than this. */
  timeoutError(cause?: unknown): TimeoutError {
    return new TimeoutError(this.#message(), { cause });
  }

  #setDue(when: number): void {
    this.due = when;
    // A deadline that has passed needs no turn of the loop: the first checkpoint throws.
    if (when <= this.clock.now()) this.fire();
    else if (when !== Infinity) this.clock.at(this);
  }

  #message(): string {
    const budget = Number(Math.max(0, this.#budget).toFixed(1));
    const task = taskAround(this);
    return `Timed out after ${budget} ms${task === null ? "" : ` in task "${task.name}"`}`;
  }
}

/**
 * Run `fn` under a deadline. Where a cancellation that this scope caused has ended it, the result is that of
 * `onExpired`, or the reason of `signal` is thrown; anything else is thrown as it is.
 */
export async function runWithDeadline<T, E>(
  scope: DeadlineScope,
  fn: Owned<T>,
  signal: AbortSignal | undefined,
  onExpired: (cause: unknown) => E,
): Promise<T | E> {
  if (signal !== undefined) scope.cancelOn(signal);
  try {
    return await runBody(scope, fn);
  } catch (error) {
    // A cancellation from further out is still on its way, whatever ran out in here.
    const outer = scope.parent!.error;
    if (outer !== null && isCancellation(error)) throw outer;
    if (scope.expired) {
      if (isStampedBy(error, scope)) return onExpired(error);
      chain(error, scope.timeoutError(), scope);
    }
    throw seenFromOutside(scope, error);
  }
}

/** When the time of `scope` runs out, by its own timeout or one around it; `Infinity` for never. */
export function deadlineOf(scope: Scope): number {
  let earliest = Infinity;
  for (let each: Scope | null = scope; each !== null; each = each.parent) {
    earliest = Math.min(earliest, each.deadline);
    if (each.shielded) break;
  }
  return earliest;
}
