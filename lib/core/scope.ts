import { type CancelledError, isCancellation } from "../errors.ts";
import { cancellation } from "./cancellation.ts";
import { type Clock, realClock } from "./clock.ts";
import { snapshot } from "./context.ts";
import { instrument, type ScopeView, type WaitView } from "./instrument.ts";
import { keepsAny, releaseKept } from "./kept.ts";
import { type Lingering, reportIfLingering, stopReporting } from "./lingering.ts";
import { suppress } from "./linked_errors.ts";
import { type Abortable, linkSignal, type SignalLink } from "./signal_link.ts";
import { type FailedChild, judgeUnawaited } from "./unawaited.ts";

// More than 300 lines, as the tree, the waits and the cancellation of a scope are three views of the same links.

/** One blocked call, kept in the list of the scope that can cancel it. The links belong to the scope. */
export interface Waiting extends WaitView {
  /** Neighbours in the scope's list. */
  before: Waiting | null;
  after: Waiting | null;
  /** Who alone could end the wait: those who hold what is waited for, if that is known; or else those told next. */
  heldBy?(): Iterable<Scope>;
  blockers?(): Blockers;
  /** Give up: leave whatever is waited on, leave the scope, and throw `error` where the wait is. */
  abort(error: unknown): void;
}

/** Who alone can end a wait: the tasks that are joined; `"anyone"`: any task; `null`, or nothing told: a timer, the world. */
export type Blockers = Iterable<Scope> | "anyone" | null;

let lastId = 0;

/** Call in another scope; set by `ambient.ts`, which knows how scopes travel, and needs this file. */
let enter: (scope: Scope, call: () => void) => void = (_, call) => call();

/** Have scopes enter each other by `way`. */
export function enterBy(way: typeof enter): void {
  enter = way;
}

/** Bring a cancellation to the marked scopes and all below them. */
let deliver: (error: CancelledError, reached: Scope[]) => void;

/**
 * What can be cancelled as one. Scopes form a tree, and each keeps its children and the waits of its own code in linked
 * lists: joining and leaving cost the same with one member or a million. The links are fields of the members, which costs a
 * third of what a list of nodes does, and a tenth of a `Set`; as a wait is in the list of its scope and in that of its
 * primitive at a time, each kind of list has its own, and is written out where it is kept.
 *
 * Cancellation is pushed down the tree when it happens, so that "am I cancelled?" is a look at one field. It is a
 * level, not an edge: nothing ever clears it.
 */
export class Scope implements ScopeView, Abortable, Lingering {
  readonly id: number = ++lastId;
  readonly parent: Scope | null;
  /** The root that it is under. A field, as whoever asks may be thousands of scopes deep. */
  readonly root: RootScope;
  readonly clock: Clock;
  /** Why this scope is cancelled, or `null`. */
  error: CancelledError | null = null;
  /** Whether it has ended; an ended scope cannot be cancelled. */
  closed = false;
  /** Whether what its code starts belongs to it, and not to the parent. A field, as each new scope asks its parent. */
  protected adopts = true;
  /** Why children are cancelled, also those that are yet to come. */
  #childError: CancelledError | null = null;
  /** Whether it is cancelled because the signal given to {@linkcode cancelOn} has fired. */
  abortedBySignal = false;

  firstChild: Scope | null = null;
  #lastChild: Scope | null = null;
  /** Neighbour in the parent's list. */
  nextSibling: Scope | null = null;
  #previousSibling: Scope | null = null;
  firstWaiting: Waiting | null = null;
  /** `null` while there is only one: a store into something old is dear, and most scopes have one wait at a time. */
  #lastWaiting: Waiting | null = null;

  #controller: AbortController | null = null;
  /** Calls in the context of the code that asked for the signal: its listeners are part of that, whoever cancels. */
  #inContext: ((call: () => void) => void) | null = null;
  #whenEmpty: (() => void) | null = null;
  #link: SignalLink | null = null;
  /** Whether it is to be reported when it does not end. */
  #isWatched = false;

