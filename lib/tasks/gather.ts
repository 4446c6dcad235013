import { currentScope } from "../core/ambient.ts";
import { checkCount } from "../core/checks.ts";
import type { WaitKind } from "../core/instrument.ts";
import { isPlainPromise, letGo, observe, Settlement } from "../core/observe.ts";
import type { Scope } from "../core/scope.ts";
import { refusal, rejected, Waiter, type WaitOptions } from "../core/waiter.ts";
import { Gathering } from "./gathering.ts";
import { type Gatherable, type GatherableRecord, type Gathered, inputsOf, type SeparateInputs } from "./inputs.ts";

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

export type { Gatherable, GatherableRecord, Gathered, SeparateInputs };

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
 * @param inputs Functions, promises, tasks, plain values, in a list; or each as an argument of its own.
 * @param options How many at a time; a signal.
 * @returns The results, a tuple in the order of the inputs.
 * @throws The first error of any of them.
 * @throws {CancelledError} When the calling task is cancelled.
 */
export function gather<I extends readonly Gatherable[] | []>(
  inputs: I,
  options?: GatherOptions & { returnExceptions?: false | undefined },
): Promise<{ -readonly [K in keyof I]: Gathered<I[K]> }>;
/**
 * Run functions, and wait for promises, concurrently; give their results and their errors in the order of the arguments, so
 * that no failure ends the others: `Error` objects as they are, anything else wrapped in one.
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
 * @param inputs Functions, promises, tasks, plain values.
 * @param options `returnExceptions`; how many at a time; a signal.
 * @returns Results and errors, a tuple in the order of the inputs. Rejects only when the calling task is cancelled, the
 * signal fires, or the iterable itself throws.
 */
export function gather<I extends readonly Gatherable[] | []>(
  inputs: I,
  options: GatherOptions,
): Promise<{ -readonly [K in keyof I]: Gathered<I[K]> | Error }>;
/**
 * Run the functions of an iterable, and wait for its promises, concurrently; give their results in its order. They are pulled
 * one by one, each when it can run. On the first failure the other functions are cancelled and waited for.
 *
 * @typeParam I Type of one input.
 * @param inputs Functions, promises, tasks, plain values.
 * @param options How many at a time; a signal.
 * @returns The results, in the order of the inputs.
 */
export function gather<I extends Gatherable>(
  inputs: Iterable<I> & object,
  options?: GatherOptions & { returnExceptions?: false | undefined },
): Promise<Gathered<I>[]>;
/**
 * Run the functions of an iterable, and wait for its promises, concurrently; give their results and their errors in its
 * order, so that no failure ends the others. They are pulled one by one, each when it can run.
 *
 * @typeParam I Type of one input.
 * @param inputs Functions, promises, tasks, plain values.
 * @param options `returnExceptions`; how many at a time; a signal.
 * @returns Results and errors, in the order of the inputs.
 */
export function gather<I extends Gatherable>(
  inputs: Iterable<I> & object,
  options: GatherOptions,
): Promise<(Gathered<I> | Error)[]>;
/**
 * Run functions, and wait for promises, concurrently, each by its name; give an object of their results by the same names.
 * On the first failure the other functions are cancelled and waited for; then that error is thrown as it is.
 *
 * @example By name
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gather, sleep } from "@asyncio/toolkit";
 *
 * const { user, posts } = await gather({
 *   user: () => sleep(5, "Ada"),
 *   posts: () => sleep(1, ["On engines"]),
 * });
 * assertEquals([user, ...posts], ["Ada", "On engines"]);
 * ```
 *
 * @typeParam I The inputs, an object of them.
 * @param inputs Functions, promises, tasks, plain values, by name.
 * @param options How many at a time; a signal.
 * @returns The results, an object with the same keys in the same order.
 */
