import { CancelledError, isCancelled } from "../errors.ts";
import { currentScope, runInScope } from "../core/ambient.ts";
import { checkCount, isThenable } from "../core/checks.ts";
import { toError } from "../core/inspect.ts";
import { Scope, type Waiting } from "../core/scope.ts";
import { refusal, type WaitOptions } from "../core/waiter.ts";
import { type CancelScope, endChildren } from "./cancel_scope.ts";
import { checkNotInside, Task } from "./task.ts";
import { TaskScope } from "./task_scope.ts";

/** What {@linkcode gather} makes of one of its inputs: what the function returns, or what the promise resolves to. */
export type Gathered<I> = I extends (...args: never[]) => infer R ? Awaited<R> : Awaited<I>;

/** Options of {@linkcode gather}. */
export interface GatherOptions extends WaitOptions {
  /**
   * Put errors into the result instead of throwing the first.
   *
   * @default false
   */
  returnExceptions?: boolean | undefined;
  /**
   * How many functions may run at a time, from 1.
   *
   * @default Infinity
   */
  concurrency?: number | undefined;
}

/** What {@linkcode gather} takes besides plain values: a function to own, or a promise or task to observe. */
export type Gatherable<T = unknown> = ((scope: CancelScope) => T) | PromiseLike<T> | T;

/**
 * Run functions, and wait for promises, concurrently; give their results in the order of the arguments.
 *
 * - A **function** is started in this call, with the scope that owns it. A **promise** (or task) was started by somebody
 *   else and is only observed. A plain value is its own result.
 * - On the first failure the other functions are cancelled *and waited for*; then that error is thrown as it is. What
 *   fails on the way out is reachable from it with `flattenErrors`. Observed promises run on; should one fail later,
 *   that is no unhandled rejection.
 * - When the calling task is cancelled, so are the functions; they are waited for, and the `CancelledError` is thrown,
 *   also with `returnExceptions`.
 * - The same task twice runs once and fills both places; the same function twice runs twice.
 *
 * As `asyncio.gather`, which leaves the siblings of a failure running. As `Promise.all`, for functions that can be
 * stopped.
 *
 * @example Three at once
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gather, sleep } from "@asyncio/toolkit";
 *
 * const results = await gather(
 *   () => sleep(20, "slow"),
 *   () => sleep(1, "fast"),
 *   Promise.resolve("observed"),
 * );
 * assertEquals(results, ["slow", "fast", "observed"]);
 * ```
 *
 * @typeParam I The inputs, as a tuple.
 * @param inputs Functions, promises, tasks, plain values.
 * @returns The results, a tuple in the order of the arguments.
 * @throws The first error of any of them.
 * @throws {CancelledError} When the calling task is cancelled.
 */
export function gather<const I extends readonly Gatherable[]>(
  ...inputs: I extends readonly [readonly unknown[], ...unknown[]] ? never : I
): Promise<{ -readonly [K in keyof I]: Gathered<I[K]> }>;
/**
 * As above, for a list, with each error in its place: `Error` objects as they are, anything else wrapped in one.
 *
 * @example Errors as results
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gather } from "@asyncio/toolkit";
 *
 * const [page, failure] = await gather(
 *   [() => "a page", () => Promise.reject(new Error("not found"))],
 *   { returnExceptions: true },
 * );
 * assertEquals(page, "a page");
 * assertEquals(String(failure), "Error: not found");
 * ```
 *
 * @typeParam I The inputs, as a tuple.
 * @param inputs Functions, promises, tasks, plain values; any iterable.
 * @param options `returnExceptions: true`; how many at a time; a signal.
 * @returns Results and errors, a tuple in the order of the inputs. Rejects only when the calling task is cancelled, the
 * signal fires, or the iterable itself throws.
 */
