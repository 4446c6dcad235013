import { currentScope } from "../../core/ambient.ts";
import { checkCount, checkFunction, inspectBriefly } from "../../core/checks.ts";
import { refusal, type WaitOptions } from "../../core/waiter.ts";
import { mapConcurrent } from "../../tasks/map_concurrent.ts";
import type { Task } from "../../tasks/task.ts";
import type { WorkerPermissions } from "../backends/backend.ts";
import { Call, type CallRequest } from "../call/call.ts";
import { callSite } from "../call/call_error.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { Executor } from "./executor.ts";
import { type FunctionSource, NO_SOURCE, sourceOf } from "../call/function_source.ts";
import { moduleProxy, type WorkerModule } from "./module_proxy.ts";
import {
  checkCallOptions,
  type PoolSettings,
  settingsOf,
  type WorkerCallOptions,
  type WorkerMapConcurrentOptions,
  type WorkerMapOptions,
  type WorkerPoolOptions,
  type WorkerPoolStats,
  type WorkerStreamOptions,
} from "./options.ts";
import { traceContext } from "../../core/telemetry.ts";
import { WorkerPoolError } from "../call/worker_error.ts";
import type { WorkerScope } from "../inside/kit.ts";
import { WorkerStreamReader } from "../call/stream_reader.ts";

// More than 300 lines, as two of three are the promises that its methods make.

/** How long a cancelled function may take to clean up. */
const GRACE = 1_000;
/** How far a generator runs ahead of its reader. */
const AHEAD = 32;

/**
 * A pool of workers: functions wait in line, and each runs on the next worker that is free, one at a time. What is said of
 * `runInWorker` holds here; this is for those who need a size, limits, another kind of worker, or a pool that can be
 * closed. Counterpart of `concurrent.futures.ProcessPoolExecutor`.
 *
 * - Workers are started when they are needed. One that had to be stopped is replaced.
 * - An idle pool does not keep the program alive; a busy one does.
 * - `await using` closes it at the end of the block: what runs is waited for, what still waits in line is rejected.
 *
 * @example Four at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { WorkerPool } from "@asyncio/toolkit";
 *
 * await using pool = new WorkerPool({ size: 4 });
 * const lengths = await pool.map(["a", "bb", "ccc"], (text) => text.length);
 * assertEquals(lengths, [1, 2, 3]);
 * ```
 */
export class WorkerPool implements Executor {
  readonly #settings: PoolSettings;
  readonly #dispatcher: Dispatcher;
  /** For calls with permissions of their own: workers cannot change theirs. */
  readonly #withPermissions = new Map<string, Dispatcher>();

  /**
   * Make a pool.
   *
   * @param options How many workers, of which kind, with which limits.
   * @throws {RangeError} When a number is out of range.
   * @throws {TypeError} When an option is of the wrong kind.
   */
  constructor(options: WorkerPoolOptions = {}) {
    this.#settings = settingsOf(options);
    this.#dispatcher = new Dispatcher(this.#settings);
  }

  /** For messages. */
  get name(): string {
    return this.#settings.name;
  }

  /**
   * Run a function in a worker: see `runInWorker`.
   *
   * @typeParam A Types of the arguments.
   * @typeParam R What the function returns.
   * @param fn The function.
   * @param args Its arguments.
   * @param options Timeout, signal, transfer, name, progress.
   * @returns A task: a promise of the result that can be cancelled.
   * @throws {WorkerPoolError} When the pool is closed, or too many calls wait.
   */
  run<A extends unknown[], R>(
    fn: (this: WorkerScope, ...args: A) => R | Promise<R>,
    args: A = [] as unknown[] as A,
    options: WorkerCallOptions = {},
  ): Task<R> {
    return this.#call(fn, args, options).task as Task<R>;
  }

  /**
   * Call a function with each item, spread over the workers. Items are pulled as workers become free. The first error
   * cancels the rest, waits for it, and is thrown. As `Executor.map`.
   *
   * @typeParam T Type of the items.
   * @typeParam R What the function returns.
   * @param items Any iterable, async or not.
   * @param fn The function, called with an item and its index.
   * @param options As for each call; `concurrency`.
   * @returns The results, in the order of the items.
   */
  async map<T, R>(
    items: Iterable<T> | AsyncIterable<T>,
    fn: (this: WorkerScope, item: T, index: number) => R,
    options: WorkerMapOptions = {},
  ): Promise<Awaited<R>[]> {
    const results: Awaited<R>[] = [];
    for await (const result of this.mapConcurrent(items, fn, options)) results.push(result);
    return results;
  }

