import { isCancelled } from "../errors.ts";
import { currentScope } from "./ambient.ts";
import { checkSignal } from "./checks.ts";
import { turnDue } from "./clock.ts";
import type { WaitKind } from "./instrument.ts";
import type { Scope, Waiting } from "./scope.ts";
import { linkSignal, type SignalLink } from "./signal_link.ts";
import { callNextTurn, inNextTurn, nextTurn } from "./turn.ts";

/** Option of everything that waits. */
export interface WaitOptions {
  /** Gives up the wait when it fires; the wait then throws the signal's `reason`. */
  signal?: AbortSignal | undefined;
}

/**
 * One blocked call: the promise it gave, and the ways out of it. A primitive keeps the waiter in its own queue, and
 * calls `resolve` or `reject`; a scope or a signal may call `abort` before that. Whichever comes first takes the waiter
 * off all lists at once, which is why a permit is never granted to one who has gone, nor a grant lost.
 */
export abstract class Waiter<T> implements Waiting {
  before: Waiting | null = null;
  after: Waiting | null = null;
  /** The code that waits. */
  readonly scope: Scope;
  /** What the caller awaits. */
  readonly promise: Promise<T>;
  #link: SignalLink | null = null;
  #waiting = true;
  #resolve!: (value: T | PromiseLike<T>) => void;
  #reject!: (error: unknown) => void;

  constructor(scope: Scope, signal?: AbortSignal) {
    this.scope = scope;
    // Faster than `Promise.withResolvers`, which makes an object besides.
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    scope.add(this);
    if (signal !== undefined) this.#link = linkSignal(signal, this);
  }

  /** Whether neither a result nor an error has come. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Wake the caller with a value. */
  resolve(value: T): void {
    if (!this.#leave()) return;
    const { clock } = this.scope;
    if (turnDue(clock)) this.#settleNextTurn(this.#resolve, value);
    else if (clock.wake === undefined) this.#resolve(value);
    else this.#settleLater(this.#resolve, value);
  }

  /** As `resolve`, by code that has a turn of the event loop to itself: there is no need to look for one. */
  protected resolveInTurn(value: T): void {
    if (this.#leave()) this.#settle(this.#resolve, value);
  }

  /** Wake the caller with an error. */
  reject(error: unknown): void {
    if (!this.#leave()) return;
    if (turnDue(this.scope.clock)) this.#settleNextTurn(this.#reject, error);
    else this.#settle(this.#reject, error);
  }

  /** Give up the wait. */
  abort(error: unknown): void {
    if (!this.#leave()) return;
    this.withdraw();
    this.#settle(this.#reject, error);
    // A wait that nobody has awaited yet must not turn the cancellation of its task into the end of the program.
    if (isCancelled(error)) this.promise.catch(ignore);
  }

  /** What is waited for, in one word, for pictures. */
  abstract get kind(): WaitKind;

  /** What is waited for, in a few words. */
  abstract describe(): string;

  /** Leave the queue of the primitive: the wait was given up. */
  protected abstract withdraw(): void;

  #settle<A>(settle: (outcome: A) => void, outcome: A): void {
    if (this.scope.clock.wake === undefined) settle(outcome);
    else this.#settleLater(settle, outcome);
  }

  /** A cold path with a closure. */
  #settleLater<A>(settle: (outcome: A) => void, outcome: A): void {
    this.scope.clock.wake!(() => settle(outcome));
  }

  #settleNextTurn<A>(settle: (outcome: A) => void, outcome: A): void {
    callNextTurn(() => this.#settle(settle, outcome));
  }

  #leave(): boolean {
    if (!this.#waiting) return false;
    this.#waiting = false;
    this.scope.remove(this);
    this.#link?.unlink();
    return true;
  }
}

/**
 * What every checkpoint asks first: why the calling code must not go on. The error is the scope's if that is cancelled,
 * or else the reason of `signal` if that has fired, as a rejected promise; `null` means that it may go on.
 */
export function refusal(scope: Scope, signal?: AbortSignal): Promise<never> | null {
  return scope.error === null && signal === undefined ? null : refusalBy(scope, signal);
}

/** Apart, so that the engine makes one piece of each wait and the question before it. */
function refusalBy(scope: Scope, signal: AbortSignal | undefined): Promise<never> | null {
  try {
    checkSignal(signal);
  } catch (error) {
    return rejected(scope, error);
  }
  if (scope.error !== null) {
    const refused = rejected(scope, scope.error);
    refused.catch(ignore);
    return refused;
  }
  if (signal?.aborted) return rejected(scope, signal.reason);
  return null;
}

/** What has nothing to tell and nothing to wait for needs no promise of its own. */
const done: Promise<void> = Promise.resolve();

/** The promise of a wait that is over before it has begun, and has nothing to tell. See {@linkcode resolved}. */
export function over(scope: Scope): Promise<void> {
  return turnDue(scope.clock) ? nextTurn() : done;
}

/** The promise of a wait that is over before it has begun. Now and then it takes a turn of the event loop. */
export function resolved<T>(scope: Scope, value: T): Promise<T> {
  return turnDue(scope.clock) ? inNextTurn(value) : Promise.resolve(value);
}

/** As {@linkcode resolved}, for one that ends with an error. */
export function rejected(scope: Scope, error: unknown): Promise<never> {
  return turnDue(scope.clock) ? rejectedNextTurn(error) : Promise.reject(error);
}

function rejectedNextTurn(error: unknown): Promise<never> {
  return new Promise((_, reject) => callNextTurn(() => reject(error)));
}

/** {@linkcode refusal} for code that may simply throw. */
export function throwIfRefused(scope: Scope = currentScope(), signal?: AbortSignal): void {
  checkSignal(signal);
  if (scope.error !== null) throw scope.error;
  signal?.throwIfAborted();
}

function ignore(): void {}
