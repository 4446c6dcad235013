/** Over how long speed is measured: long enough to be steady, short enough to notice a change. */
const WINDOW_MS = 4000;

/** How many readings are kept of that. */
const READINGS = 20;

/** Tells how fast something that grows has been growing of late. */
export class Speedometer {
  readonly #readings: { readonly at: number; readonly amount: number }[] = [];

  /** The amount has come to `amount` at the time `at`, in milliseconds. */
  read(amount: number, at: number): void {
    const last = this.#readings.at(-1);
    // Less than before: it has started over.
    if (last !== undefined && amount < last.amount) this.#readings.length = 0;
    // Of readings that follow each other closely the latest is enough.
    const before = this.#readings.at(-2);
    if (before !== undefined && last!.at - before.at < WINDOW_MS / READINGS) this.#readings.pop();
    this.#readings.push({ at, amount });
    while (this.#readings.length > 2 && at - this.#readings[0]!.at > WINDOW_MS) this.#readings.shift();
  }

  /** Amount a second at the time `at`; `null` when it is too early to tell. */
  speed(at: number): number | null {
    const [first] = this.#readings;
    const last = this.#readings.at(-1);
    if (first === undefined || last === undefined || last.at === first.at) return null;
    // When nothing comes any more, speed goes down all the same.
    return ((last.amount - first.amount) / (Math.max(at, last.at) - first.at)) * 1000;
  }
}