export function gather<const I extends readonly Gatherable[]>(
  inputs: I,
  options: GatherOptions & { returnExceptions: true },
): Promise<{ -readonly [K in keyof I]: Gathered<I[K]> | Error }>;
/**
 * As above, for a list.
 *
 * @example Never more than two at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gather, sleep } from "@asyncio/toolkit";
 *
 * let running = 0;
 * let most = 0;
 * const jobs = Array.from({ length: 6 }, (_, i) => async () => {
 *   most = Math.max(most, ++running);
 *   await sleep(1);
 *   running--;
 *   return i;
 * });
 * assertEquals(await gather(jobs, { concurrency: 2 }), [0, 1, 2, 3, 4, 5]);
 * assertEquals(most, 2);
 * ```
 *
 * @typeParam I The inputs, as a tuple.
 * @param inputs Functions, promises, tasks, plain values.
 * @param options How many at a time; a signal.
 * @returns The results, a tuple in the order of the inputs.
 */
export function gather<const I extends readonly Gatherable[]>(
  inputs: I,
  options?: GatherOptions,
): Promise<{ -readonly [K in keyof I]: Gathered<I[K]> }>;
/**
 * As above, for an iterable: its functions are pulled one by one, each when it can run.
 *
 * @typeParam I Type of one input.
 * @param inputs Functions, promises, tasks, plain values.
 * @param options How many at a time; a signal.
 * @returns The results, in the order of the inputs.
 */
