import { currentScope } from "../core/ambient.ts";
import { checkMs, inspectBriefly, isThenable } from "../core/checks.ts";
import type { Clock } from "../core/clock.ts";
import type { WaitKind } from "../core/instrument.ts";
import { isPlainPromise, observe, Settlement, type SettlementListener } from "../core/observe.ts";
import type { Blockers, Scope } from "../core/scope.ts";
import type { TimerEntry } from "../core/timer_queue.ts";
import { cancelTurn, queueTurn, type Turn } from "../core/turn.ts";
import { refusal, rejected, resolved, Waiter, type WaitOptions } from "../core/waiter.ts";
import { checkNotInside, scopeOf, Task } from "../tasks/task.ts";
import { Candidate, candidateOf, Case, caseOf, type Choice, haveLeft, NOTHING } from "./case.ts";

/** What {@linkcode select} chooses from: a case, a task, or a promise. */
export type Selectable<T = unknown> = Case<T> | PromiseLike<T>;

/** What {@linkcode select} gives for the cases `C`: `is`, the name of the one that was chosen, tells the type of its `value`. */
export type Selected<C> = {
  [K in keyof C & string]: { is: K; value: C[K] extends Case<infer T> ? T : Awaited<C[K]> };
}[keyof C & string];

// More than 300 lines, as a third of them say what is guaranteed: the choice, its timer and its promises are one thing.

/**
 * Wait for several things, and take exactly one of them: the first that can be had. What can be waited for has a case for
 * it: `queue.gets()` and `queue.puts(item)`, `semaphore.acquires()`, `lock.acquires()`, `event.waits()`, {@linkcode after}
 * for a time; tasks and promises stand for themselves.
 *
 * - Those that were not chosen give nothing away: no item is taken out or put, no permit or lock acquired, whatever is
 *   granted, cancelled or timed out at the same moment. `race` of functions that do such things cannot promise that.
 * - It stands in each line as any other call does: first come, first served. Where there was no need to wait, it has not
 *   stood in any.
 * - Where several can be had at once, they take turns, so that none of them starves. The turns are the same in each run of a
 *   program, and begin anew with each virtual clock.
 * - A case that fails is the outcome, too: as of a queue that is shut down, or a task that has failed. A promise that was
 *   not chosen is left alone, and may be given again; its failure counts as seen.
 * - Cancelled, it has taken nothing.
 *
 * There is no case for a `Condition`: who waits there holds its lock again afterwards, so whatever was chosen would have to
 * wait for that lock; use an `Event` or a `Queue`. Nor one for a function, which `race` can run, and cancel.
 *
 * As `select` of Go, and `tokio::select!`.
 *
 * @example A worker that can be stopped
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { after, createTask, Event, Queue, select } from "@asyncio/toolkit";
 *
 * const jobs = new Queue<string>();
 * const stopped = new Event();
 * const log: string[] = [];
 * const worker = createTask(async () => {
 *   for (;;) {
 *     const chosen = await select({ job: jobs.gets(), stop: stopped.waits(), idle: after(5) });
 *     if (chosen.is === "job") log.push(chosen.value.toUpperCase());
 *     else if (chosen.is === "stop") return;
 *     else stopped.set(); // nothing to do for 5 ms
 *   }
 * });
 * await jobs.put("first");
 * await jobs.put("second");
 * await worker;
 * assertEquals(log, ["FIRST", "SECOND"]);
 * ```
 *
 * @example What is not chosen stays where it is
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Queue, select } from "@asyncio/toolkit";
 *
 * const [urgent, later] = [new Queue<string>(), new Queue<string>()];
 * await urgent.put("fire");
 * await later.put("dust");
 * await select({ urgent: urgent.gets(), later: later.gets() });
 * assertEquals(urgent.size + later.size, 1);
 * ```
 *
 * @typeParam C The cases.
 * @param cases By name; at least one.
 * @param options `signal`: gives up when it fires, with the signal's reason.
 * @returns The name of the one that was chosen, as `is`, and its `value`.
 * @throws The error of a case that fails.
 * @throws {CancelledError} When the task around it is, or was, cancelled. Then nothing has been taken.
 * @throws {TypeError} When there is nothing to wait for, or something that cannot be waited for.
 */
