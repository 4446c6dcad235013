import type * as AsyncHooks from "node:async_hooks";
import { realTime } from "./platform.ts";

// More than 300 lines, as both ways to keep a value stand beside the proof that decides between them.

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

/** What the runtime makes its `AsyncLocalStorage` of. */
interface Continuations {
  /** What the running continuation carries: an object with the value of each storage under its id. */
  getAsyncContext(): Record<string, unknown> | undefined;
  /** Carry something else from here on. */
  setAsyncContext(carried: Record<string, unknown> | undefined): void;
  /** One value in that object: set from here on by `enter`, which gives what was carried before. */
  readonly AsyncVariable: new () => { enter(value: unknown): Record<string, unknown> | undefined; get(): unknown };
}

/** What both ways have in common with an `AsyncLocalStorage`. */
type Storage = Pick<AsyncHooks.AsyncLocalStorage<unknown>, "getStore" | "run">;

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
    const carried = this.#get();
    if (carried === undefined) return undefined;
    const value = carried[key] as T | undefined;
    if (value === undefined && !storageMet) meetStorage();
    return value;
  }

  run<A extends unknown[], R>(value: T, fn: (...args: A) => R, ...args: A): R {
    const get = this.#get;
    const set = this.#set;
    const before = get();
    set(before === undefined || before instanceof Carried ? new Carried(value) : beside(before, value));
    try {
      return fn(...args);
    } finally {
      set(before);
    }
  }

  capture(): RunIn<T> {
    const get = this.#get;
    const set = this.#set;
    const captured = get();
    const isAlone = captured === undefined || captured instanceof Carried;
    return (value, fn, ...args) => {
      const before = get();
      set(isAlone ? new Carried(value) : beside(captured, value));
      try {
        return fn(...args);
      } finally {
        set(before);
      }
    };
  }
}

function beside(others: Record<string, unknown>, value: unknown): Record<string, unknown> {
  if (!storageMet) meetStorage();
  return { __proto__: null, ...others, [key]: value };
}

/** Whether the program has turned out to have values of its own. */
let storageMet = false;

/**
 * See that those of an `AsyncLocalStorage`, as they most likely are, live beside ours. A program that has some has loaded it,
 * and no other has to.
 */
function meetStorage(): void {
  if (continuations === undefined) return;
  storageMet = true;
  void outside(() => import("node:async_hooks")).then(({ AsyncLocalStorage }) => {
    if (continuations === undefined || liveBeside(new CarriedContext(continuations), new AsyncLocalStorage())) return;
    lose(`beside an AsyncLocalStorage`);
  });
}

/** By the documented way. */
export class StoredContext<T> implements Context<T> {
  readonly #storage = new (storages())<T>();

  get(): T | undefined {
    return this.#storage.getStore();
  }

  run<A extends unknown[], R>(value: T, fn: (...args: A) => R, ...args: A): R {
    return this.#storage.run(value, fn, ...args);
  }

  capture(): RunIn<T> {
    const enter = storages().snapshot();
    return (value, fn, ...args) => enter(() => this.run(value, fn, ...args));
  }
}

let loaded: typeof AsyncHooks.AsyncLocalStorage | undefined;

/** The documented way, loaded when it must be: with an `import` at the head it would be a third of what an import of this package costs. */
function storages(): typeof AsyncHooks.AsyncLocalStorage {
  const { process } = globalThis as unknown as { process: { getBuiltinModule(id: string): typeof AsyncHooks } };
  return loaded ??= process.getBuiltinModule("node:async_hooks").AsyncLocalStorage;
}

/**
 * Where a value can be put straight into what continuations carry; `undefined` where the documented way serves.
 *
 * A task needs a context of its own, and `AsyncLocalStorage` keeps each in a `WeakMap`: 2 µs a task with 100 000 of them
 * alive, four times as much as all the rest of a task, nearly all of it in the garbage collector. Where the runtime lets us,
 * the value is put straight into the object that every continuation carries anyway. That is no documented API, so it is
 * taken only where it proves itself; or else, and with the environment variable `ASYNCIO_CONTEXT=stored`, the documented
 * one serves.
 *
 * A runtime that loses our value on the way would switch off all cancellation, and nobody would be told. So it is followed
 * over an `await` and a microtask, beside a value of the runtime's, and the import is over when the answer is there: nothing
 * can be started before. Over a turn of the event loop it is followed from the first task on, since an import sets no timer,
 * and beside an `AsyncLocalStorage` when the program turns out to have one: should it be lost only there, the documented way
 * serves from then on, and that is told.
 */
let continuations: Continuations | undefined;
continuations = await findContinuations();

/** Calls outside of all contexts, by the documented way. */
let outermost = continuations === undefined ? storages().snapshot() : undefined;

async function findContinuations(): Promise<Continuations | undefined> {
  const { internal } = Deno as unknown as { internal?: symbol };
  const core = internal && (Deno as unknown as Record<symbol, { core?: Partial<Continuations> }>)[internal]?.core;
  const { getAsyncContext, setAsyncContext, AsyncVariable } = core ?? {};
  if ([getAsyncContext, setAsyncContext, AsyncVariable].some((each) => typeof each !== "function")) return undefined;
  if (storedRequested()) return undefined;
  const found = core as Continuations;
  return await provesItself(found).catch(() => false) ? found : undefined;
}

