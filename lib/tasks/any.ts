import { currentScope } from "../core/ambient.ts";
import { errorForCaller } from "../core/cancellation.ts";
import { checkMs, checkNoGenerator, inspectBriefly, isThenable } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { handOn } from "../core/held.ts";
import type { WaitKind } from "../core/instrument.ts";
import { suppress } from "../core/linked_errors.ts";
import { letGo, observe, Settlement, type SettlementListener } from "../core/observe.ts";
import { childrenEnded } from "../core/owned.ts";
import { Scope } from "../core/scope.ts";
import type { TimerEntry } from "../core/timer_queue.ts";
import { nextTurn } from "../core/turn.ts";
import { refusal, Waiter, type WaitOptions } from "../core/waiter.ts";
import { spawn } from "./create_task.ts";
import { checkFor, checkPlainValue, type Gatherable, type Gathered, misuse } from "./inputs.ts";
import type { Owned } from "./owned.ts";
import { checkNotInside, Task } from "./task.ts";

/** Options of {@linkcode any}. */
export interface AnyOptions extends WaitOptions {
  /**
   * How long the next function waits for its turn after the one before it was started, in milliseconds. It is started at once
   * when one that had its turn has failed; with `Infinity` only then.
   *
   * @default 0, all at once
   */
  stagger?: number | undefined;
}

/**
 * Run functions, and wait for promises, until the first of them *succeeds*; that is the result. The other functions are
 * cancelled, and their cleanup has ended when the result is there. Promises are left alone.
 *
 * - A failure does not matter while there are others. When all have failed, an `AggregateError` has their errors, in the order
 *   of the list.
 * - With `stagger` they are not all asked at once: the next one is started when the last has taken that long, or has failed.
 *   So one asks a second server when the first is slow ("hedged requests"), or connects to each address of a host in turn
 *   ("happy eyeballs"). A promise has its turn as well: the next one gives it so much time.
 * - When the calling task is cancelled, so are the functions, and the `CancelledError` is thrown.
 *
 * As `Promise.any`, which leaves the others running. {@linkcode race} takes the first that settles, also with an error.
 *
 * @example The first mirror that has it
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { any, sleep } from "@asyncio/toolkit";
 *
 * const page = await any([
 *   () => Promise.reject(new Error("404")),
 *   () => sleep(60_000, "from far away"),
 *   () => sleep(1, "from nearby"),
 * ]);
 * assertEquals(page, "from nearby");
 * ```
 *
 * @example A second request, when the first takes longer than 5 ms
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { any, sleep } from "@asyncio/toolkit";
 *
 * let requests = 0;
 * const ask = () => sleep(++requests === 1 ? 60_000 : 1, `answer to request ${requests}`);
 * assertEquals(await any([ask, ask, ask], { stagger: 5 }), "answer to request 2");
 * assertEquals(requests, 2);
 * ```
 *
 * @typeParam I The inputs, as a tuple.
 * @param inputs Functions, promises, tasks, plain values. At least one.
 * @param options `stagger`; `signal`: cancels the functions when it fires, then its reason is thrown.
 * @returns The value of the first that succeeds.
 * @throws {AggregateError} When all have failed.
 * @throws {CancelledError} When the calling task is cancelled.
 * @throws {TypeError} When there is nothing to wait for.
 */
export function any<const I extends readonly Gatherable[] | []>(
  inputs: I,
  options?: AnyOptions,
): Promise<Gathered<I[number]>>;
/**
 * Run the functions of an iterable, and wait for its promises, until the first of them succeeds; that is the result. The other
 * functions are cancelled and waited for.
 *
 * @typeParam I Type of one input.
 * @param inputs Functions, promises, tasks, plain values. At least one.
 * @param options `stagger`, `signal`.
 * @returns The value of the first that succeeds.
 */
export function any<I extends Gatherable>(inputs: Iterable<I> & object, options?: AnyOptions): Promise<Gathered<I>>;
export async function any(list: Iterable<unknown> & object, options: AnyOptions = {}): Promise<unknown> {
  const { stagger = 0, signal } = options;
  const parent = currentScope();
  let inputs: unknown[] = [];
  const misused = misuse([list], () => {
    if (typeof list !== "object" || list === null || !(Symbol.iterator in list)) {
      throw new TypeError(`Cannot wait for a success as a list is needed: current value is ${inspectBriefly(list)}`);
    }
    inputs = [...list];
    checkFor(inputs, () => {
      checkMs("stagger", stagger);
      inputs.forEach(checkInput);
      if (inputs.length > 0) return;
      throw new TypeError("Cannot wait for a success as there is nothing to wait for: current value is empty");
    });
  });
  if (misused !== null) await misused;
  const refused = refusal(parent, signal);
  if (refused !== null) {
    for (const input of inputs) letGo(input);
    await refused;
  }
  const scope = new AnyScope(parent);
  if (signal !== undefined) scope.cancelOn(signal);
  const attempts = new Attempts(scope, inputs, stagger);
  try {
    attempts.begin();
    return await attempts.promise;
  } catch (error) {
    throw errorForCaller(scope, error);
  } finally {
    await attempts.end();
  }
}

/** @throws {TypeError} When `input` is nothing that could be run or waited for. */
function checkInput(input: unknown): void {
  if (isThenable(input)) return;
  if (typeof input === "function") checkNoGenerator("wait for a success", input);
  else checkPlainValue("wait for a success", input);
}

