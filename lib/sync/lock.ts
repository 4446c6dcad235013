import { InvalidStateError } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { turnDue } from "../core/clock.ts";
import type { Scope } from "../core/scope.ts";
import { inNextTurn } from "../core/turn.ts";
import { refusal, rejected, resolved, type WaitOptions } from "../core/waiter.ts";
import type { Owned } from "../tasks/cancel_scope.ts";
import { type EndListener, TaskScope } from "../tasks/task_scope.ts";
import { BrokenLockError } from "./errors.ts";
import { type Guard, runHolding } from "./guard.ts";
import { holderOf } from "./holder.ts";
import type { LockStats } from "./lock_stats.ts";
import { nameFor, type NameOptions } from "./naming.ts";
import { describeOwner, ownerOf, taskNameOf } from "../tasks/owner.ts";
import { QueuedWaiter, WaitQueue } from "./wait_queue.ts";

/** Let go of a lock for a while: the calling code must hold it. Returns what it takes to hold it again. */
export let suspend: (lock: Lock, verb: string) => Hold;

/** Hold a lock again as before, after those who wait for it already. */
export let resume: (lock: Lock, hold: Hold, scope: Scope) => Promise<unknown>;

/** @throws {InvalidStateError} When the task of the calling code does not hold `lock`. */
export let checkHeld: (lock: Lock, verb: string) => void;

/** Release, unless that has been done. */
let giveUp: (hold: Hold) => void;

/** The holder has ended: let nobody wait for it. */
let breakOff: (hold: Hold) => void;

let holdersOf: (lock: Lock) => Iterable<Scope>;

/**
 * Mutual exclusion: one at a time. As `asyncio.Lock`, and owned by the task that has acquired it.
 *
 * - First come, first served. A lock that is released goes to whoever has waited longest, never to one who comes later.
 * - It is granted once and passed on once, whatever is cancelled at that moment.
 * - Only its holder may `release` it: the same task, or whoever has the guard. When a task ends that still holds the
 *   lock, those who wait for it get a `BrokenLockError` (asyncio leaves them waiting).
 * - A guard may be handed on: when a task ends with a value that is the guard, or may have it in it (any object), the lock
 *   belongs from then on to the task which that one belongs to. So one may fetch it by `gather`, `race` or `createTask`.
 * - A task that acquires it twice waits: two calls of one task may well run side by side, as in
 *   `gather(update(1), update(2))`, and the toolkit cannot tell those from one call inside the other, which would wait
 *   for itself. Inside `lock.run` it can, and throws. `deadlockReport` finds the rest.
 *
 * @example The guard releases at the end of the block
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gather, Lock, sleep } from "@asyncio/toolkit";
 *
 * const lock = new Lock();
 * let balance = 100;
 * async function withdraw(amount: number) {
 *   using _ = await lock.acquire();
 *   const before = balance;
 *   await sleep(1);
 *   balance = before - amount;
 * }
 * await gather(withdraw(30), withdraw(50));
 * assertEquals(balance, 20);
 * ```
 */
export class Lock {
  /** For messages. */
  readonly name: string;
  #hold: Hold | null = null;
  readonly #waiters: WaitQueue<Acquiring>;

  /**
   * Make one that is free.
   *
   * @param options Its name.
   */
  constructor(options?: NameOptions) {
    this.name = nameFor("lock", options);
    this.#waiters = new WaitQueue(this.name);
  }

  /** Whether somebody holds it. */
  get locked(): boolean {
    return this.#hold !== null;
  }

