import { AsyncLocalStorage } from "node:async_hooks";
import { realTime } from "./platform.ts";

/** A value that follows `await`, timers and callbacks, as that of an `AsyncLocalStorage` does. */
export interface Context<T> {
  /** The value of the calling code. */
  get(): T | undefined;
  /** Call `fn` with another value, for it and for all that it starts. */
  run<A extends unknown[], R>(value: T, fn: (...args: A) => R, ...args: A): R;
  /**
   * Take down what the calling code carries beside, and give what runs other code in it: what serves many calls from outside
   * does so for each of them, at a fifth of what a snapshot of `AsyncLocalStorage` costs.
   */
  capture(): RunIn<T>;
}

/** Call `fn` in what was captured, with a value. */
export type RunIn<T> = <A extends unknown[], R>(value: T, fn: (...args: A) => R, ...args: A) => R;

/** The two functions of the runtime that its `AsyncLocalStorage` is made of. */
interface Continuations {
  /** What the running continuation carries: an object with the value of each storage under its id. */
  getAsyncContext(): Record<string, unknown> | undefined;
  /** Carry something else from here on. */
  setAsyncContext(carried: Record<string, unknown> | undefined): void;
}

/**
 * Make a context.
 *
 * A task needs one of its own, and `AsyncLocalStorage` keeps each in a `WeakMap`: 2 µs a task with 100 000 of them alive,
 * four times as much as all the rest of a task, nearly all of it in the garbage collector. Where the runtime lets us,
 * the value is put straight into the object that every continuation carries anyway. That is no documented API, so it is
 * taken only where it proves itself (see {@linkcode ProvenContext}); or else, and with the environment variable
 * `ASYNCIO_CONTEXT=stored`, the documented one serves.
 *
 * @param use Told of what to call from then on, when that is another: once nothing is left to prove, a call is to go through
 * nothing that asks for it. Who does not care goes on with what this returns.
 */
export function createContext<T>(use: (context: Context<T>) => void = () => {}): ProvenContext<T> | StoredContext<T> {
  const continuations = storedRequested() ? undefined : findContinuations();
  if (continuations !== undefined) {
    const carried = new CarriedContext<T>(continuations);
    if (livesBesideStorage(carried as Context<unknown>)) return new ProvenContext(carried, use);
  }
  return new StoredContext<T>();
}

/** Whether the environment asks for the documented way, if it may be read. */
function storedRequested(): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "ASYNCIO_CONTEXT" });
  return state === "granted" && Deno.env.get("ASYNCIO_CONTEXT") === "stored";
}

/** By the documented way. */
export class StoredContext<T> implements Context<T> {
  /** Whether the value is carried without a storage. */
  readonly carries = false;
  readonly #storage = new AsyncLocalStorage<T>();

  get(): T | undefined {
    return this.#storage.getStore();
  }

  run<A extends unknown[], R>(value: T, fn: (...args: A) => R, ...args: A): R {
    return this.#storage.run(value, fn, ...args);
  }

  capture(): RunIn<T> {
    const enter = AsyncLocalStorage.snapshot();
    return (value, fn, ...args) => enter(() => this.run(value, fn, ...args));
  }
}

/** No two copies of this package may take each other's scopes for theirs. */
const key = `asyncio-${performance.timeOrigin}-${Math.random()}`;

/** What a continuation carries when there is only our value: made in a tenth of the time that an object literal takes. */
class Carried {
  [key: string]: unknown;

  constructor(value: unknown) {
    this[key] = value;
  }
}

class CarriedContext<T> implements Context<T> {
  readonly #get: Continuations["getAsyncContext"];
  readonly #set: Continuations["setAsyncContext"];

  constructor({ getAsyncContext, setAsyncContext }: Continuations) {
    this.#get = getAsyncContext;
    this.#set = setAsyncContext;
  }

  get(): T | undefined {
    return this.#get()?.[key] as T | undefined;
  }

  run<A extends unknown[], R>(value: T, fn: (...args: A) => R, ...args: A): R {
    const get = this.#get;
    const set = this.#set;
    const before = get();
    set(
      before === undefined || before instanceof Carried
        ? new Carried(value)
        : { __proto__: null, ...before, [key]: value },
    );
    try {
      return fn(...args);
    } finally {
      set(before);
    }
  }

  capture(): RunIn<T> {
    const get = this.#get;
    const set = this.#set;
    const beside = get();
    const isAlone = beside === undefined || beside instanceof Carried;
    return (value, fn, ...args) => {
      const before = get();
      set(isAlone ? new Carried(value) : { __proto__: null, ...beside, [key]: value });
      try {
        return fn(...args);
      } finally {
        set(before);
      }
    };
  }
}

