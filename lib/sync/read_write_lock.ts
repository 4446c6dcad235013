// More than 300 lines, as half of them are documentation: both kinds of holding are one queue.
import { InvalidStateError } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import type { Scope } from "../core/scope.ts";
import { refusal, rejected, resolved, type WaitOptions } from "../core/waiter.ts";
import type { Owned } from "../tasks/owned.ts";
import { describeOwner, type EndListener, taskNameOf, TaskScope } from "../tasks/task_scope.ts";
import { type Guard, holderOf, runHolding } from "./guard.ts";
import { BrokenLockError } from "./lock.ts";
import { nameFor, type NameOptions, QueuedWaiter, WaitQueue } from "./wait_queue.ts";

/** What `lock.stats()` of a {@linkcode ReadWriteLock} tells. */
export interface ReadWriteLockStats {
  /** How many read. */
  readers: number;
  /** Name of the task that writes; `undefined` when none does, or code outside of all tasks. */
  writer: string | undefined;
  /** Calls that wait. */
  waiting: number;
  /** The most that ever waited at a time. */
  peak: number;
}

/**
 * Many may read at a time, or one may write. For what is read often and changed seldom, by steps that `await`.
 *
 * - First come, first served: who reads does not pass one who waits to write, and those who read go on together up to the next
 *   who writes. So neither kind can keep the other from its turn for ever.
 * - It is granted once and passed on once, whatever is cancelled at that moment.
 * - When a task ends that still writes, what it wrote may be half done: those who wait, and whoever comes later, get a
 *   `BrokenLockError`. When a task ends that still reads, nothing is lost, and the others go on.
 * - Inside `read`, reading again is granted at once, as it would wait for itself behind one who waits to write; writing throws,
 *   and so does either inside `write`.
 *
 * @example Two read together, and one writes alone
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gather, ReadWriteLock, sleep } from "@asyncio/toolkit";
 *
 * const lock = new ReadWriteLock();
 * const log: string[] = [];
 * const step = (name: string) => async () => {
 *   log.push(`${name} begins`);
 *   await sleep(1);
 *   log.push(`${name} ends`);
 * };
 * await gather(() => lock.read(step("A")), () => lock.read(step("B")), () => lock.write(step("C")));
 * assertEquals(log, ["A begins", "B begins", "A ends", "B ends", "C begins", "C ends"]);
 * ```
 */
export class ReadWriteLock {
  /** For messages. */
  readonly name: string;
  readonly #access: Access;

  /**
   * Make one that is free.
   *
   * @param options Its name.
   */
  constructor(options?: NameOptions) {
    this.name = nameFor("read-write lock", options);
    this.#access = new Access(this.name);
  }

  /**
   * Wait until nobody writes, and nobody waits to write who came before; then hold it to read. A checkpoint.
   *
   * @param options `signal`: gives up when it fires, with the signal's reason.
   * @returns Releases it when it is disposed of: `using _ = await lock.acquireRead()`.
   * @throws {CancelledError} When the task around it is, or was, cancelled.
   * @throws {BrokenLockError} When the task that writes has ended, or ends, without releasing it.
   * @throws {InvalidStateError} When called inside `write` of this lock: it would wait for itself.
   */
  acquireRead(options?: WaitOptions): Promise<Guard> {
    return this.#acquire(false, options);
  }

  /**
   * Wait until nobody reads or writes, and hold it to write. A checkpoint.
   *
   * @param options `signal`: gives up when it fires, with the signal's reason.
   * @returns Releases it when it is disposed of: `using _ = await lock.acquireWrite()`.
   * @throws {CancelledError} When the task around it is, or was, cancelled.
   * @throws {BrokenLockError} When the task that writes has ended, or ends, without releasing it.
   * @throws {InvalidStateError} When called inside `read` or `write` of this lock: it would wait for itself.
   */
  acquireWrite(options?: WaitOptions): Promise<Guard> {
    return this.#acquire(true, options);
  }

