import { realTime } from "../../core/platform.ts";
import { isTimeout } from "../../errors.ts";
import { timeout, type TimeoutScope } from "../../tasks/timeout.ts";
import { DownloadError } from "../words/download_error.ts";

/** How long a server may keep us waiting. */
export interface TimeLimits {
  /** For the head of an answer, in milliseconds. */
  readonly connectTimeout: number;
  /** For the next byte, in milliseconds. */
  readonly idleTimeout: number;
  /** Bytes a second that must come, on average over the time above. */
  readonly lowSpeed: number;
}

/** Watches over one exchange with a server, so that it never hangs. */
export class Watch {
  readonly #scope: TimeoutScope;
  readonly #limits: TimeLimits;
  #receiving = false;
  /** Since when bytes are waited for; `null` while they are not. */
  #waitingSince: number | null = null;
  /** How long they have been waited for since the speed was last judged, and how many came. */
  #waited = 0;
  #arrived = 0;

  constructor(scope: TimeoutScope, limits: TimeLimits) {
    this.#scope = scope;
    this.#limits = limits;
  }

  /** Ends the exchange. */
  get signal(): AbortSignal {
    return this.#scope.signal;
  }

  /** The head of an answer is waited for. */
  connecting(): void {
    this.#receiving = false;
    this.#set(this.#limits.connectTimeout);
  }

  /** The next bytes are waited for; or nothing is, as we ourselves hold things up. */
  receiving(waiting: boolean): void {
    this.#receiving = true;
    if (this.#limits.lowSpeed > 0) this.#waitingSince = waiting ? realTime.now() : null;
    this.#set(waiting ? this.#limits.idleTimeout : null);
  }

  /**
   * Bytes have come. What holds them up here, and not at the server, does not count.
   *
   * @throws {DownloadError} When they come too slowly.
   */
  arrived(bytes: number): void {
    const { lowSpeed, idleTimeout } = this.#limits;
    if (this.#waitingSince === null) return;
    const now = realTime.now();
    this.#waited += now - this.#waitingSince;
    this.#waitingSince = now;
    this.#arrived += bytes;
    if (this.#waited < idleTimeout) return;
    if (this.#arrived < (lowSpeed * this.#waited) / 1000) {
      throw new DownloadError("timeout", `Fewer than ${lowSpeed} bytes a second came for ${idleTimeout} ms`, {
        retriable: true,
      });
    }
    this.#waited = this.#arrived = 0;
  }

  /** What to say when the time has run out. */
  timeoutMessage(): string {
    const { connectTimeout, idleTimeout } = this.#limits;
    return this.#receiving ? `No data came for ${idleTimeout} ms` : `No answer came within ${connectTimeout} ms`;
  }

  #set(ms: number | null): void {
    // Bytes may arrive in the very turn in which the time has run out.
    if (!this.#scope.expired) this.#scope.reschedule(ms);
  }
}

/**
 * Run one exchange with a server under a watch.
 *
 * @throws {DownloadError} When the server takes too long.
 */
export async function watched<T>(limits: TimeLimits, fn: (watch: Watch) => Promise<T>): Promise<T> {
  let watch: Watch | undefined;
  try {
    return await timeout(limits.connectTimeout, (scope) => fn(watch = new Watch(scope, limits)));
  } catch (error) {
    if (!isTimeout(error) || watch === undefined) throw error;
    throw new DownloadError("timeout", watch.timeoutMessage(), { retriable: true, cause: error });
  }
}