  /**
   * @param parent Where the scope belongs; `null` makes a root.
   * @param clock Tells its time; the parent's unless given.
   */
  constructor(parent: Scope | null, clock: Clock = parent?.clock ?? realClock) {
    this.clock = clock;
    this.parent = parent;
    this.root = parent === null ? this as Scope as RootScope : parent.root;
    if (parent === null) return;
    let error = parent.error ?? parent.#childError;
    // Code that outlived its scope (a promise nobody awaited) has its children looked after by the next one up.
    while (!parent.adopts && parent.parent !== null) {
      parent = parent.parent;
      error ??= parent.error ?? parent.#childError;
    }
    if (!this.shielded) this.error = error;
    this.parent = parent;
    const last = parent.#lastChild;
    this.#previousSibling = last;
    if (last === null) parent.firstChild = this;
    else last.nextSibling = this;
    parent.#lastChild = this;
    if (instrument !== null) instrument.created(this);
  }

  /** What sort of scope this is, in one word. */
  get kind(): string {
    return "scope";
  }

  /** A name for messages. */
  get name(): string {
    return `${this.kind}-${this.id}`;
  }

  /** Whether cancellation from outside stops here. */
  get shielded(): boolean {
    return false;
  }

  /** When this scope cancels itself, by its clock. */
  get deadline(): number {
    return Infinity;
  }

  /** The signal of this scope, made on first use: most scopes never need theirs. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      this.#inContext = snapshot();
      if (this.error !== null) this.#controller.abort(this.error);
    }
    return this.#controller.signal;
  }

  /** Whether anybody has asked for that. */
  get hasSignal(): boolean {
    return this.#controller !== null;
  }

  /**
   * Cancel this scope and all below it that no shield protects, with a new error that is stamped by this scope. Every
   * wait in them throws that error, now and from now on.
   *
   * Returns `false` when the scope was cancelled before, or has ended: the first reason stands.
   */
  cancelBecause(message: string, reason?: unknown): boolean {
    if (this.error !== null || this.closed) return false;
    const error = this.error = cancellation(message, this, reason);
    deliver(error, [this]);
    this.#watch();
    return true;
  }

  /**
   * Cancel all children that no shield protects, with one error; also those that are yet to come, since code that is
   * still on its way (a timer, a floating promise) may start some. The scope itself goes on, or is about to end.
   */
  cancelChildren(message: string, reason?: unknown): void {
    // All below are cancelled by then, and whatever comes will be: no use in an error that nobody sees.
    if (this.error !== null) return;
    const error = cancellation(message, this, reason);
    this.#childError ??= error;
    const reached: Scope[] = [];
    this.#mark(error, reached);
    deliver(error, reached);
    this.#watch();
  }

  /** Once for all that one cancellation has reached: the scopes below end before this one does. */
  #watch(): void {
    if (this.closed || this.#isWatched) return;
    this.#isWatched = true;
    reportIfLingering(this);
  }

