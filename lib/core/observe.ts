/**
 * What somebody else has started: taken in to be waited for, and let go when nobody does any more.
 *
 * To subscribe to a promise starts nothing. But a query builder is a thenable, too, and sends its query whenever `then` is
 * called: so each input is subscribed to once, and by no call that is refused.
 */

import { currentScope } from "./ambient.ts";
import type { RootScope, Scope } from "./scope.ts";

/**
 * Take in what somebody else has started, to be observed by code in `scope`: a plain promise of it, of which the clock is
 * told, since a virtual one cannot know what is behind it.
 */
export function observe<T>(scope: Scope, input: PromiseLike<T>): Promise<T> {
  const promise = promiseOf(input);
  if (scope.clock.doubt !== undefined) scope.clock.doubt(promise);
  return promise;
}

/**
 * Observe a promise that nobody waits for any more: its failure is reported, but is no unhandled rejection. Any other thenable
 * is left alone, since it may begin only when it is subscribed to.
 *
 * @param winner The error that was thrown instead; that of the scope unless given.
 * @param scope Where it was waited for. Must be given by code that a cancellation calls, since that runs in the scope of
 * whatever cancelled it.
 */
export function letGo(promise: unknown, winner?: unknown, scope: Scope = currentScope()): void {
  if (isPlainPromise(promise)) Settlement.of(promise).leaveTo(scope.root, winner ?? scope.error);
}

/** The `then` methods of classes of promises of our own: as that of the platform, they subscribe, and do nothing else. */
const quiet = new Set<unknown>();

/** Declare that `then` subscribes, and does nothing else. */
export function subscribesOnly(then: unknown): void {
  quiet.add(then);
}

/** Whether `value` is a promise to which nothing happens when it is subscribed to. Never throws. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  try {
    if (!(value instanceof Promise)) return false;
    const { then } = value;
    return then === Promise.prototype.then || quiet.has(then);
  } catch {
    // Of a proxy, anything may be expected.
    return false;
  }
}

/** What became of thenables that have not settled: to wait for one again, as loops do, must not begin it anew. */
const pending = new WeakMap<PromiseLike<unknown>, Promise<unknown>>();

/**
 * A promise for `input`: itself, if it is a plain one. Anything else is subscribed to, in the next microtask, and not again
 * before it has settled. Whatever it does is an outcome: nothing is thrown.
 */
export function promiseOf<T>(input: PromiseLike<T>): Promise<T> {
  if (isPlainPromise(input)) return input as Promise<T>;
  const known = pending.get(input);
  if (known !== undefined) return known as Promise<T>;
  const promise = new Promise<T>((resolve) => resolve(input));
  pending.set(input, promise);
  const forget = () => pending.delete(input);
  promise.then(forget, forget);
  return promise;
}

/** Be told how a plain promise settles. A proxy of one rejects, as it does when it is awaited. */
export function subscribe(
  promise: Promise<unknown>,
  onValue: (value: unknown) => void,
  onError: (error: unknown) => void,
): void {
  try {
    promise.then(onValue, onError);
  } catch (error) {
    queueMicrotask(() => onError(error));
  }
}

/** Told of how a promise has settled. */
export interface SettlementListener {
  /** Called once, unless taken back before. */
  onSettled(settlement: Settlement): void;
}

/**
 * What is known of a promise of somebody else's. A promise keeps every reaction that was ever attached to it, so waiting
 * again and again for one that lives long would leak; this attaches a single one, and keeps a list that can shrink.
 */
export class Settlement {
  /** Whether it has settled, and how. */
  state: "pending" | "fulfilled" | "rejected" = "pending";
  /** The value, or the error. */
  outcome: unknown;
  readonly #listeners = new Set<SettlementListener>();
  #heir: { root: RootScope; winner: unknown } | null = null;

  private constructor(promise: Promise<unknown>) {
    subscribe(
      promise,
      (value) => this.#settle("fulfilled", value),
      (error) => this.#settle("rejected", error),
    );
  }

  /** The one for `promise`, which must be a plain one: see `promiseOf`. A failure of the promise is no unhandled rejection from now on. */
  static of(promise: Promise<unknown>): Settlement {
    let settlement = settlements.get(promise);
    if (settlement === undefined) settlements.set(promise, settlement = new Settlement(promise));
    return settlement;
  }

  /** The one for `promise`, if there is one. */
  static known(promise: unknown): Settlement | undefined {
    return settlements.get(promise as Promise<unknown>);
  }

  /** Tell `listener` when it has settled, at once if it has. */
  add(listener: SettlementListener): void {
    if (this.state === "pending") this.#listeners.add(listener);
    else listener.onSettled(this);
  }

  /** Tell it nothing any more. */
  remove(listener: SettlementListener): void {
    this.#listeners.delete(listener);
  }

  /** Should it fail while nobody listens, `root` has that reported, as superseded by `winner`. The first one counts. */
  leaveTo(root: RootScope, winner?: unknown): void {
    if (this.state === "pending") this.#heir ??= { root, winner };
  }

  #settle(state: "fulfilled" | "rejected", outcome: unknown): void {
    this.state = state;
    this.outcome = outcome;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    if (state === "rejected" && listeners.length === 0) this.#heir?.root.supersede(this.#heir.winner, outcome);
    for (const listener of listeners) listener.onSettled(this);
  }
}

const settlements = new WeakMap<Promise<unknown>, Settlement>();