/** Whether the environment asks for the documented way, if it may be read. */
function storedRequested(): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "ASYNCIO_CONTEXT" });
  return state === "granted" && Deno.env.get("ASYNCIO_CONTEXT") === "stored";
}

/** Whether a value of ours and one of the runtime's are both seen, whichever is inside the other; and after an `await`, and in a microtask. */
async function provesItself(found: Continuations): Promise<boolean> {
  const ours = new CarriedContext<unknown>(found);
  const theirs = storageOf(found);
  if (!liveBeside(ours, theirs)) return false;
  const proof = {};
  const both = () => theirs.getStore() === 1 && ours.get() === proof;
  const isFollowed = await theirs.run(1, () =>
    ours.run(proof, async () => {
      await undefined;
      if (!both()) return false;
      const inMicrotask = await new Promise<boolean>((resolve) => queueMicrotask(() => resolve(both())));
      return inMicrotask && both();
    }));
  return isFollowed && ours.get() === undefined;
}

/** What an `AsyncLocalStorage` does, of what the runtime makes it of. */
function storageOf({ AsyncVariable, setAsyncContext }: Continuations): Storage {
  const variable = new AsyncVariable();
  return {
    getStore: () => variable.get(),
    run<R, A extends unknown[]>(value: unknown, fn: (...args: A) => R, ...args: A): R {
      const before = variable.enter(value);
      try {
        return fn(...args);
      } finally {
        setAsyncContext(before);
      }
    },
  };
}

/** Whether values of both are seen, whichever is inside the other. */
function liveBeside(ours: Context<unknown>, theirs: Storage): boolean {
  const before = ours.get();
  const both = () => theirs.getStore() === 1 && ours.get() === 2;
  return theirs.run(1, () => ours.run(2, both)) && ours.run(2, () => theirs.run(1, both)) &&
    ours.run(3, () => ours.run(2, () => theirs.run(1, both))) &&
    ours.get() === before && theirs.getStore() === undefined;
}

/** Told when the documented way serves from now on. */
const whenLost: (() => void)[] = [];

function lose(where: string): void {
  continuations!.setAsyncContext(undefined);
  outermost = storages().snapshot();
  continuations = undefined;
  for (const tell of whenLost) tell();
  console.error(
    `This runtime loses the context of asynchronous code ${where}: what was started before now ` +
      "is not cancelled with its owner. Set the environment variable ASYNCIO_CONTEXT=stored, and report it.",
  );
}

/** The undocumented way, which is followed over a turn of the event loop from its first use on, and the documented one should it get lost. */
export class ProvenContext<T> implements Context<T> {
  readonly #carried: Context<T>;
  readonly #use: (context: Context<T>) => void;
  #stored: StoredContext<T> | null = null;
  #followed = false;

  constructor(found: Continuations, use: (context: Context<T>) => void) {
    this.#carried = new CarriedContext<T>(found);
    this.#use = use;
    whenLost.push(() => {
      this.#stored = new StoredContext();
      use(this);
    });
  }

  get(): T | undefined {
    return this.#stored?.get() ?? this.#carried.get();
  }

  run<A extends unknown[], R>(value: T, fn: (...args: A) => R, ...args: A): R {
    if (this.#stored !== null) return this.#stored.run(value, fn, ...args);
    if (!this.#followed) this.#follow();
    return this.#carried.run(value, fn, ...args);
  }

  capture(): RunIn<T> {
    return (this.#stored ?? this.#carried).capture();
  }

  #follow(): void {
    this.#followed = true;
    this.#use(this.#carried);
    const proof = {} as T;
    this.#carried.run(proof, () =>
      realTime.setImmediate(() => {
        if (this.#carried.get() !== proof) lose("over a turn of its event loop");
      }));
  }
}

/**
 * Make a context.
 *
 * @param use Told of what to call from then on, when that is another: once nothing is left to prove, a call is to go through
 * nothing that asks for it. Who does not care goes on with what this returns.
 */
export function createContext<T>(use: (context: Context<T>) => void = () => {}): ProvenContext<T> | StoredContext<T> {
  return continuations === undefined ? new StoredContext<T>() : new ProvenContext<T>(continuations, use);
}

/** Whether values are carried without a storage: so they are in the workers of this program. */
export function contextCarries(): boolean {
  return continuations !== undefined;
}

/** Take down what the calling code carries, of ours and of each `AsyncLocalStorage`, and give what calls functions as part of it. */
export function snapshot(): <R>(fn: () => R) => R {
  if (continuations === undefined) return storages().snapshot();
  const { getAsyncContext, setAsyncContext } = continuations;
  const captured = getAsyncContext();
  return (fn) => {
    const before = getAsyncContext();
    setAsyncContext(captured);
    try {
      return fn();
    } finally {
      setAsyncContext(before);
    }
  };
}

/**
 * Call `fn` outside of all contexts. What serves many, as the one timer of a clock does, must not run as part of the code
 * that happened to set it, nor keep alive what that code has stored.
 */
export function outside<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
  if (continuations === undefined) return outermost!(fn, ...args);
  const { getAsyncContext, setAsyncContext } = continuations;
  const before = getAsyncContext();
  setAsyncContext(undefined);
  try {
    return fn(...args);
  } finally {
    setAsyncContext(before);
  }
}
