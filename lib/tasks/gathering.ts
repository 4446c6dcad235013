import { isCancellation } from "../errors.ts";
import { runInScope } from "../core/ambient.ts";
import { seenFromOutside } from "../core/cancellation.ts";
import { checkNoGenerator, checkStep, isCallableThenable, isThenable } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { seeToEnd } from "../core/ending.ts";
import { toError } from "../core/inspect.ts";
import type { WaitKind } from "../core/instrument.ts";
import { letGo, observe } from "../core/observe.ts";
import { outcomeOf } from "../core/own_abort.ts";
import { type Blockers, Scope, type Waiting } from "../core/scope.ts";
import { Settlement } from "../core/settlement.ts";
import { callOwned } from "../core/stack.ts";
import { isPlainPromise, promiseOf, subscribe } from "../core/thenable.ts";
import { callNextTurn } from "../core/turn.ts";
import type { CancelScope } from "./cancel_scope.ts";
import { checkPlainValue } from "./inputs.ts";
import { Observation, type Observer } from "./observation.ts";
import { checkNotInside, Task } from "./task.ts";
import { TaskScope } from "./task_scope.ts";

/** The scope of one `gather`: what its functions are cancelled by as one. */
class GatherScope extends Scope {
  override get kind(): string {
    return "gather";
  }
}

/** One call of `gather`, from its first pull to its last child's end. */
export class Gathering implements Waiting, Observer {
  before: Waiting | null = null;
  after: Waiting | null = null;
  readonly promise: Promise<unknown[]>;
  readonly #resolve: (results: unknown[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #scope: GatherScope;
  readonly #inputs: Iterator<unknown>;
  /** Whether all that will be pulled is there already: then its promises are ours to see to, pulled or not. */
  readonly #isList: boolean;
  readonly #concurrency: number;
  readonly #returnExceptions: boolean;
  readonly #results: unknown[] = [];
  #started = 0;
  /** Functions that run. */
  #running = 0;
  /** Promises that have not settled. */
  readonly #observed = new Set<Observation>();
  #exhausted = false;
  #pulling = false;
  #ended = false;
  /** Whether a failure has ended it, and which. */
  #failed = false;
  #failure: unknown;
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
    this.#isList = Array.isArray(inputs);
    // Promises at the end of the list may fail long before they are pulled.
    if (this.#isList && concurrency !== Infinity) inputs = (inputs as unknown[]).map(seenTo);
    this.#inputs = inputs[Symbol.iterator]();
    this.#concurrency = concurrency;
    this.#returnExceptions = returnExceptions;
    this.#scope = new GatherScope(parent);
    if (signal !== undefined) this.#scope.cancelOn(signal);
    this.#scope.add(this);
    this.#pull();
  }

  /** The scope is cancelled, from outside or by a failure: its functions are ending, and promises are let go. */
  abort(_error: unknown): void {
    const winner = this.#winner();
    for (const observation of this.#observed) observation.letGo(winner, this.#scope);
    this.#observed.clear();
    this.#scope.remove(this);
    this.#stopPulling();
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
    if (this.#pulling || this.#exhausted) return;
    this.#pulling = true;
    try {
      while (this.#running < this.#concurrency && this.#scope.error === null) {
        const step = this.#inputs.next();
        checkStep("gather", step);
        if (step.done) {
          this.#exhausted = true;
          break;
        }
        // What the generator itself has brought about: it was cancelled while it was asked.
        if (this.#scope.error === null) this.#start(this.#started++, step.value);
        else letGo(step.value, undefined, this.#scope);
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
      if (this.#isList) {
        // All that was handed in is waited for, or let go.
        for (let step = this.#inputs.next(); !step.done; step = this.#inputs.next()) {
          if (isThenable(step.value)) letGo(promiseOf(step.value), undefined, this.#scope);
        }
      } else this.#inputs.return?.();
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

  /** Apart: a function that may make a closure costs more also when it makes none. */
  #endingLater(child: TaskScope, index: number, succeeded: boolean, outcome: unknown): void {
    seeToEnd(child, () => this.#onEnd(child, index, succeeded, outcome));
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
    if (!this.#returnExceptions || this.#scope.error !== null) return this.#stop(error);
    this.#results[index] = toError(error);
    // Should the whole be cancelled later, the results are lost, but this is not.
    this.#errors.push(error);
  }

  /** Something failed: cancel the rest. */
  #stop(error: unknown): void {
    this.#errors.push(error);
    if (this.#scope.error !== null) return;
    this.#failed = true;
    this.#failure = error;
    this.#scope.cancelBecause("Cancelled as another function of the same gather() failed", error);
  }

  #endIfDone(): void {
    if (this.#ended || !this.#exhausted || this.#pulling || this.#running > 0 || this.#observed.size > 0) return;
    this.#ended = true;
    const scope = this.#scope;
    if (scope.error === null) scope.remove(this);
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
    if (this.#failed) return this.#failure;
    return seenFromOutside(scope, scope.error);
  }
}

/** An input of a list; for a promise, one whose failure is no unhandled rejection any more. */
function seenTo(input: unknown): unknown {
  if (typeof input === "function" ? !isCallableThenable(input) : !isThenable(input)) return input;
  const promise = promiseOf(input as PromiseLike<unknown>);
  // One that was let go before needs nothing for that.
  if (Settlement.known(promise) === undefined) subscribe(promise, () => {}, () => {});
  return promise;
}
