import { outside } from "../core/context.ts";
import { realTime } from "../core/platform.ts";

/** How long a request stays unwatched, in milliseconds: most have ended by then, and to watch one costs as much as to answer it. */
const YOUNG = 20;

/** What has a client that may go away. */
export interface HasClient {
  watchClient(): void;
}

/** Has the clients of requests watched, once those take a while. One timer serves all of them. */
export class ClientWatch {
  /** Those who came since the last look, and those who came before it. */
  #young = new Set<HasClient>();
  #older = new Set<HasClient>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** A request has come. */
  begin(request: HasClient): void {
    this.#young.add(request);
    this.#timer ??= outside(realTime.setInterval, this.#look, YOUNG);
  }

  /** It has been answered. */
  end(request: HasClient): void {
    if (!this.#young.delete(request)) this.#older.delete(request);
  }

  /** All have been answered. */
  close(): void {
    realTime.clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    const older = this.#older;
    this.#older = this.#young;
    this.#young = new Set();
    if (this.#older.size === 0) this.close();
    for (const request of older) request.watchClient();
  };
}

let noticed = false;

/**
 * Once in a process, the platform prints that the signal of a request fires also when that was answered, wherever one was
 * asked for. That is for code which listens to it; this has stopped listening, and who reads the notice can do nothing about
 * it. It comes in the microtasks after the answer, so only there it is taken out; anything else is printed.
 */
export function withoutNotice(): void {
  if (noticed) return;
  noticed = true;
  const { warn } = console;
  const filtered = (...args: unknown[]): void => {
    if (!String(args[0]).startsWith("Deno.serve: request.signal aborts on successful responses")) {
      warn.apply(console, args);
    }
  };
  console.warn = filtered;
  outside(realTime.setImmediate, () => {
    if (console.warn === filtered) console.warn = warn;
  });
}
