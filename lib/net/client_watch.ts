import { outside } from "../core/context.ts";
import { realTime } from "../core/platform.ts";

/** How long a request stays unwatched, in milliseconds: most have ended by then, and to watch one costs as much as to answer it. */
const YOUNG = 20;

/** What has a client that may go away. Its links belong to the watch: a set would cost as much as all the rest of a request. */
export interface HasClient {
  /** After how many looks it came; -1 while it is in no list. */
  cameAfter: number;
  /** Neighbours in the list. */
  olderClient: HasClient | null;
  youngerClient: HasClient | null;
  watchClient(): void;
}

/** Has the clients of requests watched, once those take a while. One timer serves all of them. */
export class ClientWatch {
  /** Those who are not watched yet, oldest first. */
  #oldest: HasClient | null = null;
  #youngest: HasClient | null = null;
  #looks = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** A request has come. */
  begin(request: HasClient): void {
    const youngest = this.#youngest;
    request.cameAfter = this.#looks;
    request.olderClient = youngest;
    if (youngest === null) this.#oldest = request;
    else youngest.youngerClient = request;
    this.#youngest = request;
    this.#timer ??= outside(realTime.setInterval, this.#look, YOUNG);
  }

  /** It has been answered. Harmless if it is not in the list. */
  end(request: HasClient): void {
    if (request.cameAfter === -1) return;
    request.cameAfter = -1;
    const { olderClient, youngerClient } = request;
    if (olderClient === null) this.#oldest = youngerClient;
    else olderClient.youngerClient = youngerClient;
    if (youngerClient === null) this.#youngest = olderClient;
    else youngerClient.olderClient = olderClient;
    request.olderClient = request.youngerClient = null;
  }

  /** All have been answered. */
  close(): void {
    realTime.clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    const looks = this.#looks++;
    // Those who were there at the look before this one.
    for (let each = this.#oldest; each !== null && each.cameAfter < looks; each = this.#oldest) {
      this.end(each);
      each.watchClient();
    }
    if (this.#oldest === null) this.close();
  };
}
