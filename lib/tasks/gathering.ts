import { InvalidStateError, isCancellation, toError } from "../errors.ts";
import { runInScope } from "../core/ambient.ts";
import { errorForCaller } from "../core/cancellation.ts";
import { checkNoGenerator, checkStep, isCallableThenable, isThenable } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { snapshot } from "../core/context.ts";
import { handOnReturned } from "../core/held.ts";
import type { WaitKind } from "../core/instrument.ts";
import {
  isPlainPromise,
  letGo,
  observe,
  promiseOf,
  Settlement,
  type SettlementListener,
  subscribe,
} from "../core/observe.ts";
import type { Thrown } from "../core/outcome.ts";
import { callOwned, endChildrenThen, outcomeOf } from "../core/owned.ts";
import { type Blockers, Scope, type Waiting } from "../core/scope.ts";
import { callNextTurn } from "../core/turn.ts";
import { checkPlainValue } from "./inputs.ts";
import type { CancelScope } from "./owned.ts";
import { checkNotInside, Task } from "./task.ts";
import { TaskScope } from "./task_scope.ts";

// More than 300 lines, as functions that run and promises that are waited for end one call together.

/** The scope of one `gather`: what its functions are cancelled by as one. */
class GatherScope extends Scope {
  override get kind(): string {
    return "gather";
  }
}

type GatheringState = "open" | "pulling" | "joining" | "ended";

/**
 * One call of `gather`, from its first pull to its last child's end.
 *
 * | state       | event                                                            | next        |
 * | ----------- | ---------------------------------------------------------------- | ----------- |
 * | `"open"`    | it begins; a function has ended, and leaves room for another     | `"pulling"` |
 * | `"pulling"` | as many functions run as may                                     | `"open"`    |
 * | `"pulling"` | the inputs are exhausted, or have thrown; it has been cancelled  | `"joining"` |
 * | `"open"`    | it is cancelled, from outside or as something has failed         | `"joining"` |
 * | `"joining"` | nothing that it has started runs, and no promise is waited for   | `"ended"`   |
 *
 * Whether it was cancelled is for its scope to say, and what failed is only kept: neither is a state of its own.
 */
export class Gathering implements Waiting, Observer {
  before: Waiting | null = null;
  after: Waiting | null = null;
  readonly promise: Promise<unknown[]>;
  readonly #resolve: (results: unknown[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #scope: GatherScope;
  readonly #inputs: Iterator<unknown>;
  /**
   * Calls as part of the code that gathers: an iterator is closed in its context, whoever cancels. `null` for a list: all
   * that will be pulled is there already, and its promises are ours to see to, pulled or not.
   */
  readonly #inContext: ((call: () => void) => void) | null;
  readonly #concurrency: number;
  readonly #returnExceptions: boolean;
  readonly #results: unknown[] = [];
  #state: GatheringState = "open";
  #started = 0;
  /** Functions that run. */
  #running = 0;
  /** Promises that have not settled. */
  readonly #observed = new Set<Observation>();
  /** What has ended it, unless that was a cancellation from outside. */
  #failure: Thrown | null = null;
  /** Every error, in the order in which they came. */
  readonly #errors: unknown[] = [];

  constructor(
    parent: Scope,
    inputs: Iterable<unknown>,
    concurrency: number,
    returnExceptions: boolean,
    signal: AbortSignal | undefined,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    const isList = Array.isArray(inputs);
    // Promises at the end of the list may fail long before they are pulled.
    if (isList && concurrency !== Infinity) inputs = (inputs as unknown[]).map(withHandler);
    this.#inputs = inputs[Symbol.iterator]();
    this.#inContext = isList ? null : snapshot();
    this.#concurrency = concurrency;
    this.#returnExceptions = returnExceptions;
    this.#scope = new GatherScope(parent);
    if (signal !== undefined) this.#scope.cancelOn(signal);
    this.#scope.add(this);
    this.#pull();
    this.#endIfDone();
  }

  #become(next: GatheringState): void {
    if (!follows(next, this.#state)) {
      throw new InvalidStateError(`${this.describe()} cannot become "${next}": current state is "${this.#state}"`);
    }
    this.#state = next;
  }

