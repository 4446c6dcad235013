import { currentScope } from "../../core/ambient.ts";
import { sleep } from "../../tasks/sleep.ts";

/** What a connection may take in at once: often enough for a steady flow, seldom enough to cost nothing. */
const PIECES_A_SECOND = 8;

/** Shares so many bytes a second among all downloads of one call. */
export class RateLimit {
  readonly #perSecond: number;
  /** When what has been taken so far will have been paid for. */
  #paidAt = -Infinity;

  /** @param perSecond Bytes a second, from 1; `Infinity` for no limit. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Bytes to take at once, at most. */
  get piece(): number {
    return Math.max(1, Math.ceil(this.#perSecond / PIECES_A_SECOND));
  }

  /** Whether there is anything to wait for. */
  get limited(): boolean {
    return this.#perSecond !== Infinity;
  }

  /** Wait until `bytes` more are within the limit. */
  async spend(bytes: number): Promise<void> {
    const now = currentScope().clock.now();
    this.#paidAt = Math.max(this.#paidAt, now) + (bytes / this.#perSecond) * 1000;
    await sleep(this.#paidAt - now);
  }
}
