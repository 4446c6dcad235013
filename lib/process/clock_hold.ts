import type { Clock } from "../core/clock.ts";

/**
 * What a process does takes real time, so a virtual clock stands still meanwhile; but not while the process may itself be
 * waiting for this program, which may be asleep.
 */
export class ClockHold {
  readonly #clock: Clock;
  #release: (() => void) | null = null;
  #mayWaitForUs: boolean | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether anybody wants to know. */
  get matters(): boolean {
    return this.#clock.hold !== undefined;
  }

  /** Hold the clock from now on; or only have it known that something is under way. */
  hold(mayWaitForUs: boolean): void {
    if (this.#clock.hold === undefined || this.#mayWaitForUs === mayWaitForUs) return;
    const before = this.#release;
    this.#mayWaitForUs = mayWaitForUs;
    this.#release = this.#clock.hold(mayWaitForUs);
    before?.();
  }

  /** It is over. */
  release(): void {
    this.#release?.();
    this.#release = this.#mayWaitForUs = null;
  }
}
