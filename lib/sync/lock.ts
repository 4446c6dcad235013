// More than 300 lines, as half of them are documentation: the lock, its guard and who waits for it are one thing.
import { InvalidStateError } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { turnDue } from "../core/clock.ts";
import type { Blockers, Scope } from "../core/scope.ts";
import { inNextTurn } from "../core/turn.ts";
import { refusal, rejected, resolved, type WaitOptions } from "../core/waiter.ts";
import type { Owned } from "../tasks/owned.ts";
import { describeOwner, type EndListener, ownerOf, taskNameOf, TaskScope } from "../tasks/task_scope.ts";
import { type Guard, holderOf, runHolding } from "./guard.ts";
import { type Case, caseOf, NOTHING, QueuedCandidate } from "./case.ts";
import { nameFor, type NameOptions, type Queued, QueuedWaiter, WaitQueue } from "./wait_queue.ts";

/**
 * Thrown by `lock.acquire()` when the task that holds the lock has ended without releasing it: what the lock protects
 * may have been left half done. As Trio's `BrokenResourceError`; asyncio waits for ever.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { BrokenLockError, createTask, Lock } from "@asyncio/toolkit";
 *
 * const lock = new Lock();
 * await createTask(async () => void await lock.acquire(), { name: "forgetful" });
 * await assertRejects(() => lock.acquire(), BrokenLockError, "forgetful");
 * ```
 */
export class BrokenLockError extends Error {
  /** `"BrokenLockError"` */
  override readonly name = "BrokenLockError";
}

/** What `lock.stats()` tells. */
export interface LockStats {
  /** Name of the task that holds the lock; `undefined` when it is free, or held by code outside of all tasks. */
  holder: string | undefined;
  /** Calls that wait. */
  waiting: number;
  /** The most that ever waited at a time. */
  peak: number;
}

