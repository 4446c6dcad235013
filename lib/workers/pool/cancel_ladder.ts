import { LONGEST_DELAY, realTime } from "../../core/platform.ts";
import type { Call } from "../call/call.ts";

/** How long a worker may take to show that its event loop is alive, after which it is known to be busy. */
const UNRESPONSIVE = 100;
/** How late a timer may fire before it tells that this thread was the busy one. */
const LATE = 10;

/**
 * The way from asking a function to end to ending its worker. A worker that answers is alive, so its function may take
 * its time to clean up; one that does not answer is in a loop that nothing but its end will stop.
 */
export class CancelLadder {
  readonly call: Call;
  readonly #force: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0;
  #wasLate = false;

  /**
   * @param call The call, which has just been asked to end.
   * @param force Called when asking is over.
   */
  constructor(call: Call, force: () => void) {
    this.call = call;
    this.#force = force;
    this.#wait(Math.min(UNRESPONSIVE, call.request.grace));
  }

  /** The worker has seen the question. */
  seen(): void {
    realTime.clearTimeout(this.#timer);
    const { grace } = this.call.request;
    // What is longer never comes.
    if (grace <= LONGEST_DELAY) this.#wait(grace);
  }

  /** The call has ended, or its worker has. */
  end(): void {
    realTime.clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    this.#due = realTime.now() + ms;
    this.#timer = realTime.setTimeout(() => this.#onTimer(), ms);
  }

  #onTimer(): void {
    // What the worker has said meanwhile could not be read yet. Once: it is not to wait for this thread for ever.
    if (!this.#wasLate && realTime.now() - this.#due > LATE) {
      this.#wasLate = true;
      return this.#wait(LATE);
    }
    this.#force();
  }
}
