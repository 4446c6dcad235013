/** So many entries are enough to tell a stretch of time: with more, those that are close together are taken for one. */
const FINEST = 1_000;

/** A stretch of time that moves on with the clock, and what has gone on in it. */
export class TimeWindow {
  readonly #most: number;
  /** In milliseconds. */
  readonly #length: number;
  /** How far apart the first and the last of one entry may be, in milliseconds. */
  readonly #grain: number;
  /** When each went on, the oldest first, and for how many it counts. What lies before `#head` has left. */
  #times: number[] = [];
  #weights: number[] = [];
  #head = 0;
  /** The sum of those weights. */
  #used = 0;
  /** When the first of the last entry went on. */
  #since = -Infinity;

  /**
   * @param most What has room in it.
   * @param length Its length, in milliseconds.
   */
  constructor(most: number, length: number) {
    this.#most = most;
    this.#length = length;
    this.#grain = most > FINEST ? length / FINEST : 0;
  }

  /** When there is room for `weight`; not after `now` if there is some already. */
  opensAt(weight: number, now: number): number {
    this.#moveTo(now);
    let used = this.#used + weight;
    let at = this.#head;
    let opens = now;
    while (used > this.#most) {
      opens = this.#times[at]! + this.#length;
      used -= this.#weights[at++]!;
    }
    return opens;
  }

  /** How much room there is. */
  left(now: number): number {
    this.#moveTo(now);
    return this.#most - this.#used;
  }

  /** Something has gone on. */
  add(weight: number, now: number): void {
    const last = this.#times.length - 1;
    this.#used += weight;
    if (last >= this.#head && now - this.#since <= this.#grain) {
      // By the last of them, so that there are never too many.
      this.#times[last] = now;
      this.#weights[last]! += weight;
    } else {
      this.#since = now;
      this.#times.push(now);
      this.#weights.push(weight);
    }
  }

  /** Begin anew. */
  forget(): void {
    this.#times = [];
    this.#weights = [];
    this.#head = this.#used = 0;
    this.#since = -Infinity;
  }

  #moveTo(now: number): void {
    // The same sum as above: what is due has left.
    while (this.#head < this.#times.length && this.#times[this.#head]! + this.#length <= now) {
      this.#used -= this.#weights[this.#head++]!;
    }
    if (this.#head < FINEST || this.#head * 2 < this.#times.length) return;
    this.#times.splice(0, this.#head);
    this.#weights.splice(0, this.#head);
    this.#head = 0;
  }
}