  /**
   * Hold it to read if that is possible without waiting. Never passes those who wait.
   *
   * @returns Releases it when it is disposed of; `undefined` when one would have to wait.
   */
  tryAcquireRead(): Guard | undefined {
    return this.#access.atOnce(false) ? this.#access.grant(false, currentScope()) : undefined;
  }

  /**
   * Hold it to write if that is possible without waiting.
   *
   * @returns Releases it when it is disposed of; `undefined` when one would have to wait.
   */
  tryAcquireWrite(): Guard | undefined {
    return this.#access.atOnce(true) ? this.#access.grant(true, currentScope()) : undefined;
  }

  /**
   * Run a function while nobody writes.
   *
   * @typeParam T What the function returns.
   * @param fn Called with the scope that owns it, once the lock is held.
   * @param options `signal`.
   * @returns What the function returns, once the lock has been released.
   * @throws {CancelledError} When the task around it is cancelled.
   */
  read<T>(fn: Owned<T>, options?: WaitOptions): Promise<T> {
    return this.#run(false, fn, options);
  }

  /**
   * Run a function while nobody else reads or writes.
   *
   * @typeParam T What the function returns.
   * @param fn Called with the scope that owns it, once the lock is held.
   * @param options `signal`.
   * @returns What the function returns, once the lock has been released.
   * @throws {CancelledError} When the task around it is cancelled.
   */
  write<T>(fn: Owned<T>, options?: WaitOptions): Promise<T> {
    return this.#run(true, fn, options);
  }

  /**
   * Tell how it is doing.
   *
   * @returns A new object with `readers`, `writer`, `waiting` and `peak`.
   */
  stats(): ReadWriteLockStats {
    return this.#access.stats();
  }

  #acquire(writes: boolean, options: WaitOptions | undefined): Promise<Holding> {
    const scope = currentScope();
    const refused = refusal(scope, options?.signal);
    if (refused !== null) return refused;
    return this.#access.acquire(writes, scope, options?.signal);
  }

  #run<T>(writes: boolean, fn: Owned<T>, options: WaitOptions | undefined): Promise<T> {
    return runHolding(() => this.#acquire(writes, options), fn, (holding, scope) => void (holding.inside = scope));
  }
}

/** Who holds a lock, and who waits for it. */
class Access {
  readonly name: string;
  /** Those who read, or the one who writes. */
  readonly #holdings = new Set<Holding>();
  #isWritten = false;
  readonly waiters: WaitQueue<Acquiring>;

  /** @param name Of the lock. */
  constructor(name: string) {
    this.name = name;
    this.waiters = new WaitQueue(name);
  }

  stats(): ReadWriteLockStats {
    const { size, peak } = this.waiters;
    const [first] = this.#holdings;
    return {
      readers: this.#isWritten ? 0 : this.#holdings.size,
      writer: this.#isWritten ? taskNameOf(first!.owner) : undefined,
      waiting: size,
      peak,
    };
  }

