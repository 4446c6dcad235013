import { currentScope } from "../core/ambient.ts";
import { checkMs } from "../core/checks.ts";
import type { WaitKind } from "../core/instrument.ts";
import type { Scope } from "../core/scope.ts";
import type { TimerEntry } from "../core/timer_queue.ts";
import { cancelTurn, queueTurn, type Turn } from "../core/turn.ts";
import { refusal, rejected, Waiter, type WaitOptions } from "../core/waiter.ts";

/**
 * Wait for `ms` milliseconds, never less. asyncio counts seconds.
 *
 * `sleep(0)` lets everything else that is ready have its turn: other tasks, timers, I/O. `sleep(Infinity)` waits until
 * it is cancelled. Delays have no upper limit. A pending sleep keeps the process alive.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sleep } from "@asyncio/toolkit";
 *
 * assertEquals(await sleep(5, "tea is ready"), "tea is ready");
 * ```
 *
 * @param ms Milliseconds, 0 to `Infinity`.
 * @returns Resolves when the time has passed.
 * @throws {CancelledError} When the task around it is, or was, cancelled.
 * @throws {RangeError} When `ms` is negative or NaN.
 * @throws {TypeError} When the value is a signal, which comes in options.
 */
export function sleep(ms: number): Promise<void>;
/**
 * Wait for `ms` milliseconds, or until `signal` fires, as `delay` of `@std/async` does. An object with nothing but a `signal`
 * is never taken for a value.
 *
 * @typeParam O The options.
 * @param ms Milliseconds, 0 to `Infinity`.
 * @param options `signal`: gives up when it fires, with the signal's reason.
 * @returns Resolves when the time has passed.
 */
export function sleep<O extends { signal: AbortSignal | undefined }>(
  ms: number,
  options: keyof O extends "signal" ? O : never,
): Promise<void>;
/**
 * Wait for `ms` milliseconds, then give `value`.
 *
 * @typeParam T Type of the value.
 * @param ms Milliseconds, 0 to `Infinity`.
 * @param value What the promise resolves to.
 * @param options `signal`: gives up when it fires, with the signal's reason.
 * @returns `value`, when the time has passed.
 */
export function sleep<T>(ms: number, value: T, options?: WaitOptions): Promise<T>;
export function sleep<T>(ms: number, value?: T, options?: WaitOptions): Promise<T | undefined> {
  if (options === undefined && isSignalAlone(value)) [value, options] = [undefined, value];
  const scope = currentScope();
  try {
    checkMs("sleep", ms);
    if (typeof value === "object" && value instanceof AbortSignal) {
      throw new TypeError(
        "Cannot sleep as a signal comes in options, as in sleep(ms, { signal }): current value is an AbortSignal",
      );
    }
  } catch (error) {
    return rejected(scope, error);
  }
  const refused = refusal(scope, options?.signal);
  if (refused !== null) return refused;
  return (ms === 0 ? new Yielding(scope, value, options?.signal) : new Sleeping(scope, ms, value, options?.signal))
    .promise;
}

/** Whether `value` is meant as options: somebody who comes from `delay(ms, { signal })` would wait for nothing. */
function isSignalAlone(value: unknown): value is WaitOptions {
  if (typeof value !== "object" || value === null || !("signal" in value)) return false;
  const { signal } = value;
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === "signal" && (signal === undefined || signal instanceof AbortSignal);
}

class Sleeping<T> extends Waiter<T> implements TimerEntry {
  readonly due: number;
  order = 0;
  index = -1;
  readonly #ms: number;
  readonly #value: T;

  constructor(scope: Scope, ms: number, value: T, signal?: AbortSignal) {
    super(scope, signal);
    this.#ms = ms;
    this.#value = value;
    this.due = scope.clock.now() + ms;
    scope.clock.at(this);
  }

  fire(): void {
    this.resolveInTurn(this.#value);
  }

  override get kind(): WaitKind {
    return "sleep";
  }

  override describe(): string {
    return `sleep ${this.#ms} ms`;
  }

  protected override withdraw(): void {
    this.scope.clock.cancel(this);
  }
}

/** A timer of 0 ms takes two milliseconds on the platform; a turn of the loop takes microseconds. */
class Yielding<T> extends Waiter<T> implements Turn {
  readonly #value: T;

  constructor(scope: Scope, value: T, signal?: AbortSignal) {
    super(scope, signal);
    this.#value = value;
    queueTurn(this);
  }

  run(): void {
    this.resolveInTurn(this.#value);
  }

  override get kind(): WaitKind {
    return "turn";
  }

  override describe(): string {
    return "its next turn";
  }

  protected override withdraw(): void {
    cancelTurn(this);
  }
}

/**
 * Stop for a moment in a long computation: throws if the task has been cancelled, and lets timers, I/O and other tasks
 * have a turn of the event loop. As `asyncio.sleep(0)` and `trio.lowlevel.checkpoint`.
 *
 * It costs some microseconds, so call it every few thousand steps; computations of more than a few hundred milliseconds
 * belong in a worker.
 *
 * @example A loop that can be stopped
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { checkpoint, createTask, sleep } from "@asyncio/toolkit";
 *
 * const task = createTask(async () => {
 *   for (;;) await checkpoint();
 * });
 * await sleep(5);
 * task.cancel();
 * assertEquals((await task.settled()).status, "rejected");
 * ```
 *
 * @param options `signal`: throws its reason when it has fired.
 * @returns Resolves in the next turn of the event loop.
 * @throws {CancelledError} When the task around it is cancelled.
 */
export function checkpoint(options?: WaitOptions): Promise<void> {
  return sleep(0, undefined, options);
}
