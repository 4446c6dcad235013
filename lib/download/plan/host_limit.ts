/**
 * How many requests one host gets at a time. A host that says "too many" or "unavailable" gets half as many from then
 * on; for each full round that goes well it gets one more again, as TCP does with its window.
 */
export class HostLimit {
  readonly #most: number;
  #limit: number;
  #running = 0;
  /** Requests that went well since the limit was last changed. */
  #wellDone = 0;
  #halvedAt = -Infinity;
  #closedUntil = -Infinity;

  /** @param most Requests at a time while all goes well, from 1. */
  constructor(most: number) {
    this.#most = most;
    this.#limit = most;
  }

  /** How many requests are allowed at the moment. */
  get limit(): number {
    return this.#limit;
  }

  /** Until when the host wants to be left alone, in milliseconds of the clock. */
  get closedUntil(): number {
    return this.#closedUntil;
  }

  /** Whether another request may start now. */
  hasRoom(now: number): boolean {
    return this.#running < this.#limit && now >= this.#closedUntil;
  }

  /** Requests under way. */
  get running(): number {
    return this.#running;
  }

  start(): void {
    this.#running++;
  }

  end(): void {
    this.#running--;
  }

  /** A request went well. */
  wellDone(): void {
    if (this.#limit >= this.#most || ++this.#wellDone < this.#limit) return;
    this.#wellDone = 0;
    this.#limit++;
  }

  /** There is no room for as many as are under way: one of them has to end before another one starts. */
  lower(): void {
    this.#wellDone = 0;
    this.#limit = Math.max(1, Math.min(this.#limit, this.#running - 1));
  }

  /**
   * A request was turned away.
   *
   * @param startedAt When it was made: the answers to one burst of requests are one complaint, not many.
   * @param now The time.
   * @param wait For how long the host wants to be left alone.
   */
  turnedAway(startedAt: number, now: number, wait: number): void {
    this.#wellDone = 0;
    this.#closedUntil = Math.max(this.#closedUntil, now + wait);
    if (startedAt < this.#halvedAt) return;
    this.#halvedAt = now;
    this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, this.#most) / 2));
  }
}