export function gather<I extends Gatherable>(inputs: Iterable<I>, options?: GatherOptions): Promise<Gathered<I>[]>;
export function gather(...args: unknown[]): Promise<unknown[]> {
  let inputs: Iterable<unknown> = args;
  let options: GatherOptions = {};
  if (args.length <= 2 && isList(args[0]) && (args.length === 1 || isOptions(args[1]))) {
    inputs = args[0];
    options = args[1] as GatherOptions | undefined ?? {};
  }
  const { concurrency = Infinity, returnExceptions = false, signal } = options;
  const parent = currentScope();
  try {
    checkCount("gather", "concurrency", concurrency);
    const refused = refusal(parent, signal);
    if (refused !== null) return refused;
    const iterator = inputs[Symbol.iterator]();
    return new Gathering(parent, iterator, concurrency, returnExceptions, signal).promise;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The scope of one `gather`: what its functions are cancelled by as one. */
class GatherScope extends Scope {
  override get kind(): string {
    return "gather";
  }
}

/** One call of `gather`, from its first pull to its last child's end. */
class Gathering implements Waiting {
  before: Waiting | null = null;
  after: Waiting | null = null;
  readonly promise: Promise<unknown[]>;
  readonly #resolve: (results: unknown[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #scope: GatherScope;
  readonly #inputs: Iterator<unknown>;
  readonly #concurrency: number;
  readonly #returnExceptions: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #results: unknown[] = [];
  #started = 0;
  /** Functions that run. */
  #running = 0;
  /** Promises that have not settled. */
  #observed = 0;
  #exhausted = false;
  #pulling = false;
  #ended = false;
  /** Errors in the order in which they came; the first is the one to throw. */
  readonly #errors: unknown[] = [];

  constructor(
    parent: Scope,
    inputs: Iterator<unknown>,
    concurrency: number,
    returnExceptions: boolean,
    signal: AbortSignal | undefined,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#inputs = inputs;
    this.#concurrency = concurrency;
    this.#returnExceptions = returnExceptions;
    this.#signal = signal;
    this.#scope = new GatherScope(parent);
    if (signal !== undefined) this.#scope.cancelOn(signal);
    this.#scope.add(this);
    this.#pull();
  }

  /** The scope is cancelled, from outside or by a failure: its functions are ending, and promises are let go. */
  abort(_error: unknown): void {
    this.#observed = 0;
    this.#scope.remove(this);
    this.#stopPulling();
    this.#endIfDone();
  }

  describe(): string {
    return `gather of ${this.#started}`;
  }

  /** Start what may be started. */
  #pull(): void {
    // A child that ends while it is being started comes back here: the loop below goes on for it.
    if (this.#pulling || this.#exhausted) return;
    this.#pulling = true;
    try {
      while (this.#running < this.#concurrency && this.#scope.error === null) {
        const { done, value } = this.#inputs.next();
        if (done) {
          this.#exhausted = true;
          break;
        }
        this.#start(this.#started++, value);
      }
    } catch (error) {
      this.#exhausted = true;
      this.#stop(error);
    }
    this.#pulling = false;
    if (this.#scope.error !== null) this.#stopPulling();
    this.#endIfDone();
  }

  /** Nothing more is started; an iterator is told so. */
  #stopPulling(): void {
    if (this.#exhausted || this.#pulling) return;
    this.#exhausted = true;
    try {
      this.#inputs.return?.();
    } catch (error) {
      this.#errors.push(error);
    }
  }

  #start(index: number, input: unknown): void {
    if (typeof input === "function") this.#run(index, input as (scope: CancelScope) => unknown);
    else if (isThenable(input)) this.#observe(index, input);
    else this.#results[index] = input;
  }

  #run(index: number, fn: (scope: CancelScope) => unknown): void {
    const child = new TaskScope(this.#scope, fn.name);
    child.start();
    this.#running++;
    let result: unknown;
    try {
      result = runInScope(child, fn, child);
    } catch (error) {
      return this.#ending(child, index, false, error);
    }
    if (!isThenable(result)) return this.#ending(child, index, true, result);
    (result instanceof Promise ? result : Promise.resolve(result)).then(
      (value) => this.#ending(child, index, true, value),
      (error) => this.#ending(child, index, false, error),
    );
  }

  /** The function has ended; the child has when all that the function started has. */
  #ending(child: TaskScope, index: number, succeeded: boolean, outcome: unknown): void {
    if (child.firstChild === null) this.#onEnd(child, index, succeeded, outcome);
    else endChildren(child).then(() => this.#onEnd(child, index, succeeded, outcome));
  }

  #onEnd(child: TaskScope, index: number, succeeded: boolean, outcome: unknown): void {
    this.#running--;
    if (succeeded) {
      child.succeed(outcome);
      this.#results[index] = outcome;
    } else {
      child.fail(outcome);
      this.#onError(index, outcome);
    }
    this.#pull();
    this.#endIfDone();
  }

  #observe(index: number, promise: PromiseLike<unknown>): void {
    // Before anything may throw: once it has been handed in, its failure is seen to.
    this.#observed++;
    Promise.resolve(promise instanceof Task ? promise.then() : promise).then((value) => {
      if (this.#scope.error !== null || this.#ended) return;
      this.#results[index] = value;
      this.#observed--;
      this.#endIfDone();
    }, (error) => {
      if (this.#scope.error !== null || this.#ended) return this.#scope.root.supersede(this.#errors[0], error);
      this.#observed--;
      this.#onError(index, error);
      this.#endIfDone();
    });
    if (promise instanceof Task) checkNotInside(promise, "gather");
  }

  #onError(index: number, error: unknown): void {
    // What the scope's own cancellation does to the children is not news.
    if (this.#scope.error !== null && isCancelled(error)) return;
    if (this.#returnExceptions) this.#results[index] = toError(error);
    else this.#stop(error);
  }

  /** Something failed: cancel the rest. */
  #stop(error: unknown): void {
    this.#errors.push(error);
    if (this.#scope.error !== null) return;
    const message = `Cancelled as another function of the same gather() failed`;
    this.#scope.cancel(new CancelledError(message, { reason: error, source: this.#scope }));
  }

  #endIfDone(): void {
    if (this.#ended || !this.#exhausted || this.#pulling || this.#running > 0 || this.#observed > 0) return;
    this.#ended = true;
    const scope = this.#scope;
    if (scope.error === null) scope.remove(this);
    scope.close();
    if (scope.error === null) return this.#resolve(this.#results);
    const errors = [...this.#errors];
    // The caller's own cancellation wins over whatever happened below it.
    const parentError = scope.parent!.error;
    if (parentError !== null) errors.unshift(parentError);
    else if (errors.length === 0) errors.push(this.#signal?.aborted ? this.#signal.reason : scope.error);
    for (const loser of errors.slice(1)) scope.root.supersede(errors[0], loser);
    this.#reject(errors[0]);
  }
}

function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value && !isThenable(value);
}

function isOptions(value: unknown): value is GatherOptions | undefined {
  if (value === undefined) return true;
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