export function select<const C extends Readonly<Record<string, Selectable>>>(
  cases: C,
  options?: WaitOptions,
): Promise<Selected<C>> {
  const scope = currentScope();
  try {
    const entries = entriesOf(cases);
    const refused = refusal(scope, options?.signal);
    if (refused !== null) return refused;
    const entrants = entries.map(([name, each]) => new Entrant(name, candidateFor(scope, each)));
    const chosen = takeOne(entrants, scope) ?? new Choosing(scope, options?.signal, entrants).promise;
    return (chosen instanceof Promise ? chosen : resolved(scope, chosen)) as Promise<Selected<C>>;
  } catch (error) {
    return rejected(scope, error);
  }
}

/**
 * A time, for {@linkcode select}: chosen when nothing else was for so long. It is counted from each `select` anew; a limit
 * for several of them is a `timeout` around, or a task: `createTask(() => sleep(ms))`.
 *
 * With 0 it is chosen in the next turn of the event loop, when nothing else can be had before: what is `default` in Go.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { after, Queue, select } from "@asyncio/toolkit";
 *
 * const jobs = new Queue<string>();
 * assertEquals(await select({ job: jobs.gets(), late: after(5) }), { is: "late", value: undefined });
 * ```
 *
 * @param ms Milliseconds, 0 to `Infinity`.
 * @returns The case.
 * @throws {RangeError} When `ms` is negative or NaN.
 */
export function after(ms: number): Case<void> {
  checkMs("wait", ms);
  return caseOf(() => new TimerCandidate(ms));
}

/**
 * Read the cases. The promises among them are seen to, whatever comes of the rest.
 *
 * @throws {TypeError} When there are none, or one of them is something else.
 */
