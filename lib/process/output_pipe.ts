import { LONGEST_DELAY, realTime } from "../core/platform.ts";
import { nextTurn } from "../core/turn.ts";

/** What may be left in a pipe whose process has ended: the system keeps no more. */
const MOST_LEFT = 1024 * 1024;

/** How long a read may take, in milliseconds, once others than the process have held its pipe for long enough. */
const LAST_READ = 50;

/** Whose pipe it is. */
export interface PipeOwner {
  /** Whether the process is being ended, rather than ends by itself. */
  readonly isEnding: boolean;
  /** Why nothing more comes, once that is known; `null` for an end like any other. */
  whyEnded(): Promise<{ error: unknown } | null>;
  /** A read has begun, or is over. */
  onReading(): void;
}

/**
 * What a process writes. It knows when it has been read to its end, or given up, since until then somebody has to close it.
 * An end that comes because the process was ended is told as an error: those who read would take a part for the whole.
 */
export class OutputPipe {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #owner: PipeOwner;
  readonly #drained = Promise.withResolvers<void>();
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
  #reading = false;
  #reads = 0;
  #ended = false;
  #why: { error: unknown } | null = null;
  /** Until when others may hold the pipe after the end of its process, in real time. */
  #deadline = Infinity;
  #left = MOST_LEFT;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source: ReadableStream<Uint8Array<ArrayBuffer>>, owner: PipeOwner) {
    this.#reader = source.getReader();
    this.#owner = owner;
  }

  /** For those who read, at their own pace: nothing is read ahead. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= new ReadableStream({
      type: "bytes",
      pull: async (controller) => {
        const chunk = await this.read();
        if (chunk !== null) return controller.enqueue(chunk);
        controller.close();
        // One who reads into a buffer of his own gets it back empty.
        controller.byobRequest?.respond(0);
      },
      cancel: () => void this.#giveUp(),
    });
  }

  /** Resolves when there is nothing to be read any more. */
  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  /** Whether somebody reads at this moment. */
  get isReading(): boolean {
    return this.#reading;
  }

  /** Whether there is nothing to be read any more. */
  get isEnded(): boolean {
    return this.#ended;
  }

  /** Read what comes next; `null` is the end. */
  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    const chunk = await this.#next();
    if (chunk !== null) {
      if (realTime.now() > this.#deadline && (this.#left -= chunk.byteLength) < 0) this.#cutOff();
      return chunk;
    }
    this.end(this.#ended ? null : await this.#owner.whyEnded());
    if (this.#why !== null) throw this.#why.error;
    return null;
  }

  /** The process has ended. Others may hold the pipe for `ms` more; then what is left in it is read, and that is the end. */
  cutOffAfter(ms: number): void {
    this.#deadline = Math.min(this.#deadline, realTime.now() + ms);
    // Where nobody reads there is nothing to be cut off, and no timer to keep the program alive.
    if (this.#reading) this.#limitRead();
  }

  /** Close it. Those who read are at the end, or get the error. */
  end(why: { error: unknown } | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#why = why;
    realTime.clearTimeout(this.#timer);
    this.#drained.resolve();
    this.#cutOff();
    this.#owner.onReading();
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | null> {
    this.#reading = true;
    this.#reads++;
    this.#owner.onReading();
    this.#limitRead();
    try {
      const { done, value } = await this.#reader.read();
      return done ? null : value;
    } finally {
      this.#reading = false;
      this.#owner.onReading();
      realTime.clearTimeout(this.#timer);
    }
  }

  /** Have the read that is under way end with the deadline; but what is there already is read. */
  #limitRead(): void {
    if (this.#deadline === Infinity) return;
    const read = this.#reads;
    const delay = Math.max(this.#deadline - realTime.now(), LAST_READ);
    realTime.clearTimeout(this.#timer);
    this.#timer = realTime.setTimeout(async () => {
      // On a busy machine a timer may come before what has long been there to be read.
      await nextTurn();
      await nextTurn();
      if (this.#reading && this.#reads === read) this.#cutOff();
    }, Math.min(delay, LONGEST_DELAY));
  }

  /** A read that is under way is at the end, and so is the next. */
  #cutOff(): void {
    this.#reader.cancel().catch(() => {});
  }

  /** Nobody reads any more. A process that is being ended may say its last words all the same, without a broken pipe. */
  async #giveUp(): Promise<void> {
    let isOpen = this.#owner.isEnding;
    while (isOpen) isOpen = await this.#next().then((chunk) => chunk !== null, () => false);
    this.end(null);
  }
}
