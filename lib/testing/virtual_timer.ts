import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../core/clock.ts";
import { instrument, type ResourceView } from "../core/instrument.ts";
import type { TimerEntry } from "../core/timer_queue.ts";

/** The platform fires what is to wait longer at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

let lastId = 0;

/** Timers that have not fired, by what they are as a number. */
const pending = new Map<number, VirtualTimer>();

/** What the `setTimeout` and `setInterval` of virtual time return: as the platform's own object. */
export class VirtualTimer implements TimerEntry, ResourceView {
  due = 0;
  order = 0;
  index = -1;
  /** Below 0, so that it is never that of a real one. */
  readonly #id = --lastId;
  readonly #clock: Clock;
  readonly #callback: () => void;
  readonly #delay: number;
  readonly #repeats: boolean;

  constructor(clock: Clock, callback: () => void, delay: unknown, repeats: boolean) {
    const ms = Number(delay);
    // An interval of 0 would never let time pass.
    this.#delay = ms >= 1 && ms <= LONGEST_DELAY ? Math.trunc(ms) : 1;
    this.#clock = clock;
    this.#callback = AsyncLocalStorage.bind(callback);
    this.#repeats = repeats;
    this.refresh();
  }

  /** The one that `timer` stands for: itself, or its number. */
  static find(timer: unknown): VirtualTimer | undefined {
    return timer instanceof VirtualTimer ? timer : typeof timer === "number" ? pending.get(timer) : undefined;
  }

  fire(): void {
    if (this.#repeats) this.refresh();
    else this.#end();
    // What it throws is an uncaught error, as with a real one.
    queueMicrotask(this.#callback);
  }

  /** Begin again. */
  refresh(): this {
    this.#clock.cancel(this);
    this.due = this.#clock.now() + this.#delay;
    pending.set(this.#id, this);
    this.#clock.at(this);
    instrument?.opened(this);
    return this;
  }

  /** Never fire. */
  close(): this {
    this.#clock.cancel(this);
    this.#end();
    return this;
  }

  describe(): string {
    return `${this.#repeats ? "interval" : "timer"} of ${this.#delay} ms`;
  }

  /** Nothing keeps the process alive here. */
  ref(): this {
    return this;
  }

  /** Nothing keeps the process alive here. */
  unref(): this {
    return this;
  }

  /** Whether it keeps the process alive. */
  hasRef(): boolean {
    return false;
  }

  [Symbol.toPrimitive](): number {
    return this.#id;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #end(): void {
    pending.delete(this.#id);
    instrument?.closed(this);
  }
}