class AnyScope extends Scope {
  override get kind(): string {
    return "any";
  }
}

/** The wait for the first success; it belongs to the scope of the call, so that whatever cancels the one ends the other. */
class Attempts extends Waiter<unknown> implements TimerEntry {
  due = 0;
  order = 0;
  index = -1;
  readonly #inputs: readonly unknown[];
  readonly #stagger: number;
  readonly #promises: Observed[] = [];
  /** Whose turn it is next. */
  #next = 0;
  /** Whether it is to be started now. */
  #isDue = false;
  #starting = false;
  /** The failures, by place in the list. */
  readonly #errors = new Map<number, unknown>();
  /** What failed when the outcome was there already. */
  readonly #lateErrors: unknown[] = [];
  /** What is given, or thrown. */
  #value: unknown;
  #error: unknown;

  constructor(scope: AnyScope, inputs: readonly unknown[], stagger: number) {
    super(scope);
    this.#inputs = inputs;
    this.#stagger = stagger;
  }

  /** Observe the promises, which have been started, and give the first function its turn. */
  begin(): void {
    for (const [index, input] of this.#inputs.entries()) if (isThenable(input)) this.#observe(index, input);
    this.fire();
  }

  override resolve(value: unknown): void {
    if (this.waiting) this.#value = value;
    super.resolve(value);
  }

  override reject(error: unknown): void {
    if (this.waiting) this.#error = error;
    super.reject(error);
  }

  override abort(error: unknown): void {
    if (this.waiting) this.#error = error;
    super.abort(error);
  }

  /** One has failed. */
  failed(index: number, error: unknown): void {
    if (!this.waiting) return void this.#lateErrors.push(error);
    this.#errors.set(index, error);
    if (this.#errors.size === this.#inputs.length) this.reject(this.#allFailed());
    // One that fails before its turn has come leaves it to the next, but does not hurry that.
    else if (index < this.#next) this.fire();
  }

  /** See the losers off. */
  async end(): Promise<void> {
    const { scope } = this;
    scope.clock.cancel(this);
    await childrenEnded(scope, () => this.#close(), "Cancelled as another function of the same any() has succeeded");
    if (turnDue(scope.clock)) await nextTurn();
  }

  override get kind(): WaitKind {
    return "task";
  }

  override describe(): string {
    return `any of ${this.#inputs.length}`;
  }

  protected override withdraw(): void {
    this.scope.clock.cancel(this);
  }

  /** Start the next; and those behind it, when they need not wait. A loop, as what is started may fail at once and come back here. */
  fire(): void {
    this.#isDue = true;
    if (this.#starting) return;
    this.#starting = true;
    while (this.#isDue && this.waiting && this.#next < this.#inputs.length) {
      this.#isDue = this.#stagger === 0;
      this.#start(this.#next++);
    }
    this.#starting = false;
    this.#setTimer();
  }

  #setTimer(): void {
    const { clock } = this.scope;
    clock.cancel(this);
    if (!this.waiting || this.#next === this.#inputs.length || this.#stagger === Infinity) return;
    this.due = clock.now() + this.#stagger;
    clock.at(this);
  }

  #start(index: number): void {
    const input = this.#inputs[index];
    if (isThenable(input)) this.#isDue ||= this.#errors.has(index);
    else if (typeof input === "function") this.#run(index, input as Owned<unknown>);
    else this.resolve(input);
  }

  #run(index: number, fn: Owned<unknown>): void {
    spawn(this.scope, fn, { eager: true }, (task) => {
      if (task.state === "done") this.resolve(task.value);
      else this.failed(index, task.failure);
    });
  }

  #observe(index: number, input: PromiseLike<unknown>): void {
    this.#promises.push(new Observed(this, index, observe(this.scope, input)));
    try {
      if (input instanceof Task) checkNotInside(input, "wait for");
    } catch (error) {
      // The others are observed all the same, so that they are seen to.
      this.reject(error);
    }
  }

  #allFailed(): AggregateError {
    const { length } = this.#inputs;
    const errors = Array.from({ length }, (_, index) => this.#errors.get(index));
    return new AggregateError(errors, length === 1 ? "The only function has failed" : `All of ${length} have failed`);
  }

  #close(): void {
    const { scope } = this;
    // Those that were put up with explain why it was not over before it was cancelled. A failure in cleanup is a loss.
    for (const error of this.#errors.values()) if (scope.error !== null) suppress(this.#error, error);
    for (const error of this.#lateErrors) scope.root.supersede(this.#error, error);
    for (const promise of this.#promises) promise.letGo();
    if (scope.error === null) handOn(scope, this.#value);
    scope.close();
  }
}

/** A promise of the list. */
class Observed implements SettlementListener {
  readonly #attempts: Attempts;
  readonly #index: number;
  readonly #settlement: Settlement;

  constructor(attempts: Attempts, index: number, promise: Promise<unknown>) {
    this.#attempts = attempts;
    this.#index = index;
    this.#settlement = Settlement.of(promise);
    this.#settlement.add(this);
  }

  onSettled({ state, outcome }: Settlement): void {
    if (state === "fulfilled") this.#attempts.resolve(outcome);
    else this.#attempts.failed(this.#index, outcome);
  }

  /** Wait no more. */
  letGo(): void {
    this.#settlement.remove(this);
    this.#settlement.leaveTo(this.#attempts.scope.root);
  }
}
