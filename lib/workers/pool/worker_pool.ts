import { AsyncLocalStorage } from "node:async_hooks";
import { currentScope } from "../../core/ambient.ts";
import { checkCount, checkFunction } from "../../core/checks.ts";
import { inspectBriefly } from "../../core/inspect.ts";
import { mapConcurrent } from "../../tasks/map_concurrent.ts";
import type { Task } from "../../tasks/task.ts";
import type { WorkerPermissions } from "../backends/backend.ts";
import { Call } from "../call/call.ts";
import type { CallRequest } from "../call/call_request.ts";
import { callSite } from "../call/call_site.ts";
import { Crew } from "./crew.ts";
import type { Executor } from "./executor.ts";
import { type FunctionSource, NO_SOURCE, sourceOf } from "../call/function_source.ts";
import { moduleProxy, type WorkerModule } from "./module_proxy.ts";
import {
  checkCallOptions,
  type PoolSettings,
  settingsOf,
  type WorkerCallOptions,
  type WorkerMapOptions,
  type WorkerPoolOptions,
  type WorkerStreamOptions,
} from "./options.ts";
import type { WorkerPoolStats } from "./pool_stats.ts";
import { traceContext } from "../../core/telemetry.ts";
import { WorkerPoolError } from "../call/worker_error.ts";
import type { WorkerScope } from "../inside/worker_scope.ts";
import { WorkerStreamReader } from "../call/stream_reader.ts";

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
  readonly #crew: Crew;
  /** For calls with permissions of their own: workers cannot change theirs. */
  readonly #crews = new Map<string, Crew>();

  /**
   * Make a pool.
   *
   * @param options How many workers, of which kind, with which limits.
   * @throws {RangeError} When a number is out of range.
   * @throws {TypeError} When an option is of the wrong kind.
   */
  constructor(options: WorkerPoolOptions = {}) {
    this.#settings = settingsOf(options);
    this.#crew = new Crew(this.#settings);
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
    checkFunction("map in workers", fn);
    // One running and one ready for each worker, so that none waits.
    const { concurrency = 2 * this.#settings.maxWorkers, signal, ...callOptions } = options;
    let index = 0;
    const results: Awaited<R>[] = [];
    const calls = mapConcurrent(items, (item) => this.run(fn, [item, index++], callOptions), { concurrency, signal });
    for await (const result of calls) results.push(result as Awaited<R>);
    return results;
  }

  /**
   * Run a generator in a worker, and iterate over what it yields. The worker is occupied until the end.
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

  /** How the pool is doing right now. */
  get stats(): WorkerPoolStats {
    const stats = this.#crew.stats();
    for (const crew of this.#crews.values()) {
      const more = crew.stats();
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
    if (this.#crew.closed) throw new WorkerPoolError(`Cannot resize worker pool "${this.name}" as it was closed`);
    for (const crew of [this.#crew, ...this.#crews.values()]) crew.resize(size);
  }

  /**
   * Close the pool: what runs is waited for, what waits in line is rejected with a `WorkerPoolError`, and the workers are
   * ended. Once is enough; again does nothing.
   *
   * @param options `force`: cancel what runs instead of waiting for it.
   */
  async close({ force = false }: { force?: boolean } = {}): Promise<void> {
    await Promise.all([this.#crew, ...this.#crews.values()].map((crew) => crew.close(force)));
  }

  /** Close it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #call(fn: unknown, args: readonly unknown[], options: WorkerCallOptions, stream?: number): Call {
    let source: FunctionSource = NO_SOURCE;
    let crew = this.#crew;
    let problem: unknown = null;
    try {
      source = sourceOf(fn);
      if (!Array.isArray(args)) {
        throw new TypeError(
          `Cannot run in a worker as the arguments must be an array: current value is ${inspectBriefly(args)}`,
        );
      }
      checkCallOptions(options);
      if (options.permissions !== undefined) crew = this.#crewWith(options.permissions);
    } catch (error) {
      problem = error;
      args = [];
    }
    const { onProgress } = options;
    const inContext = onProgress && AsyncLocalStorage.snapshot();
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
      onProgress: onProgress && ((value) => inContext!(() => onProgress(value))),
      trace: traceContext(),
      site: callSite(source),
    };
    const call = new Call(currentScope(), request, crew);
    if (problem !== null) call.failBecause(problem);
    else if (!call.wanted) call.stoppedBy(undefined);
    else if (crew.closed) {
      call.failWith(new WorkerPoolError(`Cannot run in worker pool "${this.name}" as it was closed`));
    } else crew.enqueue(call);
    return call;
  }

  #crewWith(permissions: WorkerPermissions): Crew {
    if (this.#settings.backend !== "process") {
      throw new TypeError(
        `Cannot run in a worker with permissions as only the "process" backend has them: current value is ` +
          `"${this.#settings.backend}"`,
      );
    }
    const key = JSON.stringify(Object.entries(permissions).sort(([a], [b]) => a < b ? -1 : 1));
    let crew = this.#crews.get(key);
    if (crew === undefined) {
      crew = new Crew({ ...this.#settings, minWorkers: 0, permissions });
      this.#crews.set(key, crew);
    }
    return crew;
  }
}
