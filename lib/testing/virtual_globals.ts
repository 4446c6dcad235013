import { AsyncLocalStorage } from "node:async_hooks";
import { currentScope } from "../core/ambient.ts";
import type { Clock } from "../core/clock.ts";
import { instrument, type ResourceView } from "../core/instrument.ts";
import { LONGEST_DELAY, standsFor } from "../core/platform.ts";
import type { TimerEntry } from "../core/timer_queue.ts";

/** The clocks that the timers and dates of the platform follow, and what they began at. */
const followed = new WeakMap<Clock, { epoch: number }>();

let users = 0;
let restore: () => void;

/**
 * Have the timers and dates of the platform follow `clock`, for the code that runs by it: all other code keeps the real ones.
 * Returns the function that ends this.
 */
export function followClock(clock: Clock): () => void {
  followed.set(clock, { epoch: Date.now() - clock.now() });
  if (users++ === 0) restore = replaceGlobals();
  return () => {
    followed.delete(clock);
    if (--users === 0) restore();
  };
}

/** The clock that the calling code follows, if it does. */
function clockHere(): Clock | undefined {
  const { clock } = currentScope();
  return followed.has(clock) ? clock : undefined;
}

function dateHere(): number | undefined {
  const { clock } = currentScope();
  const following = followed.get(clock);
  return following && Math.floor(following.epoch + clock.now());
}

function replaceGlobals(): () => void {
  const { setTimeout, setInterval, clearTimeout, clearInterval, Date } = globalThis;
  const { now } = performance;
  const own = Object.getOwnPropertyDescriptor(performance, "now");
  type Callback = (...args: unknown[]) => void;

  function virtual(real: unknown, repeats: boolean) {
    return (callback: Callback, delay?: number, ...args: unknown[]): unknown => {
      const clock = clockHere();
      if (clock === undefined) return (real as (...args: unknown[]) => unknown)(callback, delay, ...args);
      return new VirtualTimer(clock, () => callback(...args), delay, repeats);
    };
  }

  function clearing(real: (timer?: number) => void) {
    return (timer?: unknown): void => {
      const found = VirtualTimer.find(timer);
      if (found === undefined) real(timer as number);
      else found.close();
    };
  }

  const replaced = {
    setTimeout: virtual(setTimeout, false),
    setInterval: virtual(setInterval, true),
    clearTimeout: clearing(clearTimeout),
    clearInterval: clearing(clearInterval),
    Date: virtualDate(Date),
  };
  Object.assign(globalThis, replaced);
  performance.now = () => clockHere()?.now() ?? now.call(performance);

  return () => {
    // What somebody else has put in since is theirs to take out.
    const originals = { setTimeout, setInterval, clearTimeout, clearInterval, Date };
    for (const name of Object.keys(originals) as (keyof typeof originals)[]) {
      if (globalThis[name] as unknown === replaced[name]) Object.assign(globalThis, { [name]: originals[name] });
    }
    // As a rule it comes from the prototype.
    if (own === undefined) delete (performance as Partial<Performance>).now;
    else Object.defineProperty(performance, "now", own);
  };
}

/** The platform's `Date`, with another idea of now. */
function virtualDate(real: DateConstructor): DateConstructor {
  const now = () => dateHere() ?? real.now();
  return new Proxy(real, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new real(now()).toString(),
    get: (target, key, receiver) => key === "now" ? now : Reflect.get(target, key, receiver),
  });
}

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

/** What reads a response to its end. */
const READERS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"] as const;

let holders = 0;
let realFetch: typeof fetch;

/** Have `fetch` hold the clock of whoever calls it. Returns the function that ends this. */
export function holdForFetch(): () => void {
  if (holders++ === 0) {
    realFetch = globalThis.fetch;
    globalThis.fetch = Object.assign(holdingFetch, { [standsFor]: realFetch });
  }
  return () => {
    // Not if somebody else has put in something since.
    if (--holders === 0 && globalThis.fetch === holdingFetch) globalThis.fetch = realFetch;
  };
}

function holdingFetch(...args: Parameters<typeof fetch>): Promise<Response> {
  const { clock } = currentScope();
  const fetching = realFetch(...args);
  if (clock.hold === undefined) return fetching;
  const hold = clock.hold.bind(clock);
  return during(
    hold,
    fetching.then((response) => {
      for (const name of READERS) {
        const read = response[name].bind(response) as () => Promise<unknown>;
        Object.defineProperty(response, name, {
          value: () => during(hold, read()),
          configurable: true,
          writable: true,
        });
      }
      return response;
    }),
  );
}

async function during<T>(hold: () => () => void, work: Promise<T>): Promise<T> {
  const release = hold();
  try {
    return await work;
  } finally {
    release();
  }
}
