import type { Blockers, Scope } from "../core/scope.ts";
import type { Line, Queued } from "./wait_queue.ts";

/** What there was to take: nothing. `undefined` may be an item. */
export const NOTHING: unique symbol = Symbol("nothing");

/** Make a case. `enter` is called by each `select` that is given the case, and may throw: then that is the outcome. */
export let caseOf: <T>(enter: () => Candidate<T>) => Case<T>;

/** Have a case take part in one choice. */
export let candidateOf: <T>(each: Case<T>) => Candidate<T>;

/**
 * One of the things that {@linkcode select} chooses from, such as `queue.gets()`. It does nothing until it is given to
 * `select`, and may be given to any number of them, one after the other or at a time.
 *
 * @example Made once, chosen twice
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Case, Queue, select } from "@asyncio/toolkit";
 *
 * const jobs = new Queue<string>();
 * const job: Case<string> = jobs.gets();
 * jobs.tryPut("first");
 * jobs.tryPut("second");
 * assertEquals((await select({ job })).value, "first");
 * assertEquals((await select({ job })).value, "second");
 * ```
 *
 * @typeParam T What it gives when it is chosen.
 */
export class Case<out T> {
  readonly #enter: () => Candidate<T>;

  private constructor(enter: () => Candidate<T>) {
    this.#enter = enter;
  }

  static {
    caseOf = (enter) => new Case(enter);
    candidateOf = (each) => each.#enter();
  }
}

/** One call of `select`, as its candidates see it. */
export interface Choice {
  /** The code that chooses. */
  readonly scope: Scope;
  /** Whether nothing has been chosen. */
  readonly waiting: boolean;
  /** `candidate` has it, and has left its line. The others leave theirs before this returns. */
  win(candidate: Candidate<unknown>, value: unknown): void;
  /** As `win`, with an error. */
  fail(candidate: Candidate<unknown>, error: unknown): void;
}

/**
 * A case in one call of `select`. It waits in line at its primitive as any other call does. The first that is granted
 * something takes all others out of their lines, before anybody else has a chance to grant them anything: so no primitive
 * ever has to ask whether what it grants is still wanted, nor to take it back.
 */
export abstract class Candidate<out T> {
  #choice: Choice | null = null;

  /**
   * Take what can be had without waiting, for code in `scope`, or say {@linkcode NOTHING}. No code of a user may run before
   * that is said: it might make another candidate ready that has said so before.
   *
   * @throws When a wait would end with that error at once.
   */
  abstract take(scope: Scope): T | typeof NOTHING;

  /** Take a place at the end of the line. */
  protected abstract join(choice: Choice): void;

  /** Give that place up. Must not grant anything to anybody: others of this choice may still stand in line. */
  protected abstract leave(choice: Choice): void;

  /** The place has been given up: those may go on whom it was in the way of. */
  letOthersIn?(): void;

  /** Who alone could grant it; see `Blockers`. */
  blockers(): Blockers {
    return "anyone";
  }

  /** The code that chooses. There must be a choice. */
  get scope(): Scope {
    return this.#choice!.scope;
  }

  /** Whether it is in line. */
  get waiting(): boolean {
    return this.#choice !== null && this.#choice.waiting;
  }

  /** Stand in line for `choice`. */
  enter(choice: Choice): void {
    // Known before anything is done: it may be granted at once.
    this.#choice = choice;
    this.join(choice);
  }

  /** Another one was chosen, or none will be. */
  withdraw(): void {
    if (this.#choice !== null) this.leave(this.#choice);
  }

  /** It has been taken out of the line, and is granted `value`. */
  resolve(value: T): void {
    this.#choice!.win(this, value);
  }

  /** It has been taken out of the line, as there will be nothing. */
  reject(error: unknown): void {
    this.#choice!.fail(this, error);
  }

  /** As `reject`, for one that still stands in line. */
  abort(error: unknown): void {
    this.withdraw();
    this.reject(error);
  }
}

/** A candidate in the queue of a primitive, between those that wait there for it alone. */
export class QueuedCandidate<T> extends Candidate<T> implements Queued {
  ahead: Queued | null = null;
  behind: Queued | null = null;
  readonly #line: Line;
  readonly #take: (scope: Scope) => T | typeof NOTHING;

  /**
   * @param line Where it waits.
   * @param take See {@linkcode Candidate}.
   */
  constructor(line: Line, take: (scope: Scope) => T | typeof NOTHING) {
    super();
    this.#line = line;
    this.#take = take;
  }

  override take(scope: Scope): T | typeof NOTHING {
    return this.#take(scope);
  }

  protected override join(_choice: Choice): void {
    this.#line.push(this);
  }

  protected override leave(_choice: Choice): void {
    this.#line.remove(this);
  }
}

const leaving: Candidate<unknown>[] = [];
let letting = false;

/**
 * `candidates` have left their lines: let those go on whom they were in the way of. What is granted by that may be the choice
 * of others, who leave their lines in turn; one after the other, as a chain of them must not end the stack.
 */
export function haveLeft(candidates: Iterable<Candidate<unknown>>): void {
  for (const candidate of candidates) if (candidate.letOthersIn !== undefined) leaving.push(candidate);
  if (letting) return;
  letting = true;
  try {
    for (let next = leaving.pop(); next !== undefined; next = leaving.pop()) next.letOthersIn!();
  } finally {
    letting = false;
  }
}
