import type { Call } from "./call.ts";

/** How long a worker may take to show that its event loop is alive, after which it is known to be busy. */
const UNRESPONSIVE = 100;

/**
 * The way from asking a function to end to ending its worker. A worker that answers is alive, so its function may take
 * its time to clean up; one that does not answer is in a loop that nothing but its end will stop.
 */
export class CancelLadder {
  readonly call: Call;
  readonly #force: () => void;
  #timer: ReturnType<typeof setTimeout>;

  /**
   * @param call The call, which has just been asked to end.
   * @param force Called when asking is over.
   */
  constructor(call: Call, force: () => void) {
    this.call = call;
    this.#force = force;
    this.#timer = setTimeout(force, Math.min(UNRESPONSIVE, call.request.grace));
  }

  /** The worker has seen the question. */
  seen(): void {
    clearTimeout(this.#timer);
    const { grace } = this.call.request;
    // A timer would take a longer delay for none at all.
    if (grace < 2 ** 31) this.#timer = setTimeout(this.#force, grace);
  }

  /** The call has ended, or its worker has. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