export function gather<I extends GatherableRecord>(
  inputs: I,
  options?: GatherOptions & { returnExceptions?: false | undefined },
): Promise<{ -readonly [K in keyof I]: Gathered<I[K]> }>;
/**
 * Run functions, and wait for promises, concurrently, each by its name; give an object of their results and errors by the same
 * names, so that no failure ends the others.
 *
 * @typeParam I The inputs, an object of them.
 * @param inputs Functions, promises, tasks, plain values, by name.
 * @param options `returnExceptions`; how many at a time; a signal.
 * @returns Results and errors, an object with the same keys in the same order.
 */
export function gather<I extends GatherableRecord>(
  inputs: I,
  options: GatherOptions,
): Promise<{ -readonly [K in keyof I]: Gathered<I[K]> | Error }>;
/**
 * Run functions, and wait for promises, each an argument of its own, concurrently; give their results in that order. On the
 * first failure the other functions are cancelled and waited for; then that error is thrown as it is.
 *
 * @typeParam I The inputs, as a tuple.
 * @param inputs Functions, promises, tasks, plain values.
 * @returns The results, a tuple in the order of the arguments.
 */
export function gather<I extends readonly Gatherable[] | []>(
  ...inputs: SeparateInputs<I>
): Promise<{ -readonly [K in keyof I]: Gathered<I[K]> }>;
export function gather(...args: unknown[]): Promise<unknown> {
  const parent = currentScope();
  let inputs: Iterable<unknown> = args;
  try {
    const given = inputsOf("gather", args, OPTION_NAMES, true);
    inputs = given.inputs;
    const { concurrency = Infinity, returnExceptions = false, signal }: GatherOptions = given.options;
    checkCount("gather", "concurrency", concurrency);
    const refused = refusal(parent, signal);
    if (refused !== null) {
      letAllGo(inputs);
      return refused;
    }
    const { promise } = !returnExceptions && concurrency === Infinity && areNewPromises(inputs)
      ? new ObservedGathering(parent, inputs, signal)
      : new Gathering(parent, inputs, concurrency, returnExceptions, signal);
    return given.keys === null ? promise : byName(given.keys, promise);
  } catch (error) {
    letAllGo(inputs);
    return rejected(parent, error);
  }
}

const OPTION_NAMES = ["returnExceptions", "concurrency", "signal"];

async function byName(keys: readonly string[], results: Promise<unknown[]>): Promise<Record<string, unknown>> {
  const values = await results;
  return Object.fromEntries(keys.map((key, index) => [key, values[index]]));
}

/** What was handed in is observed all the same: its failure is no unhandled rejection. */
function letAllGo(inputs: Iterable<unknown>): void {
  if (Array.isArray(inputs)) inputs.forEach((input) => letGo(input));
}

/** Whether there are only promises, and none was let go before: that one must not get another reaction each time. */
function areNewPromises(inputs: Iterable<unknown>): inputs is Promise<unknown>[] {
  return Array.isArray(inputs) && inputs.length > 0 &&
    inputs.every((input) => isPlainPromise(input) && Settlement.known(input) === undefined);
}

/**
 * A `gather` of promises alone: there is nothing to own, so there is nothing to cancel or to count, and `Promise.all` does
 * the collecting in native code.
 */
class ObservedGathering extends Waiter<unknown[]> {
  readonly #promises: readonly Promise<unknown>[];

  constructor(scope: Scope, promises: readonly Promise<unknown>[], signal: AbortSignal | undefined) {
    super(scope, signal);
    this.#promises = promises;
    if (scope.clock.doubt !== undefined) { for (const promise of promises) observe(scope, promise); }
    Promise.all(promises).then(
      (results) => this.resolve(results),
      (error) => {
        if (!this.waiting) return;
        this.reject(error);
        for (const promise of promises) letGo(promise, error, scope);
      },
    );
  }

  override get kind(): WaitKind {
    return "task";
  }

  override describe(): string {
    return `gather of ${this.#promises.length}`;
  }

  protected override withdraw(): void {
    for (const promise of this.#promises) letGo(promise, undefined, this.scope);
  }
}
