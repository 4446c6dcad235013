import { isCancellation } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { checkMs, inspectBriefly, isThenable } from "../core/checks.ts";
import type { WaitKind } from "../core/instrument.ts";
import { isPlainPromise, observe, Settlement, type SettlementListener } from "../core/observe.ts";
import type { Scope } from "../core/scope.ts";
import type { TimerEntry } from "../core/timer_queue.ts";
import { refusal, Waiter, type WaitOptions } from "../core/waiter.ts";
import { misuse } from "./inputs.ts";
import { checkNotInside, Task } from "./task.ts";

/** Options of {@linkcode wait}. */
export interface WaitUntilOptions extends WaitOptions {
  /**
   * When to return: `"all"` have settled, the `"first"` has, or the `"firstError"` came (or all have settled; a
   * cancelled task is no error).
   *
   * @default "all"
   */
  until?: "all" | "first" | "firstError" | undefined;
  /**
   * Return after so many milliseconds in any case, 0 to `Infinity`.
   *
   * @default Infinity
   */
  timeout?: number | undefined;
}

/** What {@linkcode wait} found, each list in the order of the arguments. */
export interface Waited<P> {
  /** Those that have settled. */
  done: P[];
  /** Those that have not. */
  pending: P[];
}

/**
 * Wait for tasks or promises without deciding anything about them: none is cancelled, no error of theirs is thrown, and
 * running out of time is no error either. The errors of those it waits for count as seen; look at `done`.
 *
 * As `asyncio.wait`.
 *
 * @example Have a look after the first
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTask, sleep, wait } from "@asyncio/toolkit";
 *
 * const fast = createTask(() => sleep(1));
 * const slow = createTask(() => sleep(60_000));
 * const { done, pending } = await wait([slow, fast], { until: "first" });
 * assertEquals(done, [fast]);
 * assertEquals(pending, [slow]);
 * slow.cancel();
 * ```
 *
 * They come back as they were given: of a thenable that begins anew whenever it is awaited, such as a query builder, make a
 * task first, with `createTask(query)`.
 *
 * @typeParam P Type of the tasks or promises.
 * @param promises What to wait for, at least one; duplicates count once.
 * @param options `until`, `timeout`, `signal`.
 * @returns The settled and the pending ones.
 * @throws {TypeError} When there is nothing to wait for, or something that cannot be waited for.
 * @throws {RangeError} When `timeout` is negative or NaN.
 * @throws {CancelledError} When the calling task is cancelled.
 */
export async function wait<P extends PromiseLike<unknown>>(
  promises: Iterable<P>,
  options: WaitUntilOptions = {},
): Promise<Waited<P>> {
  const { until = "all", timeout = Infinity, signal } = options;
  const inputs = [...new Set(promises)];
  const misused = misuse(inputs, () => checkArguments(inputs, until, timeout));
  if (misused !== null) await misused;
  // From here on their errors count as seen, also when the wait itself is refused.
  for (const input of inputs) if (isPlainPromise(input)) Settlement.of(input);
  const scope = currentScope();
  const refused = refusal(scope, signal);
  if (refused !== null) await refused;
  const observed = inputs.map((input) => observe(scope, input));
  const settlements = observed.map((promise) => Settlement.of(promise));
  await new Watching(scope, settlements, until, timeout, signal).promise;
  const settled = (_: P, index: number) => settlements[index]!.state !== "pending";
  return { done: inputs.filter(settled), pending: inputs.filter((input, index) => !settled(input, index)) };
}

/** @throws {TypeError | RangeError | InvalidStateError} When that cannot be waited for. */
function checkArguments(inputs: unknown[], until: unknown, timeout: unknown): void {
  checkMs("wait", timeout);
  if (!["all", "first", "firstError"].includes(until as string)) {
    throw new TypeError(
      `Cannot wait as until must be "all", "first" or "firstError": current value is ${inspectBriefly(until)}`,
    );
  }
  if (inputs.length === 0) throw new TypeError("Cannot wait as there is nothing to wait for: current value is empty");
  for (const input of inputs) {
    if (!isThenable(input)) {
      throw new TypeError(`Cannot wait as tasks or promises are needed: current value is ${inspectBriefly(input)}`);
    }
    if (isPlainPromise(input) && input instanceof Task) checkNotInside(input, "wait for");
  }
}

class Watching extends Waiter<void> implements SettlementListener, TimerEntry {
  readonly due: number;
  order = 0;
  index = -1;
  readonly #settlements: Settlement[];
  readonly #until: "all" | "first" | "firstError";
  #pending: number;

  constructor(
    scope: Scope,
    settlements: Settlement[],
    until: "all" | "first" | "firstError",
    timeout: number,
    signal: AbortSignal | undefined,
  ) {
    super(scope, signal);
    this.#settlements = settlements;
    this.#until = until;
    this.#pending = settlements.length;
    this.due = scope.clock.now() + timeout;
    if (timeout !== Infinity) scope.clock.at(this);
    for (const settlement of settlements) settlement.add(this);
  }

  onSettled({ state, outcome }: Settlement): void {
    this.#pending--;
    const enough = this.#until === "first" ||
      (this.#until === "firstError" && state === "rejected" && !isCancellation(outcome));
    // One microtask more, for all that settle in the same turn.
    if (this.#pending === 0 || enough) queueMicrotask(() => this.fire());
  }

  fire(): void {
    this.withdraw();
    this.resolve();
  }

  override get kind(): WaitKind {
    return "task";
  }

  override describe(): string {
    return `${this.#pending} of ${this.#settlements.length} tasks`;
  }

  protected override withdraw(): void {
    this.scope.clock.cancel(this);
    for (const settlement of this.#settlements) settlement.remove(this);
  }
}