  /** Mark the children that `error` reaches, and list them. */
  #mark(error: CancelledError, reached: Scope[]): void {
    for (let child = this.firstChild; child !== null; child = child.nextSibling) {
      if (child.error !== null || child.shielded) continue;
      child.error = error;
      reached.push(child);
    }
  }

  static {
    deliver = (error, reached) => {
      // All are marked before any is woken: what runs in between (abort listeners) must find one consistent state. And
      // a list instead of recursion, so that depth costs no stack.
      for (let at = 0; at < reached.length; at++) {
        const scope = reached[at]!;
        if (instrument !== null) instrument.cancelled(scope);
        scope.#mark(error, reached);
      }
      for (const scope of reached) {
        while (scope.firstWaiting !== null) scope.firstWaiting.abort(error);
        if (keepsAny(scope)) releaseKept(scope, error, false);
        if (scope.#controller !== null) {
          scope.#inContext!(() => enter(around(scope), () => scope.#controller!.abort(error)));
        }
      }
    };
  }

  /** Cancel when `signal` fires, or at once if it has. */
  cancelOn(signal: AbortSignal): void {
    if (signal.aborted) this.abort(signal.reason);
    else this.#link = linkSignal(signal, this);
  }

  /** The signal given to {@linkcode cancelOn} has fired. */
  abort(reason: unknown): void {
    if (this.error !== null || this.closed) return;
    // Known before anybody is told: whoever waits may end in the middle of being told.
    this.abortedBySignal = true;
    this.cancelBecause(`The signal given to "${this.name}" was aborted`, reason);
  }

  /** End: leave the parent. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.adopts = false;
    this.#link?.unlink();
    if (this.#isWatched) stopReporting(this);
    if (this.firstWaiting !== null || keepsAny(this)) this.#endWaiting();
    judgeUnawaited(this);
    if (instrument !== null) instrument.settled(this);
    const { parent } = this;
    if (parent === null) return;
    const before = this.#previousSibling;
    const after = this.nextSibling;
    if (before === null) parent.firstChild = after;
    else before.nextSibling = after;
    if (after === null) parent.#lastChild = before;
    else after.#previousSibling = before;
    // No walk closes anything on its way. And one task that somebody holds on to must not hold all that came after it.
    this.nextSibling = this.#previousSibling = null;
    if (parent.firstChild === null && parent.#whenEmpty !== null) {
      const whenEmpty = parent.#whenEmpty;
      parent.#whenEmpty = null;
      whenEmpty();
    }
  }

  /** Waits that nobody awaited, and what was left open: a `sleep` that lost a `Promise.race` must not keep its timer, nor the process. */
  #endWaiting(): void {
    const error = this.error ?? cancellation(`Cancelled as "${this.name}" has ended`, this);
    while (this.firstWaiting !== null) this.firstWaiting.abort(error);
    releaseKept(this, error, true);
  }

  /** Call back once no child is left. One caller at a time. */
  whenEmpty(callback: () => void): void {
    if (this.firstChild === null) callback();
    else this.#whenEmpty = callback;
  }

  /** The scopes below that have not ended. */
  *children(): Generator<Scope> {
    for (let child = this.firstChild; child !== null; child = child.nextSibling) yield child;
  }

  /** Whether its code has ended, or waits, until no child is left. */
  get joining(): boolean {
    return this.#whenEmpty !== null;
  }

  /** Put a wait on the list of those that cancellation wakes. */
  add(waiting: Waiting): void {
    const last = this.#lastWaiting ?? this.firstWaiting;
    if (last === null) this.firstWaiting = waiting;
    else {
      waiting.before = last;
      last.after = this.#lastWaiting = waiting;
    }
    if (instrument !== null) instrument.blocked(this, waiting);
  }

  /** Take a wait off that list. */
  remove(waiting: Waiting): void {
    const { before, after } = waiting;
    if (before === null) this.firstWaiting = after;
    else before.after = after;
    if (after !== null) after.before = before;
    else if (before !== null) this.#lastWaiting = before;
    if (this.firstWaiting?.after == null) this.#lastWaiting = null;
    waiting.before = waiting.after = null;
    if (instrument !== null) instrument.resumed(this, waiting);
  }

  /** Whether `scope` is this one or below it: not where that is older, so most often there is little to look through. */
  contains(scope: Scope): boolean {
    let each: Scope | null = scope;
    while (each !== null && each.id > this.id) each = each.parent;
    return each === this;
  }

  /** Show what is public: name, and why it is cancelled. */
  [Symbol.for("Deno.customInspect")](): string {
    return `${this.kind} "${this.name}" { ${this.closed ? "ended" : this.error === null ? "open" : "cancelled"} }`;
  }

  /** What was cancelled and has not ended, in words, where a function runs in this scope. */
  get lingering(): string | null {
    return null;
  }
}

/** Where the abort listeners of `scope` run: what they start in a task that lives on must not be cancelled before it begins. */
function around(scope: Scope): Scope {
  let each = scope;
  while (each.error !== null && each.kind !== "task" && each.parent !== null) each = each.parent;
  return each.error === null ? each : scope;
}

/** Where detached tasks live, and where errors end up that another error displaced. */
export class RootScope extends Scope {
  override readonly root = this;

  override get kind(): string {
    return "root";
  }

  /** Told of each error that was displaced by another under this root; of each failed task that nobody will await. */
  onSuperseded: ((error: unknown) => void) | null = null;
  onUnawaited: ((child: FailedChild) => void) | null = null;

  /** Keep `loser` reachable from `winner`, and have it reported. */
  supersede(winner: unknown, loser: unknown): void {
    // That something was cancelled is no loss.
    if (loser === winner || isCancellation(loser)) return;
    const kept = suppress(winner, loser);
    if (this.onSuperseded !== null) this.onSuperseded(loser);
    // With nobody to report to and nothing to carry it, this is the last that is heard of it.
    else if (!kept) console.error("An error came too late to be thrown:", loser);
  }
}