function entriesOf(cases: unknown): [string, Selectable][] {
  if (!isRecord(cases)) {
    throw new TypeError(
      `Cannot select as the cases must be an object, by name: current value is ${inspectBriefly(cases)}`,
    );
  }
  const entries = Object.entries(cases as Record<string, Selectable>);
  for (const [, each] of entries) if (isPlainPromise(each)) Settlement.of(each);
  if (entries.length === 0) {
    throw new TypeError("Cannot select as there is nothing to wait for: current value is empty");
  }
  for (const [name, each] of entries) checkCase(name, each);
  return entries;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function checkCase(name: string, each: unknown): void {
  if (each instanceof Case || isThenable(each)) return;
  throw new TypeError(
    `Cannot select as "${name}" must be a case, such as queue.gets(), a task, or a promise: current value is ${
      inspectBriefly(each)
    }`,
  );
}

function candidateFor(scope: Scope, each: Selectable): Candidate<unknown> {
  return each instanceof Case ? candidateOf(each) : new PromiseCandidate(observe(scope, each), scope);
}

/** A candidate and its name. */
class Entrant {
  readonly name: string;
  readonly candidate: Candidate<unknown>;

  constructor(name: string, candidate: Candidate<unknown>) {
    this.name = name;
    this.candidate = candidate;
  }
}

/** What `select` gives. */
interface Chosen {
  is: string;
  value: unknown;
}

/** Take the first that can be had, beginning with the one whose turn it is; `null` if there is none. */
function takeOne(entrants: readonly Entrant[], scope: Scope): Chosen | null {
  const start = nextStart(scope.clock, entrants.length);
  for (let i = 0; i < entrants.length; i++) {
    const { name, candidate } = entrants[(start + i) % entrants.length]!;
    const value = candidate.take(scope);
    if (value !== NOTHING) return { is: name, value };
  }
  return null;
}

/** How far each clock has come. */
const positions = new WeakMap<Clock, number>();

/** 2 ** 32, divided by the golden ratio. */
const STEP = 0x9e3779b9;

/**
 * With which of `count` cases to begin. Steps of the golden ratio go evenly about a circle, however many of them are taken at
 * a time: so each case has its turn soon, also where selects come one after the other in a fixed pattern, of which counting
 * would always serve the same. And unlike by lot, every run is the same.
 */
function nextStart(clock: Clock, count: number): number {
  const position = positions.get(clock) ?? 0;
  positions.set(clock, (position + STEP) >>> 0);
  return Math.floor(position / 2 ** 32 * count);
}

/** The wait for the first that can be had. */
class Choosing extends Waiter<Chosen> implements Choice {
  readonly #entrants: readonly Entrant[];

  constructor(scope: Scope, signal: AbortSignal | undefined, entrants: readonly Entrant[]) {
    super(scope, signal);
    this.#entrants = entrants;
    for (const { candidate } of entrants) {
      candidate.enter(this);
      // The first `setTimeout` of a process may run microtasks, and one of those grant something.
      if (!this.waiting) return;
    }
  }

  win(candidate: Candidate<unknown>, value: unknown): void {
    // A settled promise notifies every listener of that moment, even removed ones.
    if (!this.waiting) return;
    const { name: is } = this.#entrants.find((each) => each.candidate === candidate)!;
    const others = this.#takeOut(candidate);
    this.resolve({ is, value });
    haveLeft(others);
  }

  fail(candidate: Candidate<unknown>, error: unknown): void {
    if (!this.waiting) return;
    const others = this.#takeOut(candidate);
    this.reject(error);
    haveLeft(others);
  }

  /** Have all but `winner` leave their lines. */
  #takeOut(winner: Candidate<unknown> | null): Candidate<unknown>[] {
    const others = this.#entrants.map(({ candidate }) => candidate).filter((candidate) => candidate !== winner);
    for (const each of others) each.withdraw();
    return others;
  }

  blockers(): Blockers {
    const all = new Set<Scope>();
    let anyone = false;
    for (const { candidate } of this.#entrants) {
      const blockers = candidate.blockers();
      if (blockers === null) return null;
      if (blockers === "anyone") anyone = true;
      else for (const blocker of blockers) all.add(blocker);
    }
    return anyone ? "anyone" : all;
  }

  override get kind(): WaitKind {
    return "select";
  }

  override describe(): string {
    return `one of ${this.#entrants.map(({ name }) => name).join(", ")}`;
  }

  protected override withdraw(): void {
    haveLeft(this.#takeOut(null));
  }
}

/** A time. */
class TimerCandidate extends Candidate<void> implements TimerEntry, Turn {
  due = 0;
  order = 0;
  index = -1;
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  override take(): typeof NOTHING {
    return NOTHING;
  }

  protected override join({ scope: { clock } }: Choice): void {
    // As in `sleep`.
    if (this.#ms === 0) return queueTurn(this);
    this.due = clock.now() + this.#ms;
    clock.at(this);
  }

  protected override leave({ scope: { clock } }: Choice): void {
    if (this.#ms === 0) cancelTurn(this);
    else clock.cancel(this);
  }

  fire(): void {
    this.resolve();
  }

  run(): void {
    this.resolve();
  }

  override blockers(): Blockers {
    return null;
  }
}

/** A promise of somebody else's, or a task. */
class PromiseCandidate extends Candidate<unknown> implements SettlementListener {
  readonly #promise: Promise<unknown>;
  readonly #settlement: Settlement;

  /** @throws {InvalidStateError} When the code in `scope` is part of the task: it would wait for itself. */
  constructor(promise: Promise<unknown>, scope: Scope) {
    super();
    if (promise instanceof Task) checkNotInside(promise, "wait for", scope);
    this.#promise = promise;
    this.#settlement = Settlement.of(promise);
  }

  override take(): unknown {
    const { state, outcome } = this.#settlement;
    if (state === "rejected") throw outcome;
    return state === "fulfilled" ? outcome : NOTHING;
  }

  protected override join(): void {
    this.#settlement.add(this);
  }

  protected override leave(): void {
    this.#settlement.remove(this);
  }

  onSettled({ state, outcome }: Settlement): void {
    if (state === "fulfilled") this.resolve(outcome);
    else this.reject(outcome);
  }

  override blockers(): Blockers {
    return this.#promise instanceof Task ? [scopeOf(this.#promise)] : null;
  }
}