  /**
   * Call a function with each item, spread over the workers, and iterate over the results: `map` for more items than there
   * is room for. As `mapConcurrent`, and as `imap` of Python's `multiprocessing.Pool`.
   *
   * - An item is pulled from its source only when it can be worked on, at most `concurrency` ahead of the reader: an endless
   *   source is fine, and a slow reader slows it down.
   * - The first error, of a call or of the source, ends it: the other calls are cancelled and waited for, the source is
   *   closed, and the error is thrown. `break` ends it in the same way.
   *
   * Nothing starts before the first result is asked for.
   *
   * @example Squares of an endless source
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { WorkerPool } from "@asyncio/toolkit";
   *
   * await using pool = new WorkerPool({ size: 2 });
   * function* numbers() {
   *   for (let n = 1;; n++) yield n;
   * }
   * const squares: number[] = [];
   * for await (const square of pool.mapConcurrent(numbers(), (n) => n * n, { concurrency: 4 })) {
   *   squares.push(square);
   *   if (squares.length === 3) break;
   * }
   * assertEquals(squares, [1, 4, 9]);
   * ```
   *
   * @typeParam T Type of the items.
   * @typeParam R What the function returns.
   * @param items Any iterable, async or not.
   * @param fn The function, called with an item and its index.
   * @param options As for each call; `concurrency`; `ordered`.
   * @returns An iterator over the results.
   * @throws The first error.
   */
  mapConcurrent<T, R>(
    items: Iterable<T> | AsyncIterable<T>,
    fn: (this: WorkerScope, item: T, index: number) => R,
    options: WorkerMapConcurrentOptions = {},
  ): AsyncGenerator<Awaited<R>, void, void> {
    checkFunction("map in workers", fn);
    // One running and one ready for each worker, so that none waits.
    const { concurrency = 2 * this.#settings.maxWorkers, ordered, signal, ...callOptions } = options;
    let index = 0;
    const call = (item: T) => this.run(fn, [item, index++], callOptions);
    return mapConcurrent(items, call, { concurrency, ordered, signal }) as AsyncGenerator<Awaited<R>, void, void>;
  }

  /**
   * Run a generator in a worker, and iterate over what it yields. The worker is occupied until the end: calls
   * that the loop makes need another one.
   *
   * - It runs ahead of its reader by `ahead` values at most: a slow reader slows it down.
   * - Values are sent as they are yielded. Those that come in quick succession go some at a time, which costs a tenth; if
   *   the next then takes long in a generator that is not async, up to `ahead` of them may come with it.
   * - `break` ends it, and waits for its `finally`. So does the cancellation of the task around.
   * - An error comes after the values that were yielded before it.
   *
   * Nothing starts before the first value is asked for.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { WorkerPool } from "@asyncio/toolkit";
   *
   * await using pool = new WorkerPool({ size: 1 });
   * function* words(text: string) {
   *   for (const [word] of text.matchAll(/\w+/g)) yield word;
   * }
   * assertEquals(await Array.fromAsync(pool.stream(words, ["to be or not"])), ["to", "be", "or", "not"]);
   * ```
   *
   * @typeParam A Types of the arguments.
   * @typeParam T What is yielded.
   * @typeParam R What is returned at the end.
   * @param fn The generator function, async or not, or one that returns something iterable.
   * @param args Its arguments.
   * @param options As for `run`; `ahead`.
   * @returns An iterator over the values.
   */
  stream<A extends unknown[], T, R = unknown>(
    fn: (
      this: WorkerScope,
      ...args: A
    ) =>
      | Generator<T, R>
      | AsyncGenerator<T, R>
      | Iterable<T>
      | AsyncIterable<T>
      | Promise<Iterable<T> | AsyncIterable<T>>,
    args: A = [] as unknown[] as A,
    options: WorkerStreamOptions = {},
  ): AsyncGenerator<T, R, void> {
    const { ahead = AHEAD, ...callOptions } = options;
    checkCount("stream from a worker", "ahead", ahead);
    const most = Math.min(ahead, 2 ** 30);
    return new WorkerStreamReader<T, R>(() => this.#call(fn, args, callOptions, most), most);
  }

  /**
   * Call the functions that a module exports: see `workerModule`.
   *
   * @typeParam M The module, as `typeof import("./cpu.ts")`.
   * @param url Where it is.
   * @param options For all calls.
   * @returns An object with the functions of the module.
   */
  module<M>(url: string | URL, options: WorkerCallOptions = {}): WorkerModule<M> {
    return moduleProxy<M>(url, () => this, options);
  }

  /**
   * Start workers ahead of the first calls, and wait until they can make them: the initializer has run in each. Does nothing
   * where there are enough. Workers that have nothing to do then end as others do, after `idleTimeout`.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { WorkerPool } from "@asyncio/toolkit";
   *
   * await using pool = new WorkerPool({ size: 2 });
   * await pool.warm();
   * assertEquals(pool.stats.idle, 2);
   * ```
   *
   * @param count How many workers there are to be, from 1 to `maxWorkers`.
   * @param options `signal`: gives up the wait when it fires, with the signal's reason; workers that are being started come.
   * @returns Resolves when there are so many that can make calls.
   * @throws {RangeError} When `count` is out of range.
   * @throws {WorkerLoadError} When one could not be started.
   * @throws {WorkerPoolError} When the pool is closed.
   * @throws {CancelledError} When the task around it is cancelled.
   */
  async warm(count: number = this.#settings.maxWorkers, options: WaitOptions = {}): Promise<void> {
    checkCount("warm a worker pool", "count", count);
    const { maxWorkers } = this.#settings;
    if (count > maxWorkers) {
      throw new RangeError(
        `Cannot warm worker pool "${this.name}" as it has no more than ${maxWorkers} workers: current value is ${count}`,
      );
    }
    const scope = currentScope();
    const refused = refusal(scope, options.signal);
    if (refused !== null) await refused;
    if (this.#dispatcher.closed) throw new WorkerPoolError(`Cannot warm worker pool "${this.name}" as it was closed`);
    const release = scope.clock.hold?.();
    try {
      await this.#dispatcher.warm(count, scope, options.signal);
    } finally {
      release?.();
    }
  }

  /** How the pool is doing right now. */
  get stats(): WorkerPoolStats {
    const stats = this.#dispatcher.stats();
    for (const dispatcher of this.#withPermissions.values()) {
      const more = dispatcher.stats();
      for (const key of ["workers", "starting", "busy", "idle", "queued"] as const) stats[key] += more[key];
      for (const key of ["cooperative", "terminated", "killed", "abandoned"] as const) {
        stats.stopped[key] += more.stopped[key];
      }
    }
    return stats;
  }

  /**
   * Change how many workers there are. Those that are too many end when they are idle.
   *
   * @param size From 1.
   */
  resize(size: number): void {
    checkCount("resize a worker pool", "size", size);
    if (this.#dispatcher.closed) throw new WorkerPoolError(`Cannot resize worker pool "${this.name}" as it was closed`);
    for (const dispatcher of [this.#dispatcher, ...this.#withPermissions.values()]) dispatcher.resize(size);
  }

  /**
   * Close the pool: what runs is waited for, what waits in line is rejected with a `WorkerPoolError`, and the workers are
   * ended. Once is enough; again does nothing.
   *
   * It never waits for the code that calls it: a stream that this task reads is ended, as by `break`, and to read on is a
   * `WorkerPoolError`; and a call in whose callback the pool is closed ends afterwards, and its worker with it.
   *
   * @param options `force`: cancel what runs instead of waiting for it.
   */
  async close({ force = false }: { force?: boolean } = {}): Promise<void> {
    await Promise.all(
      [this.#dispatcher, ...this.#withPermissions.values()].map((dispatcher) => dispatcher.close(force)),
    );
  }

  /** Close it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #call(fn: unknown, args: readonly unknown[], options: WorkerCallOptions, stream?: number): Call {
    let source: FunctionSource = NO_SOURCE;
    let dispatcher = this.#dispatcher;
    let problem: unknown = null;
    try {
      source = sourceOf(fn);
      if (!Array.isArray(args)) {
        throw new TypeError(
          `Cannot run in a worker as the arguments must be an array: current value is ${inspectBriefly(args)}`,
        );
      }
      checkCallOptions(options);
      if (options.permissions !== undefined) dispatcher = this.#dispatcherFor(options.permissions);
    } catch (error) {
      problem = error;
      args = [];
    }
    const request: CallRequest = {
      source,
      args,
      transfer: options.transfer,
      transferResult: options.transferResult ?? false,
      timeout: options.timeout,
      queueTimeout: options.queueTimeout,
      grace: options.grace ?? GRACE,
      name: options.name,
      signal: options.signal,
      stream,
      onProgress: options.onProgress,
      trace: traceContext(),
      errors: options.errors ?? this.#settings.errors,
      site: callSite(source),
    };
    const call = new Call(currentScope(), request, dispatcher);
    if (problem !== null) call.failBecause(problem);
    else if (!call.wanted) call.stoppedBy(undefined);
    else if (dispatcher.closed) {
      call.failWith(new WorkerPoolError(`Cannot run in worker pool "${this.name}" as it was closed`));
    } else dispatcher.enqueue(call);
    return call;
  }

  #dispatcherFor(permissions: WorkerPermissions): Dispatcher {
    if (this.#settings.backend.name !== "process") {
      throw new TypeError(
        `Cannot run in a worker with permissions as only the "process" backend has them: current value is ` +
          `"${this.#settings.backend.name}"`,
      );
    }
    const key = JSON.stringify(Object.entries(permissions).sort(([a], [b]) => a < b ? -1 : 1));
    let dispatcher = this.#withPermissions.get(key);
    if (dispatcher === undefined) {
      dispatcher = new Dispatcher({ ...this.#settings, minWorkers: 0, permissions });
      this.#withPermissions.set(key, dispatcher);
    }
    return dispatcher;
  }
}
