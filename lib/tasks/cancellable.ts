import { currentScope } from "../core/ambient.ts";
import { inspectBriefly, isThenable } from "../core/checks.ts";
import type { WaitKind } from "../core/instrument.ts";
import { letGo, observe, Settlement, type SettlementListener } from "../core/observe.ts";
import type { Blockers, Scope } from "../core/scope.ts";
import { refusal, Waiter, type WaitOptions } from "../core/waiter.ts";
import { misuse } from "./inputs.ts";
import { CancellableSource } from "./cancellable_source.ts";
import { checkNotInside, scopeOf, Task } from "./task.ts";

/**
 * Wait for a promise that knows nothing of cancellation, and stop waiting when the task around is cancelled. The work
 * behind the promise goes on: nothing can stop it from here. Should it fail later, that is not an unhandled rejection.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cancellable, createTask } from "@asyncio/toolkit";
 *
 * const never = new Promise(() => {});
 * const task = createTask(() => cancellable(never));
 * task.cancel();
 * assertEquals((await task.settled()).status, "rejected");
 * ```
 *
 * @typeParam T What the promise resolves to.
 * @param promise A promise, task or other thenable.
 * @param options `signal`: stops waiting when it fires, with the signal's reason.
 * @returns What the promise resolves to.
 * @throws {CancelledError} When the task around it is cancelled.
 */
export function cancellable<T>(promise: PromiseLike<T>, options?: WaitOptions): Promise<T>;
/**
 * Iterate a stream, or another source of items, that knows nothing of cancellation. When the task around is cancelled,
 * the loop throws that cancellation also while an item is waited for, and the source is closed: a stream is cancelled, an
 * iterator's `return()` is called.
 *
 * - The source is opened by the first step, and closed when the loop is left, when a step is cancelled, and when the
 *   function that took the first step has ended.
 * - Leaving the loop waits for the closing, as `for await` does. A cancellation does not, since a source that is stuck
 *   closes only when its item comes; should the closing fail, that is reported.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cancellable, moveOnAfter } from "@asyncio/toolkit";
 *
 * let closed = false;
 * const stream = new ReadableStream<string>({
 *   start: (controller) => controller.enqueue("first"), // and nothing after that
 *   cancel: () => void (closed = true),
 * });
 * const seen: string[] = [];
 * await moveOnAfter(10, async () => {
 *   for await (const item of cancellable(stream)) seen.push(item);
 * });
 * assertEquals(seen, ["first"]);
 * assertEquals(closed, true);
 * ```
 *
 * @typeParam T What the source gives.
 * @param source A `ReadableStream`, an async generator, or anything else for `for await`.
 * @param options `signal`: ends the loop when it fires, with the signal's reason.
 * @returns What to loop over, once.
 */
export function cancellable<T>(
  source: AsyncIterable<T>,
  options?: WaitOptions,
): AsyncIterableIterator<T, void, void>;
/**
 * Give a plain value back: for code that has either a promise or what it would come to.
 *
 * @typeParam T What the promise would resolve to.
 * @param value A value, or a promise.
 * @param options `signal`: stops waiting when it fires, with the signal's reason.
 * @returns The value, or what the promise resolves to.
 * @throws {CancelledError} When the task around it is cancelled.
 * @throws {TypeError} When the value is a function, or a list of promises: nothing of it would be waited for.
 */
export function cancellable<T>(value: T | PromiseLike<T>, options?: WaitOptions): Promise<T>;
export function cancellable(input: unknown, options: WaitOptions = {}): unknown {
  if (!isThenable(input) && isAsyncIterable(input)) return new CancellableSource(input, options);
  return cancellablePromise(input, options);
}

function cancellablePromise<T>(promise: T | PromiseLike<T>, options: WaitOptions): Promise<T> {
  const scope = currentScope();
  if (typeof promise === "function" || Array.isArray(promise)) {
    const misused = misuse(Array.isArray(promise) ? promise : [], () => checkNoWork(promise));
    if (misused !== null) return misused;
  }
  const refused = refusal(scope, options.signal);
  if (refused !== null) {
    letGo(promise);
    return refused;
  }
  try {
    return new Observing(scope, isThenable(promise) ? observe(scope, promise) : promise, options.signal).promise;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** @throws {TypeError} When `value` is no promise, but would have to be called, or gathered, to make one. */
function checkNoWork(value: unknown): void {
  if (typeof value === "function" && !isThenable(value)) {
    throw new TypeError(
      `Cannot wait as a promise is needed, where timeout() and its kind run functions: current value is ${
        inspectBriefly(value)
      }`,
    );
  }
  if (Array.isArray(value) && value.some(isThenable)) {
    throw new TypeError(
      `Cannot wait as one promise is needed, such as gather() makes of several: current value is ${
        inspectBriefly(value)
      }`,
    );
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/**
 * Waits for a promise of somebody else's. The promise keeps each reaction for as long as it is pending, so when a wait for
 * it was given up once, the next ones share a single one: a loop that has a look now and then must not leak.
 */
class Observing<T> extends Waiter<T> implements SettlementListener {
  readonly #awaited: T | Promise<T>;

  constructor(scope: Scope, promise: T | Promise<T>, signal?: AbortSignal) {
    super(scope, signal);
    this.#awaited = promise;
    try {
      if (promise instanceof Task) checkNotInside(promise, "wait for");
    } catch (error) {
      this.reject(error);
      return;
    }
    const settlement = Settlement.known(promise);
    if (settlement !== undefined) settlement.add(this);
    else {
      Promise.resolve(promise).then(
        (value) => this.resolve(value),
        (error) => this.reject(error),
      );
    }
  }

  onSettled({ state, outcome }: Settlement): void {
    if (state === "fulfilled") this.resolve(outcome as T);
    else this.reject(outcome);
  }

  override abort(error: unknown): void {
    if (!this.waiting) return;
    super.abort(error);
    if (!(this.#awaited instanceof Promise)) return;
    const settlement = Settlement.of(this.#awaited);
    settlement.remove(this);
    settlement.leaveTo(this.scope.root, error);
  }

  blockers(): Blockers {
    return this.#awaited instanceof Task ? [scopeOf(this.#awaited)] : null;
  }

  override get kind(): WaitKind {
    return this.#awaited instanceof Task ? "task" : "promise";
  }

  override describe(): string {
    return this.#awaited instanceof Task ? `task "${this.#awaited.name}"` : "a promise";
  }

  protected override withdraw(): void {}
}
