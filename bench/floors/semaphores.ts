/** Semaphores of one permit by hand: the least that a permit can cost. */

/** What all the semaphores here can do. */
export interface Permits {
  acquire(): Promise<unknown>;
  release(): void;
}

/** The smallest one that is first come, first served, and lets nobody barge in. `G` is what a holder gets. */
abstract class HandMade<G> {
  #free = 1;
  readonly #waiting: ((granted: G) => void)[] = [];

  /** Take the permit, or line up for it. */
  protected take(): Promise<G> | null {
    if (this.#free === 0) return new Promise((resolve) => void this.#waiting.push(resolve));
    this.#free--;
    return null;
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next(this.grant());
  }

  protected abstract grant(): G;
}

/** As one writes it, with `async`. */
export class PlainSemaphore extends HandMade<void> implements Permits {
  async acquire(): Promise<void> {
    const turn = this.take();
    if (turn !== null) await turn;
  }

  protected grant(): void {}
}

/** Without `async`. */
export class LeanSemaphore extends HandMade<void> implements Permits {
  acquire(): Promise<void> {
    return this.take() ?? Promise.resolve();
  }

  protected grant(): void {}
}

/** With a guard that releases once, as ours gives: the floor for that guarantee. */
export class GuardingSemaphore extends HandMade<Disposable> {
  acquire(): Promise<Disposable> {
    return this.take() ?? Promise.resolve(this.grant());
  }

  protected grant(): Disposable {
    return new Guard(this);
  }
}

class Guard implements Disposable {
  #semaphore: GuardingSemaphore | null;

  constructor(semaphore: GuardingSemaphore) {
    this.#semaphore = semaphore;
  }

  [Symbol.dispose](): void {
    this.#semaphore?.release();
    this.#semaphore = null;
  }
}