  /**
   * Wait until the lock is free, and hold it. A checkpoint.
   *
   * @param options `signal`: gives up when it fires, with the signal's reason.
   * @returns Releases the lock when it is disposed of: `using _ = await lock.acquire()`.
   * @throws {CancelledError} When the task around it is, or was, cancelled. Then the lock has not been acquired.
   * @throws {BrokenLockError} When the task that holds it has ended, or ends, without releasing it.
   * @throws {InvalidStateError} When called inside `run` of this lock: it would wait for itself.
   */
  acquire(options?: WaitOptions): Promise<Guard> {
    const scope = currentScope();
    const refused = refusal(scope, options?.signal);
    if (refused !== null) return refused;
    const hold = this.#hold;
    if (hold === null) {
      const granted = this.#hold = new Hold(this, scope);
      return turnDue(scope.clock) ? inNextTurn<Guard>(granted) : granted.granted();
    }
    if (hold.owner.closed) return rejected(scope, this.#broken(hold));
    if (hold.inside?.contains(scope)) {
      return rejected(
        scope,
        new InvalidStateError(`Cannot acquire lock "${this.name}" inside its own run() as it would wait for itself`),
      );
    }
    return this.#enqueue(scope, options?.signal, null).promise;
  }

  /**
   * Hold the lock if that is possible without waiting.
   *
   * @returns Releases the lock when it is disposed of; `undefined` when somebody holds it.
   */
  tryAcquire(): Guard | undefined {
    if (this.#hold !== null) return undefined;
    return this.#hold = new Hold(this, currentScope());
  }

  /**
   * Release the lock, which the calling task must hold. Whoever has a guard lets that do it.
   *
   * @throws {InvalidStateError} When nobody holds it, or another task does.
   */
  release(): void {
    this.#checkHeld("release");
    this.#passOn();
  }

  /**
   * Run a function while holding the lock.
   *
   * @typeParam T What the function returns.
   * @param fn Called with the scope that owns it, once the lock is held.
   * @param options `signal`.
   * @returns What the function returns, once the lock has been released.
   * @throws {CancelledError} When the task around it is cancelled.
   * @throws {InvalidStateError} When called inside `run` of this lock: it would wait for itself.
   */
  run<T>(fn: Owned<T>, options?: WaitOptions): Promise<T> {
    return runHolding(() => this.acquire(options), fn, (guard, scope) => (guard as Hold).inside = scope);
  }

  /**
   * Tell how it is doing.
   *
   * @returns A new object with `holder`, `waiting` and `peak`.
   */
  stats(): LockStats {
    return {
      holder: this.#hold === null ? undefined : taskNameOf(this.#hold.owner),
      waiting: this.#waiters.size,
      peak: this.#waiters.peak,
    };
  }

  static {
    checkHeld = (lock, verb) => void lock.#checkHeld(verb);
    suspend = (lock, verb) => {
      const hold = lock.#checkHeld(verb);
      lock.#passOn();
      return hold;
    };
    resume = (lock, hold, scope) => {
      const current = lock.#hold;
      if (current === null) return resolved(scope, lock.#hold = hold);
      if (current.owner.closed) return rejected(scope, lock.#broken(current));
      return lock.#enqueue(scope, undefined, hold).promise;
    };
    giveUp = (hold) => {
      if (hold.lock.#hold === hold) hold.lock.#passOn();
    };
    breakOff = (hold) => hold.lock.#waiters.rejectAll(hold.lock.#broken(hold));
    holdersOf = (lock) => lock.#hold === null ? [] : [lock.#hold.owner];
  }

  #enqueue(scope: Scope, signal: AbortSignal | undefined, again: Hold | null): Acquiring {
    const waiter = new Acquiring(this, this.#waiters, scope, signal, again);
    this.#hold!.watchOwner();
    return waiter;
  }

  #passOn(): void {
    this.#hold!.unwatchOwner();
    const next = this.#waiters.shift();
    if (next === null) {
      this.#hold = null;
      return;
    }
    const hold = this.#hold = next.again ?? new Hold(this, next.scope);
    if (this.#waiters.size > 0) hold.watchOwner();
    next.resolve(hold);
  }

  #checkHeld(verb: string): Hold {
    const hold = this.#hold;
    if (hold === null) {
      throw new InvalidStateError(`Cannot ${verb} as nobody holds lock "${this.name}"`);
    }
    const scope = currentScope();
    if (scope === hold.scope) return hold;
    const owner = ownerOf(scope);
    if (owner !== hold.owner) {
      throw new InvalidStateError(
        `Cannot ${verb} as ${describeOwner(owner)} does not hold lock "${this.name}": current holder is ${
          describeOwner(hold.owner)
        }`,
      );
    }
    return hold;
  }

  #broken(hold: Hold): BrokenLockError {
    return new BrokenLockError(
      `Cannot acquire lock "${this.name}" as ${describeOwner(hold.owner)} has ended without releasing it`,
    );
  }
}

/** One holding of a lock, from grant to release: the guard, and the proof of who may release. */
export class Hold implements Guard, EndListener {
  readonly lock: Lock;
  /** The code that acquired it. */
  readonly scope: Scope;
  #owner: Scope | null = null;
  /** Who tells of its end. */
  #watched: TaskScope | null = null;
  /** Where the function runs for which the lock is held, if that is known. */
  inside: Scope | null = null;

  constructor(lock: Lock, scope: Scope) {
    this.lock = lock;
    this.scope = scope;
  }

  /** A promise of it; made here as it is cheaper where the compiler knows what `this` is. */
  granted(): Promise<Guard> {
    return Promise.resolve(this);
  }

  /** Another one once the lock has been handed on. */
  get owner(): Scope {
    if (this.#owner === null || this.#owner.closed) this.#owner = holderOf(this.#owner ?? this.scope);
    return this.#owner;
  }

  /** Others wait: they have to know should the owner end. Costs something, and so is not done before. */
  watchOwner(): void {
    const { owner } = this;
    if (this.#watched !== null || !(owner instanceof TaskScope)) return;
    this.#watched = owner;
    owner.addEndListener(this);
  }

  unwatchOwner(): void {
    this.#watched?.removeEndListener(this);
    this.#watched = null;
  }

  onTaskEnd(): void {
    this.#watched = null;
    if (this.owner.closed) breakOff(this);
    else this.watchOwner();
  }

  release(): void {
    giveUp(this);
  }

  [Symbol.dispose](): void {
    giveUp(this);
  }
}

class Acquiring extends QueuedWaiter<Guard> {
  readonly #lock: Lock;
  /** What to hold again. */
  readonly again: Hold | null;

  constructor(
    lock: Lock,
    queue: WaitQueue<Acquiring>,
    scope: Scope,
    signal: AbortSignal | undefined,
    again: Hold | null,
  ) {
    super(queue, scope, signal);
    this.#lock = lock;
    this.again = again;
  }

  heldBy(): Iterable<Scope> {
    return holdersOf(this.#lock);
  }
}
