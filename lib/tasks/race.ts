import { currentScope } from "../core/ambient.ts";
import { errorForCaller } from "../core/cancellation.ts";
import { isThenable } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { childrenEnded } from "../core/owned.ts";
import { handOn } from "../core/held.ts";
import type { WaitKind } from "../core/instrument.ts";
import { letGo, observe, Settlement, type SettlementListener } from "../core/observe.ts";
import { Scope } from "../core/scope.ts";
import { nextTurn } from "../core/turn.ts";
import { refusal, Waiter, type WaitOptions } from "../core/waiter.ts";
import type { CancelScope, Owned } from "./owned.ts";
import { checkPlainValue, type Gatherable, type Gathered, inputsOf, misuse, type SeparateInputs } from "./inputs.ts";
import { spawn } from "./create_task.ts";
import { checkNotInside, Task } from "./task.ts";

/**
 * Run functions, and wait for promises, until the first of them settles; that is the outcome, value or error. The
 * losing functions are cancelled, and their cleanup has ended when the outcome is there. Losing promises are left alone.
 *
 * What a loser throws during its cleanup is not lost: `flattenErrors` finds it in the error that won, and `run` reports it
 * at its end. As `Promise.race`, which leaves the losers running.
 *
 * What a loser brings all the same is dropped: functions that take something (an item of a queue, a permit, a lock) may
 * have taken it by the time that another one wins. For a choice between two queues there is `select`.
 *
 * @example The quicker mirror
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { race, sleep } from "@asyncio/toolkit";
 *
 * assertEquals(await race(() => sleep(60_000, "far"), () => sleep(1, "near")), "near");
 * ```
 *
 * @example As many mirrors as there are, with a limit
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { race, sleep } from "@asyncio/toolkit";
 *
 * const mirrors = [60_000, 1].map((ms) => () => sleep(ms, `after ${ms} ms`));
 * assertEquals(await race(mirrors, { signal: AbortSignal.timeout(60_000) }), "after 1 ms");
 * ```
 *
 * @typeParam I The inputs, as a tuple.
 * @param inputs Functions, promises, tasks, in a list; or each as an argument of its own. At least one.
 * @param options `signal`: cancels the functions when it fires; then its reason is thrown.
 * @returns The value of the first to settle.
 * @throws The error of the first to settle.
 * @throws {CancelledError} When the calling task is cancelled.
 * @throws {TypeError} When there is nothing to wait for.
 */
export function race<const I extends readonly Gatherable[] | []>(
  inputs: I,
  options?: WaitOptions,
): Promise<Gathered<I[number]>>;
/**
 * Run the functions of an iterable, and wait for its promises, until the first of them settles; that is the outcome. The
 * losing functions are cancelled and waited for, losing promises left alone.
 *
 * @typeParam I Type of one input.
 * @param inputs Functions, promises, tasks; at least one.
 * @param options `signal`.
 * @returns The value of the first to settle.
 */
export function race<I extends Gatherable>(inputs: Iterable<I> & object, options?: WaitOptions): Promise<Gathered<I>>;
/**
 * Run functions, and wait for promises, each an argument of its own, until the first of them settles; that is the outcome.
 * The losing functions are cancelled and waited for, losing promises left alone.
 *
 * @typeParam I The inputs, as a tuple.
 * @param inputs Functions, promises, tasks; at least one.
 * @returns The value of the first to settle.
 */
export function race<const I extends readonly Gatherable[]>(
  ...inputs: SeparateInputs<I>
): Promise<Gathered<I[number]>>;
export async function race(...args: unknown[]): Promise<unknown> {
  let racing = args;
  let signal: AbortSignal | undefined;
  const parent = currentScope();
  const misused = misuse(args, () => {
    const { inputs, options } = inputsOf("race", args, ["signal"]);
    racing = [...inputs];
    signal = options.signal;
    if (racing.length === 0) throw new TypeError("Cannot race as there is nothing to wait for: current value is empty");
  });
  if (misused !== null) await misused;
  const refused = refusal(parent, signal);
  if (refused !== null) {
    for (const input of racing) letGo(input);
    await refused;
  }
  const scope = new RaceScope(parent);
  if (signal !== undefined) scope.cancelOn(signal);
  const race = new Racing(scope);
  try {
    for (const input of racing) race.enter(input);
    return await race.promise;
  } catch (error) {
    throw errorForCaller(scope, error);
  } finally {
    await race.end();
  }
}

class RaceScope extends Scope {
  override get kind(): string {
    return "race";
  }
}

/** The wait for the winner; it belongs to the scope of the race, so that whatever cancels the one ends the other. */
class Racing extends Waiter<unknown> implements SettlementListener {
  readonly #observed: Settlement[] = [];
  readonly #loserErrors: unknown[] = [];
  #winner: unknown;
  /** The value that was first, if that was not an error. */
  #value: unknown;

  constructor(scope: RaceScope) {
    super(scope);
  }

  enter(input: unknown): void {
    if (isThenable(input)) this.#observe(observe(this.scope, input));
    else if (typeof input !== "function") {
      checkPlainValue("race", input);
      this.resolve(input);
    } // One that returned at once has won: no use in starting the others.
    else if (this.waiting) this.#run(input as Owned<unknown>);
  }

  onSettled({ state, outcome }: Settlement): void {
    if (state === "fulfilled") this.resolve(outcome);
    else this.reject(outcome);
  }

  override resolve(value: unknown): void {
    if (this.waiting) this.#value = value;
    super.resolve(value);
  }

  override reject(error: unknown): void {
    if (this.waiting) this.#winner = error;
    else this.#loserErrors.push(error);
    super.reject(error);
  }

  override abort(error: unknown): void {
    if (this.waiting) this.#winner = error;
    super.abort(error);
  }

  /** See the losers off. */
  async end(): Promise<void> {
    const { scope } = this;
    await childrenEnded(scope, () => this.#close(), "Cancelled as another function of the same race() was first");
    if (turnDue(scope.clock)) await nextTurn();
  }

  #close(): void {
    const { root } = this.scope;
    for (const error of this.#loserErrors) root.supersede(this.#winner, error);
    for (const settlement of this.#observed) {
      settlement.remove(this);
      settlement.leaveTo(root);
    }
    if (this.scope.error === null) handOn(this.scope, this.#value);
    this.scope.close();
  }

  override get kind(): WaitKind {
    return "task";
  }

  override describe(): string {
    return "race";
  }

  protected override withdraw(): void {}

  #run(fn: (scope: CancelScope) => unknown): void {
    spawn(this.scope, fn, { eager: true }, (task) => {
      if (task.state === "done") this.resolve(task.value);
      else this.reject(task.failure);
    });
  }

  #observe(promise: Promise<unknown>): void {
    try {
      if (promise instanceof Task) checkNotInside(promise, "race");
    } catch (error) {
      // The others are entered all the same, so that they are seen to.
      return this.reject(error);
    }
    const settlement = Settlement.of(promise);
    this.#observed.push(settlement);
    settlement.add(this);
  }
}