/** What is behind a lock; for conditions. */
export let mutexOf: (lock: Lock) => Mutex;

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
  readonly #mutex: Mutex;

  /**
   * Make one that is free.
   *
   * @param options Its name.
   */
  constructor(options?: NameOptions) {
    this.name = nameFor("lock", options);
    this.#mutex = new Mutex(this.name);
  }

  /** Whether somebody holds it. */
  get locked(): boolean {
    return this.#mutex.held;
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
    return this.#mutex.acquire(scope, options?.signal);
  }

  /**
   * Hold the lock if that is possible without waiting.
   *
   * @returns Releases the lock when it is disposed of; `undefined` when somebody holds it.
   */
  tryAcquire(): Guard | undefined {
    return this.#mutex.held ? undefined : this.#mutex.grant(currentScope());
  }

  /**
   * As `acquire`, for `select`.
   *
   * @returns The case; its value is the guard.
   */
  acquires(): Case<Guard> {
    return caseOf(() => new AcquiringCandidate(this.#mutex));
  }

  /**
   * Release the lock, which the calling task must hold. Whoever has a guard lets that do it.
   *
   * @throws {InvalidStateError} When nobody holds it, or another task does.
   */
  release(): void {
    this.#mutex.checkHeld("release");
    this.#mutex.passOn();
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
    return runHolding(() => this.acquire(options), fn, (guard, scope) => this.#mutex.enter(guard, scope));
  }

  /**
   * Tell how it is doing.
   *
   * @returns A new object with `holder`, `waiting` and `peak`.
   */
  stats(): LockStats {
    return this.#mutex.stats();
  }

  static {
    mutexOf = (lock) => lock.#mutex;
  }
}

/** A holding of a lock that has been let go of for a while. */
interface Suspended {
  readonly guard: LockGuard;
  readonly scope: Scope;
  readonly inside: Scope | null;
}

/** Who holds a lock, and who waits for it. */
export class Mutex implements EndListener {
  readonly name: string;
  /** Of whoever holds it: the proof that it has not been released since. */
  #guard: LockGuard | null = null;
  /** The code that has acquired it. */
  #scope: Scope | null = null;
  /** Where the function runs for which it is held, if that is known. */
  #inside: Scope | null = null;
  #lastOwner: Scope | null = null;
  /** The task that tells of its end. */
  #watched: TaskScope | null = null;
  readonly #waiters: WaitQueue<Acquirer>;

  /** @param name Of the lock. */
  constructor(name: string) {
    this.name = name;
    this.#waiters = new WaitQueue(name);
  }

  get held(): boolean {
    return this.#guard !== null;
  }

  /** Whose it is while it is held; somebody else's once it has been handed on. */
  get owner(): Scope {
    const last = this.#lastOwner;
    return last === null || last.closed ? this.#lastOwner = holderOf(last ?? this.#scope!) : last;
  }

  stats(): LockStats {
    return {
      holder: this.#guard === null ? undefined : taskNameOf(this.owner),
      waiting: this.#waiters.size,
      peak: this.#waiters.peak,
    };
  }

  acquire(scope: Scope, signal: AbortSignal | undefined): Promise<Guard> {
    if (this.#guard === null) {
      const guard = this.grant(scope);
      return turnDue(scope.clock) ? inNextTurn<Guard>(guard) : guard.granted();
    }
    const refused = this.#refusalFor(scope);
    return refused === null ? this.#enqueue(scope, signal, null) : rejected(scope, refused);
  }

  /** Have it held by `scope` if nobody holds it. @throws {BrokenLockError | InvalidStateError} When `scope` must not wait. */
  take(scope: Scope): LockGuard | typeof NOTHING {
    if (this.#guard === null) return this.grant(scope);
    const refused = this.#refusalFor(scope);
    if (refused !== null) throw refused;
    return NOTHING;
  }

  /** Why code in `scope` must not wait, while it is held. */
  #refusalFor(scope: Scope): Error | null {
    if (this.owner.closed) return this.#broken();
    if (!this.#inside?.contains(scope)) return null;
    return new InvalidStateError(`Cannot acquire lock "${this.name}" inside its own run() as it would wait for itself`);
  }

  /** Have it held by `scope`, as nobody else does. */
  grant(scope: Scope): LockGuard {
    this.#scope = scope;
    return this.#guard = new LockGuard(this);
  }

  /** A function runs in `scope` for which it is held by `guard`. */
  enter(guard: Guard, scope: Scope): void {
    if (this.#guard === guard) this.#inside = scope;
  }

  /** @throws {InvalidStateError} When the task of the calling code does not hold it. */
  checkHeld(verb: string): void {
    if (this.#guard === null) throw new InvalidStateError(`Cannot ${verb} as nobody holds lock "${this.name}"`);
    const scope = currentScope();
    if (scope === this.#scope) return;
    const caller = ownerOf(scope);
    if (caller === this.owner) return;
    throw new InvalidStateError(
      `Cannot ${verb} as ${describeOwner(caller)} does not hold lock "${this.name}": current holder is ${
        describeOwner(this.owner)
      }`,
    );
  }

  /** Let go of it for a while: the calling code must hold it. Returns what it takes to hold it again. */
  suspend(verb: string): Suspended {
    this.checkHeld(verb);
    const suspended = { guard: this.#guard!, scope: this.#scope!, inside: this.#inside };
    this.passOn();
    return suspended;
  }

  /** Hold it again as before, after those who wait for it already. */
  resume(suspended: Suspended, scope: Scope): Promise<unknown> {
    if (this.#guard === null) return resolved(scope, this.#restore(suspended));
    if (this.owner.closed) return rejected(scope, this.#broken());
    return this.#enqueue(scope, undefined, suspended);
  }

  /** Release it, unless that has been done. */
  giveUp(guard: LockGuard): void {
    if (this.#guard === guard) this.passOn();
  }

  /** Release it: it goes to whoever has waited longest. */
  passOn(): void {
    this.#unwatchOwner();
    this.#guard =
      this.#scope =
      this.#inside =
      this.#lastOwner =
        null;
    if (this.#waiters.first === null) return;
    const next = this.#waiters.shift()!;
    const guard = next.suspended === null ? this.grant(next.scope) : this.#restore(next.suspended);
    if (this.#waiters.size > 0) this.#watchOwner();
    next.resolve(guard);
  }

  /** The task that held it has ended, with a value that may be the guard or without releasing it. */
  onTaskEnd(): void {
    this.#watched = null;
    if (this.owner.closed) this.#waiters.rejectAll(this.#broken());
    else this.#watchOwner();
  }

  #restore({ guard, scope, inside }: Suspended): LockGuard {
    this.#scope = scope;
    this.#inside = inside;
    return this.#guard = guard;
  }

  /** Go to the end of the line. */
  push(waiter: Acquirer): void {
    this.#waiters.push(waiter);
    this.#watchOwner();
  }

  /** Leave the line. */
  remove(waiter: Acquirer): void {
    this.#waiters.remove(waiter);
  }

  #enqueue(scope: Scope, signal: AbortSignal | undefined, suspended: Suspended | null): Promise<Guard> {
    const { promise } = new Acquiring(this, this.#waiters, scope, signal, suspended);
    this.#watchOwner();
    return promise;
  }

  /** Others wait: they have to know should the owner end. Costs something, and so is not done before. */
  #watchOwner(): void {
    if (this.#watched !== null) return;
    const { owner } = this;
    if (!(owner instanceof TaskScope)) return;
    this.#watched = owner;
    owner.addEndListener(this);
  }

  #unwatchOwner(): void {
    if (this.#watched === null) return;
    this.#watched.removeEndListener(this);
    this.#watched = null;
  }

  #broken(): BrokenLockError {
    return new BrokenLockError(
      `Cannot acquire lock "${this.name}" as ${describeOwner(this.owner)} has ended without releasing it`,
    );
  }
}

/** One holding of a lock, from grant to release. All that it knows is in the mutex, so that nobody else gets at it. */
class LockGuard implements Guard {
  readonly #mutex: Mutex;

  constructor(mutex: Mutex) {
    this.#mutex = mutex;
  }

  /** A promise of it; made here as it is cheaper where the compiler knows what `this` is. */
  granted(): Promise<Guard> {
    return Promise.resolve(this);
  }

  release(): void {
    this.#mutex.giveUp(this);
  }

  [Symbol.dispose](): void {
    this.#mutex.giveUp(this);
  }
}

/** One that waits for a lock. */
interface Acquirer extends Queued {
  readonly scope: Scope;
  /** What is to be held again. */
  readonly suspended: Suspended | null;
  resolve(guard: Guard): void;
}

/** One that waits for it among others. */
class AcquiringCandidate extends QueuedCandidate<Guard> implements Acquirer {
  readonly #mutex: Mutex;
  readonly suspended = null;

  constructor(mutex: Mutex) {
    super(mutex, (scope) => mutex.take(scope));
    this.#mutex = mutex;
  }

  override blockers(): Blockers {
    return this.#mutex.held ? [this.#mutex.owner] : "anyone";
  }
}

class Acquiring extends QueuedWaiter<Guard> implements Acquirer {
  readonly #mutex: Mutex;
  readonly suspended: Suspended | null;

  constructor(
    mutex: Mutex,
    queue: WaitQueue<Acquirer>,
    scope: Scope,
    signal: AbortSignal | undefined,
    suspended: Suspended | null,
  ) {
    super(queue, scope, signal);
    this.#mutex = mutex;
    this.suspended = suspended;
  }

  heldBy(): Iterable<Scope> {
    return this.#mutex.held ? [this.#mutex.owner] : [];
  }
}