  /** The scope is cancelled, from outside or by a failure: its functions are ending, and promises are let go. */
  abort(_error: unknown): void {
    const winner = this.#winner();
    for (const observation of this.#observed) observation.letGo(winner, this.#scope);
    this.#observed.clear();
    this.#scope.remove(this);
    // While it is pulling, that ends by itself.
    if (this.#state === "open") this.#closeInputs();
    this.#endIfDone();
  }

  get kind(): WaitKind {
    return "task";
  }

  describe(): string {
    return `gather of ${this.#started}`;
  }

  blockers(): Blockers {
    return this.#observed.size > 0 ? null : this.#scope.children();
  }

  /** Start what may be started. */
  #pull(): void {
    // A child that ends while it is being started comes back here: the loop below goes on for it.
    if (this.#state !== "open") return;
    this.#become("pulling");
    try {
      while (this.#running < this.#concurrency && this.#scope.error === null) {
        const step = this.#inputs.next();
        checkStep("gather", step);
        if (step.done) return this.#become("joining");
        // What the generator itself has brought about: it was cancelled while it was asked.
        if (this.#scope.error === null) this.#start(this.#started++, step.value);
        else letGo(step.value, undefined, this.#scope);
      }
    } catch (error) {
      this.#become("joining");
      return this.#stop(error);
    }
    if (this.#scope.error === null) this.#become("open");
    else this.#closeInputs();
  }

  /** Nothing more is started; an iterator is told so. */
  #closeInputs(): void {
    this.#become("joining");
    try {
      if (this.#inContext !== null) return this.#inContext(() => this.#inputs.return?.());
      // All that was handed in is waited for, or let go.
      for (let step = this.#inputs.next(); !step.done; step = this.#inputs.next()) {
        if (isThenable(step.value)) letGo(promiseOf(step.value), undefined, this.#scope);
      }
    } catch (error) {
      this.#errors.push(error);
    }
  }

  #start(index: number, input: unknown): void {
    // A function with a `then` is a promise, here as elsewhere.
    if (typeof input === "function" && !isCallableThenable(input)) {
      this.#run(index, input as (scope: CancelScope) => unknown);
    } else if (isThenable(input)) this.#observe(index, observe(this.#scope, input));
    else {
      checkPlainValue("gather", input);
      this.#results[index] = input;
    }
  }

  #run(index: number, fn: (scope: CancelScope) => unknown): void {
    const child = new TaskScope(this.#scope, fn.name);
    child.start();
    this.#running++;
    let result: unknown;
    let promise: Promise<unknown> | null;
    try {
      checkNoGenerator("gather", fn);
      result = runInScope(child, callOwned, fn, child);
      if (isPlainPromise(result)) {
        promise = result;
        if (result instanceof Task) checkNotInside(result, "wait for", child);
      } else promise = isThenable(result) ? promiseOf(result) : null;
    } catch (error) {
      return this.#ending(child, index, false, outcomeOf(child, error));
    }
    if (promise === null) return this.#ending(child, index, true, result);
    subscribe(
      promise,
      (value) => this.#ending(child, index, true, value),
      (error) => this.#ending(child, index, false, outcomeOf(child, error)),
    );
  }

  /** The function has ended; the child has when all that the function started has. */
  #ending(child: TaskScope, index: number, succeeded: boolean, outcome: unknown): void {
    if (child.firstChild === null) this.#onEnd(child, index, succeeded, outcome);
    else this.#endingLater(child, index, succeeded, outcome);
  }

  /** A cold path with a closure. */
  #endingLater(child: TaskScope, index: number, succeeded: boolean, outcome: unknown): void {
    endChildrenThen(child, () => this.#onEnd(child, index, succeeded, outcome));
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

  #observe(index: number, promise: Promise<unknown>): void {
    // Before anything may throw: once it has been handed in, its failure is seen to.
    this.#observed.add(new Observation(promise, index, this));
    if (promise instanceof Task) checkNotInside(promise, "gather");
  }

  onObserved(observation: Observation, succeeded: boolean, outcome: unknown): void {
    this.#observed.delete(observation);
    if (succeeded) this.#results[observation.index] = outcome;
    else this.#onError(observation.index, outcome);
    this.#endIfDone();
  }

  #onError(index: number, error: unknown): void {
    // What the scope's own cancellation does to the children is not news.
    if (this.#scope.error !== null && isCancellation(error)) return;
    if (!this.#returnExceptions) return this.#stop(error);
    this.#results[index] = toError(error);
    // Should the whole be cancelled later, the results are lost, but this is not.
    this.#errors.push(error);
  }

  /** Something failed: cancel the rest. */
  #stop(error: unknown): void {
    this.#errors.push(error);
    if (this.#scope.error !== null) return;
    this.#failure = { error };
    this.#scope.cancelBecause("Cancelled as another function of the same gather() failed", error);
  }

  #endIfDone(): void {
    if (this.#state !== "joining" || this.#running > 0 || this.#observed.size > 0) return;
    this.#become("ended");
    const scope = this.#scope;
    if (scope.error === null) {
      scope.remove(this);
      handOnReturned(scope);
    }
    scope.close();
    if (scope.error === null) {
      if (turnDue(scope.clock)) this.#settleNextTurn(this.#resolve, this.#results);
      else this.#resolve(this.#results);
      return;
    }
    const winner = this.#winner();
    for (const loser of this.#errors) scope.root.supersede(winner, loser);
    if (turnDue(scope.clock)) this.#settleNextTurn(this.#reject, winner);
    else this.#reject(winner);
    if (scope.parent!.error !== null) this.promise.catch(() => {});
  }

  #settleNextTurn<A>(settle: (outcome: A) => void, outcome: A): void {
    callNextTurn(() => settle(outcome));
  }

  /** What is thrown, once the scope is cancelled. */
  #winner(): unknown {
    const scope = this.#scope;
    // The caller's own cancellation wins over whatever happened below it.
    const parentError = scope.parent!.error;
    if (parentError !== null) return parentError;
    if (this.#failure !== null) return this.#failure.error;
    return errorForCaller(scope, scope.error);
  }
}

/** The table above, as comparisons: to look into a list whenever a function ends made ten at a time a seventh slower. */
function follows(next: GatheringState, state: GatheringState): boolean {
  switch (next) {
    case "open":
      return state === "pulling";
    case "pulling":
      return state === "open";
    case "joining":
      return state === "open" || state === "pulling";
    case "ended":
      return state === "joining";
  }
}

/** An input of a list; for a promise, one whose failure is no unhandled rejection any more. */
function withHandler(input: unknown): unknown {
  if (typeof input === "function" ? !isCallableThenable(input) : !isThenable(input)) return input;
  const promise = promiseOf(input as PromiseLike<unknown>);
  // One that was let go before needs nothing for that.
  if (Settlement.known(promise) === undefined) subscribe(promise, () => {}, () => {});
  return promise;
}

/** Whoever waits for several promises of somebody else's. */
interface Observer {
  /** One has settled, that was not let go. */
  onObserved(observation: Observation, succeeded: boolean, outcome: unknown): void;
}

/**
 * One promise among several that are waited for. As with `cancellable`, a promise that was let go once has a reaction that
 * is shared from then on: a promise keeps each for as long as it is pending.
 */
class Observation implements SettlementListener {
  readonly index: number;
  readonly #promise: Promise<unknown>;
  readonly #observer: Observer;
  #settlement: Settlement | undefined;
  #over = false;

  /** Begin to wait. From now on a failure of `promise` is no unhandled rejection. */
  constructor(promise: Promise<unknown>, index: number, observer: Observer) {
    this.index = index;
    this.#promise = promise;
    this.#observer = observer;
    this.#settlement = Settlement.known(promise);
    // One that has settled tells so at once, which its promise would not.
    if (this.#settlement?.state === "pending") this.#settlement.add(this);
    else {
      subscribe(
        promise,
        (value) => this.#end(true, value),
        (error) => this.#end(false, error),
      );
    }
  }

  onSettled({ state, outcome }: Settlement): void {
    this.#end(state === "fulfilled", outcome);
  }

  /** Wait no more. Should the promise fail later, that is reported, as superseded by `winner`. */
  letGo(winner: unknown, scope: Scope): void {
    this.#over = true;
    this.#settlement?.remove(this);
    letGo(this.#promise, winner, scope);
  }

  #end(succeeded: boolean, outcome: unknown): void {
    if (!this.#over) this.#observer.onObserved(this, succeeded, outcome);
  }
}