/**
 * The undocumented way, once it has proven itself, and the documented one until then.
 *
 * A runtime that loses our value on the way would switch off all cancellation, and nobody would be told. So the value is
 * followed over an `await` and a microtask from the moment of import; what starts before the answer is there, as the main
 * function of nearly every program does, is kept both ways, and the storage is asked no more once it is. Over a turn of the event loop it is followed from the first task on, since an import sets no timer: should it
 * be lost only there, a storage serves from then on, and that is told.
 */
export class ProvenContext<T> implements Context<T> {
  readonly #carried: CarriedContext<T>;
  /** Used while the other way is not trusted. */
  readonly #stored: StoredContext<T> = new StoredContext<T>();
  #state: "unproven" | "over awaits" | "over turns" | "refuted" = "unproven";
  /** Looked at by each call: whether new values are carried. */
  #trusted = false;

  readonly #use: (context: Context<T>) => void;

  constructor(carried: CarriedContext<T>, use: (context: Context<T>) => void) {
    this.#carried = carried;
    this.#use = use;
    void this.#prove();
  }

  /** Whether a value that is set now is carried without a storage. */
  get carries(): boolean {
    return this.#trusted;
  }

  get(): T | undefined {
    return this.#trusted ? this.#carried.get() : this.#stored.get() ?? this.#carried.get();
  }

  run<A extends unknown[], R>(value: T, fn: (...args: A) => R, ...args: A): R {
    if (this.#trusted) {
      if (this.#state === "over awaits") this.#proveOverTurn();
      return this.#carried.run(value, fn, ...args);
    }
    if (this.#state === "refuted") return this.#stored.run(value, fn, ...args);
    return this.#stored.run(value, () => this.#carried.run(value, fn, ...args));
  }

  capture(): RunIn<T> {
    // What is captured while nothing is proven keeps both ways, for as long as that may matter.
    const stored = this.#stored.capture();
    const carried = this.#carried.capture();
    return (value, fn, ...args) => {
      if (this.#trusted) return carried(value, fn, ...args);
      return stored(value, () => this.#state === "refuted" ? fn(...args) : this.#carried.run(value, fn, ...args));
    };
  }

  async #prove(): Promise<void> {
    const carried = this.#carried as Context<unknown>;
    this.#trusted = await holdsOverAwait(carried).catch(() => false) && carried.get() === undefined;
    this.#state = this.#trusted ? "over awaits" : "refuted";
  }

  #proveOverTurn(): void {
    this.#state = "over turns";
    this.#use(this.#carried);
    const carried = this.#carried as Context<unknown>;
    const proof = {};
    carried.run(proof, () =>
      realTime.setImmediate(() => {
        if (carried.get() === proof) return;
        this.#trusted = false;
        this.#state = "refuted";
        this.#use(this);
        console.error(
          "This runtime loses the context of asynchronous code over a turn of its event loop: what was started before now " +
            "is not cancelled with its owner. Set the environment variable ASYNCIO_CONTEXT=stored, and report it.",
        );
      }));
  }
}

/** Whether values of `context` and of an `AsyncLocalStorage` are both seen after an `await`, and in a microtask. */
function holdsOverAwait(context: Context<unknown>): Promise<boolean> {
  const storage = new AsyncLocalStorage<number>();
  const proof = {};
  const both = () => storage.getStore() === 1 && context.get() === proof;
  return storage.run(1, () =>
    context.run(proof, async () => {
      await undefined;
      if (!both()) return false;
      const inMicrotask = await new Promise<boolean>((resolve) => queueMicrotask(() => resolve(both())));
      return inMicrotask && both();
    }));
}

function findContinuations(): Continuations | undefined {
  const { internal } = Deno as unknown as { internal?: symbol };
  const core = internal && (Deno as unknown as Record<symbol, { core?: Partial<Continuations> }>)[internal]?.core;
  if (typeof core?.getAsyncContext !== "function" || typeof core.setAsyncContext !== "function") return undefined;
  return core as Continuations;
}

/** Whether values of `context` and of an `AsyncLocalStorage` are both seen, whichever is inside the other. */
function livesBesideStorage(context: Context<unknown>): boolean {
  try {
    const storage = new AsyncLocalStorage<number>();
    const both = () => storage.getStore() === 1 && context.get() === 2;
    return storage.run(1, () => context.run(2, both)) && context.run(2, () => storage.run(1, both)) &&
      context.run(3, () => context.run(2, () => storage.run(1, both))) &&
      context.get() === undefined && storage.getStore() === undefined;
  } catch {
    return false;
  }
}