  acquire(writes: boolean, scope: Scope, signal: AbortSignal | undefined): Promise<Holding> {
    if (this.atOnce(writes)) return resolved(scope, this.grant(writes, scope));
    const inside = this.#holdings.values().some((holding) => holding.inside?.contains(scope));
    if (inside && (writes || this.#isWritten)) return rejected(scope, this.#wouldWaitForItself(writes));
    if (inside) return resolved(scope, this.grant(false, scope));
    const broken = this.#broken();
    if (broken !== null) return rejected(scope, broken);
    this.#releaseEnded();
    if (this.atOnce(writes)) return resolved(scope, this.grant(writes, scope));
    const { promise } = new Acquiring(this, writes, scope, signal);
    // Those who hold it have to tell of the end of their task, now that somebody waits. Costs something, and so is not done before.
    if (this.waiters.size === 1) { for (const holding of this.#holdings) holding.watch(); }
    return promise;
  }

  /** Whether it can be had without waiting. */
  atOnce(writes: boolean): boolean {
    return this.waiters.first === null && this.#isFree(writes);
  }

  grant(writes: boolean, scope: Scope): Holding {
    const holding = new Holding(this, scope);
    this.#holdings.add(holding);
    this.#isWritten = writes;
    return holding;
  }

  /** One has released it. */
  release(holding: Holding): void {
    if (!this.#holdings.delete(holding)) return;
    holding.unwatch();
    this.#isWritten = false;
    this.letIn();
  }

  /** The task of one who holds it has ended. */
  ended(holding: Holding): void {
    if (!this.#isWritten) this.release(holding);
    else this.waiters.rejectAll(this.#broken()!);
  }

  /** Let those go on who wait, in order, as far as that is possible. */
  letIn(): void {
    for (let next = this.waiters.first; next !== null && this.#isFree(next.writes); next = this.waiters.first) {
      this.waiters.remove(next);
      const holding = this.grant(next.writes, next.scope);
      if (this.waiters.first !== null) holding.watch();
      next.resolve(holding);
    }
  }

  /** Whose it is. */
  owners(): Scope[] {
    return [...new Set(this.#holdings.values().map(({ owner }) => owner))];
  }

  #isFree(writes: boolean): boolean {
    return writes ? this.#holdings.size === 0 : !this.#isWritten;
  }

  /** Nobody was told of those who have ended while nobody waited. */
  #releaseEnded(): void {
    for (const holding of this.#holdings) if (holding.owner.closed) this.release(holding);
  }

  #broken(): BrokenLockError | null {
    const [first] = this.#holdings;
    if (!this.#isWritten || !first!.owner.closed) return null;
    return new BrokenLockError(
      `Cannot acquire lock "${this.name}" as ${describeOwner(first!.owner)} has ended without releasing it`,
    );
  }

  #wouldWaitForItself(writes: boolean): InvalidStateError {
    return new InvalidStateError(
      `Cannot acquire lock "${this.name}" to ${writes ? "write" : "read"} inside its own ${
        this.#isWritten ? "write()" : "read()"
      } as it would wait for itself`,
    );
  }
}

/** One holding of a lock, from grant to release. */
class Holding implements Guard, EndListener {
  readonly #access: Access;
  /** The code that has acquired it. */
  readonly #scope: Scope;
  /** Where the function runs for which it is held, if that is known. */
  inside: Scope | null = null;
  /** The task that tells of its end. */
  #watched: TaskScope | null = null;

  constructor(access: Access, scope: Scope) {
    this.#access = access;
    this.#scope = scope;
  }

  /** Whose it is while it is held; somebody else's once it has been handed on. */
  get owner(): Scope {
    return holderOf(this.#scope);
  }

  watch(): void {
    const { owner } = this;
    if (this.#watched !== null || !(owner instanceof TaskScope)) return;
    this.#watched = owner;
    owner.addEndListener(this);
  }

  unwatch(): void {
    this.#watched?.removeEndListener(this);
    this.#watched = null;
  }

  /** The task that held it has ended, with a value that may be this guard or without releasing it. */
  onTaskEnd(): void {
    this.#watched = null;
    if (this.owner.closed) this.#access.ended(this);
    else this.watch();
  }

  release(): void {
    this.#access.release(this);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

class Acquiring extends QueuedWaiter<Holding> {
  readonly #access: Access;
  readonly writes: boolean;

  constructor(access: Access, writes: boolean, scope: Scope, signal: AbortSignal | undefined) {
    super(access.waiters, scope, signal);
    this.#access = access;
    this.writes = writes;
  }

  override describe(): string {
    return `${this.of}, to ${this.writes ? "write" : "read"}`;
  }

  heldBy(): Iterable<Scope> {
    return this.#access.owners();
  }

  protected override withdraw(): void {
    super.withdraw();
    // One who waited to write may have stood in the way of others who read.
    this.#access.letIn();
  }
}
