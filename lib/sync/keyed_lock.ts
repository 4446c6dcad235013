import { currentScope } from "../core/ambient.ts";
import { inspectBriefly } from "../core/checks.ts";
import { refusal, type WaitOptions } from "../core/waiter.ts";
import type { Owned } from "../tasks/owned.ts";
import { type Guard, runHolding } from "./guard.ts";
import { type LockStats, Mutex } from "./lock.ts";
import { nameFor, type NameOptions } from "./wait_queue.ts";

/**
 * A lock for each key: one at a time for the same key, side by side for different ones. For one account, one file, one host at
 * a time, however many there are.
 *
 * What holds for a `Lock` holds for each key: first come, first served; a lock that its task has not released when it ends is
 * broken, with a `BrokenLockError` for those who wait. What is kept of a key goes with the last who uses it.
 *
 * @example One request to a host at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gather, KeyedLock, sleep } from "@asyncio/toolkit";
 *
 * const hosts = new KeyedLock<string>();
 * const log: string[] = [];
 * const visit = (host: string, page: number) => () =>
 *   hosts.run(host, async () => {
 *     log.push(`${host}/${page}`);
 *     await sleep(1);
 *   });
 *
 * await gather(visit("a", 1), visit("a", 2), visit("b", 1));
 * assertEquals(log, ["a/1", "b/1", "a/2"]);
 * assertEquals(hosts.size, 0);
 * ```
 *
 * @typeParam K Type of the keys, which are compared as those of a `Map`.
 */
export class KeyedLock<K = unknown> {
  /** For messages. */
  readonly name: string;
  /** Those that are held. One that nobody holds is not kept. */
  readonly #held = new Map<K, KeyMutex<K>>();

  /**
   * Make one of which no key is held.
   *
   * @param options Its name.
   */
  constructor(options?: NameOptions) {
    this.name = nameFor("keyed lock", options);
  }

  /** How many keys are held. */
  get size(): number {
    return this.#held.size;
  }

  /**
   * Tell whether somebody holds a key.
   *
   * @param key The key.
   * @returns Whether `tryAcquire(key)` would say no.
   */
  locked(key: K): boolean {
    return this.#held.has(key);
  }

  /**
   * Wait until the lock of a key is free, and hold it. A checkpoint.
   *
   * @param key The key.
   * @param options `signal`: gives up when it fires, with the signal's reason.
   * @returns Releases the lock when it is disposed of: `using _ = await locks.acquire(key)`.
   * @throws {CancelledError} When the task around it is, or was, cancelled. Then the lock has not been acquired.
   * @throws {BrokenLockError} When the task that holds it has ended, or ends, without releasing it.
   * @throws {InvalidStateError} When called inside `run` for this key: it would wait for itself.
   */
  acquire(key: K, options?: WaitOptions): Promise<Guard> {
    const scope = currentScope();
    const refused = refusal(scope, options?.signal);
    if (refused !== null) return refused;
    return this.#mutexOf(key).acquire(scope, options?.signal);
  }

  /**
   * Hold the lock of a key if that is possible without waiting.
   *
   * @param key The key.
   * @returns Releases the lock when it is disposed of; `undefined` when somebody holds it.
   */
  tryAcquire(key: K): Guard | undefined {
    return this.#held.has(key) ? undefined : this.#mutexOf(key).grant(currentScope());
  }

  /**
   * Run a function while holding the lock of a key.
   *
   * @typeParam T What the function returns.
   * @param key The key.
   * @param fn Called with the scope that owns it, once the lock is held.
   * @param options `signal`.
   * @returns What the function returns, once the lock has been released.
   * @throws {CancelledError} When the task around it is cancelled.
   * @throws {InvalidStateError} When called inside `run` for this key: it would wait for itself.
   */
  run<T>(key: K, fn: Owned<T>, options?: WaitOptions): Promise<T> {
    return runHolding(
      () => this.acquire(key, options),
      fn,
      (guard, scope) => this.#held.get(key)!.enter(guard, scope),
    );
  }

  /**
   * Tell how the lock of a key is doing.
   *
   * @param key The key.
   * @returns A new object with `holder`, `waiting` and `peak`, which begins anew whenever nobody uses the key.
   */
  stats(key: K): LockStats {
    return this.#held.get(key)?.stats() ?? { holder: undefined, waiting: 0, peak: 0 };
  }

  /** Whoever asks for one holds it at once, or waits for somebody who does. */
  #mutexOf(key: K): KeyMutex<K> {
    const known = this.#held.get(key);
    if (known !== undefined) return known;
    const mutex = new KeyMutex(`${this.name}[${inspectBriefly(key)}]`, key, this.#held);
    this.#held.set(key, mutex);
    return mutex;
  }
}

/** The lock of one key, which is kept as long as somebody holds it. */
class KeyMutex<K> extends Mutex {
  readonly #key: K;
  readonly #held: Map<K, KeyMutex<K>>;

  constructor(name: string, key: K, held: Map<K, KeyMutex<K>>) {
    super(name);
    this.#key = key;
    this.#held = held;
  }

  override passOn(): void {
    super.passOn();
    if (!this.held) this.#held.delete(this.#key);
  }
}
