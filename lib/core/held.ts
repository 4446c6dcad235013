/**
 * Like what is kept, but passes to the caller when it is returned. So is an answer whose body nobody has read: the scope that
 * it was got in keeps it, see `kept.ts`, and releases it when it is cancelled or ends; but if the function returns the answer,
 * that is handed on to the scope around.
 */

import type { CancelledError } from "../errors.ts";
import { keep, keepsAny, type Kept, keptBy, stopKeeping } from "./kept.ts";

/** Something that code has got hold of, and may return. */
export interface Held {
  /** Whether cancelled code may go on with it until it ends. See {@linkcode Kept}. */
  readonly untilEnd?: boolean;
  /** Nobody needs it any more: its scope is cancelled, with `error`, or has ended, and then that is `null`. Must not throw. */
  release(error: CancelledError | null): void;
}

/** The property by which what is held is found, in whatever gives access to it: an answer, its body, a reader of that. */
export const held = Symbol("held");

/** An object that gives access to something held. */
export interface Holder {
  [held]?: Held | undefined;
}

/** As much as has to be known of a scope here. */
interface Owner {
  readonly parent: Owner | null;
  readonly root: Owner;
  readonly error: CancelledError | null;
  readonly closed: boolean;
}

/**
 * How many a scope keeps for good. Each that a scope forgets by itself when the program has dropped it costs the collector of
 * garbage more than all the rest, and nearly no scope ever keeps so many: but in one that lives for months they must not pile up.
 */
const FEW = 16;

/** Where something held is kept, by which scope at a time, until it is over. */
export class Hold implements Kept {
  #owner: Owner | null = null;
  #what: Held | WeakRef<Held>;
  /** Whether it has come up with the value of a function. */
  handed = false;

  constructor(what: Held) {
    this.#what = what;
  }

  /** Who keeps it, if anybody does. */
  get owner(): Owner | null {
    return this.#owner;
  }

  /** What is held, unless nothing gives access to it any more. */
  get what(): Held | undefined {
    return this.#what instanceof WeakRef ? this.#what.deref() : this.#what;
  }

  /** See {@linkcode Kept}. */
  get untilEnd(): boolean {
    return this.what?.untilEnd ?? false;
  }

  /** See {@linkcode Kept}. */
  release(): void {
    const error = this.#owner?.error ?? null;
    const { what } = this;
    this.end();
    what?.release(error);
  }

  /** There is nothing left to release. */
  end(): void {
    if (this.#what instanceof WeakRef) dropped.unregister(this);
    this.#leave();
  }

  /** Have `owner` keep it from now on. Outside of all tasks nobody does. */
  moveTo(owner: Owner): void {
    this.#leave();
    while (owner.closed && owner.parent !== null) owner = owner.parent;
    this.#owner = owner;
    if (owner.error !== null && !this.untilEnd) this.release();
    else if (owner === owner.root) this.end();
    else {
      keep(owner, this);
      if (keptBy(owner).size > FEW) this.#weaken();
    }
  }

  /** Keep it no more alive than the program does. */
  #weaken(): void {
    if (this.#what instanceof WeakRef) return;
    dropped.register(this.#what, this, this);
    this.#what = new WeakRef(this.#what);
  }

  #leave(): void {
    if (this.#owner !== null) stopKeeping(this.#owner, this);
    this.#owner = null;
  }
}

const dropped = new FinalizationRegistry<Hold>((hold) => hold.end());

/**
 * The function of `owner` has ended with `value`, and `to` is the next to know that, the scope around unless given: what
 * `value` may give access to is kept there from now on.
 */
export function handOn(owner: Owner, value: unknown, to: Owner | null = owner.parent): void {
  // Each scope comes here at its end, and nearly always this is all.
  if (!keepsAny(owner) || to === null) return;
  let found: ReturnType<typeof heldBy> | undefined;
  for (const hold of holdsOf(owner)) {
    found ??= heldBy(value);
    if (found === "anything" || found.has(hold.what)) handTo(to, hold);
  }
}

/** The same for what has come up to `owner` with the values of its functions: who has their tasks has those. */
export function handOnReturned(owner: Owner): void {
  if (!keepsAny(owner) || owner.parent === null) return;
  for (const hold of holdsOf(owner)) if (hold.handed) handTo(owner.parent, hold);
}

function holdsOf(owner: Owner): Hold[] {
  return [...keptBy(owner)].filter((each) => each instanceof Hold);
}

function handTo(owner: Owner, hold: Hold): void {
  hold.handed = true;
  hold.moveTo(owner);
}

/** How much of a value is looked through, before it counts as one that may give access to anything. */
const MOST = 10_000;

/**
 * What `value` gives access to. Lists, records, maps and sets are looked through. Into a function, or an object with a class
 * of its own, nobody can look: what lives must never be taken for lost, so that may give access to anything.
 */
function heldBy(value: unknown): ReadonlySet<unknown> | "anything" {
  const found = new Set<unknown>();
  const seen = new Set<unknown>([value]);
  try {
    for (const each of seen) {
      if (typeof each === "function" || seen.size > MOST) return "anything";
      if (typeof each !== "object" || each === null || ArrayBuffer.isView(each)) continue;
      const inside = (each as Holder)[held];
      if (inside !== undefined) found.add(inside);
      else if (each instanceof Map) { for (const [key, item] of each) seen.add(key).add(item); }
      else if (each instanceof Set) { for (const item of each) seen.add(item); }
      else if (!isPlain(each)) return "anything";
      // Not by reading them: a getter may do anything.
      else for (const { value } of Object.values(Object.getOwnPropertyDescriptors(each))) seen.add(value);
    }
  } catch {
    // Of a proxy, anything may be expected.
    return "anything";
  }
  return found;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value) || value instanceof Date || value instanceof ArrayBuffer) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
