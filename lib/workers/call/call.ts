import { type CancelledError, InvalidStateError, isStampedBy } from "../../errors.ts";
import { runInScope } from "../../core/ambient.ts";
import { realClock, turnDue } from "../../core/clock.ts";
import { endChildrenThen } from "../../core/owned.ts";
import { instrument, type ScopeView, type WaitKind } from "../../core/instrument.ts";
import { realTime } from "../../core/platform.ts";
import type { Scope, Waiting } from "../../core/scope.ts";
import type { TimerEntry } from "../../core/timer_queue.ts";
import { callNextTurn } from "../../core/turn.ts";
import { adopt, type Task } from "../../tasks/task.ts";
import { TaskScope } from "../../tasks/task_scope.ts";
import { type Bridge, needsBridge } from "./bridge.ts";
import { callError, type ErrorClass, located } from "./call_error.ts";
import { noteStopped } from "../../core/cancellation.ts";
import { snapshot } from "../../core/context.ts";
import type { CallExtras, ErrorEnvelope } from "../wire/protocol.ts";
import { type Stopped, WorkerTimeoutError } from "./worker_error.ts";
import type { FunctionSource } from "./function_source.ts";
import type { TraceContext } from "../../core/telemetry.ts";
import { deadlineOf } from "../../tasks/timeout.ts";

// More than 300 lines, as all of it is one call: what it is made with, what of that travels, and its one end.

/** What a call is made with. */
export interface CallRequest {
  readonly source: FunctionSource;
  readonly args: readonly unknown[];
  readonly transfer: Transferable[] | undefined;
  readonly transferResult: boolean;
  readonly timeout: number | undefined;
  readonly queueTimeout: number | undefined;
  readonly grace: number;
  readonly name: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** How many values of a generator may be under way. */
  readonly stream: number | undefined;
  /** Told of its progress. */
  readonly onProgress: ((value: unknown) => void) | undefined;
  /** The span that it was made in, where the program is traced. */
  readonly trace: TraceContext | undefined;
  /** Classes that its errors may have, besides those that there are. */
  readonly errors: readonly ErrorClass[];
  /** Where the call was made, for the stack of its error. */
  readonly site: Error | undefined;
}

/** Who sees to it that a call is made. */
export interface CallKeeper {
  /** The call is not wanted any more: stop it, wherever it is, and have {@linkcode Call.stoppedBy} called. */
  cancel(call: Call): void;
}

/** The worker that runs a call. */
export interface CallWorker {
  readonly name: string;
  /** Whether it was given the call, but has not come to it yet, as far as that can be told. */
  waits(call: Call): boolean;
  /** The reader of its stream can take so many values more. */
  credit(call: Call, credit: number): void;
}

type CallState = "made" | "queued" | "sent" | "cancelled" | "ended";

const NEXT: Readonly<Record<CallState, readonly CallState[]>> = {
  made: ["queued", "cancelled", "ended"],
  queued: ["sent", "cancelled", "ended"],
  sent: ["sent", "cancelled", "ended"],
  cancelled: ["ended"],
  ended: [],
};

let lastId = 0;

/**
 * One call of a function in a worker: a task of the caller's, whose function runs elsewhere. Cancelling the task asks the
 * keeper to stop the call; the task ends when that has been done.
 *
 * | state         | event                                                          | next          |
 * | ------------- | -------------------------------------------------------------- | ------------- |
 * | `"made"`      | it is put in line                                              | `"queued"`    |
 * | `"queued"`    | a worker is given it                                           | `"sent"`      |
 * | `"sent"`      | that one has not begun it, and another is given it             | `"sent"`      |
 * | all of these  | the caller is cancelled, its time is up, a callback has failed | `"cancelled"` |
 * | `"cancelled"` | its work has been stopped, or has ended meanwhile              | `"ended"`     |
 * | all of these  | a result, an error, or no way to make it                       | `"ended"`     |
 *
 * The first end counts; what comes after it is not heard.
 */
export class Call<T = unknown> implements Waiting, TimerEntry {
  before: Waiting | null = null;
  after: Waiting | null = null;
  /** Place in the queue of the pool. */
  previousQueued: Call | null = null;
  nextQueued: Call | null = null;
  /** See {@linkcode TimerEntry}. */
  due = Infinity;
  order = 0;
  index = -1;
  readonly id: number = ++lastId;
  readonly scope: TaskScope<T>;
  readonly task: Task<T>;
  readonly request: CallRequest;
  readonly #keeper: CallKeeper;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  /** Calls in the async context of the caller: messages arrive outside of it. `null` when there is nothing to call. */
  readonly #inContext: (<R>(fn: () => R) => R) | null;
  /** Lets time pass again, where that can be held. */
  #releaseClock: (() => void) | undefined;
  #state: CallState = "made";
  /** What to say of its time, which is up. */
  #overdue: string | null = null;
  /** Its time was up before its worker had come to it, and was given once more. */
  #excused = false;
  /** Its slot in the memory shared with its worker; -1 without one. */
  slot = -1;
  /** Functions and signals in its arguments. */
  bridge: Bridge | null = null;
  /** Told of the values of a generator. */
  onValues: ((values: unknown[]) => void) | null = null;
  /** Told that the code in a scope closes the pool, and waits for what runs. */
  onPoolClosing: ((by: Scope) => void) | null = null;
  /** The worker that it was given to. */
  worker: CallWorker | null = null;
  /** How its work was stopped, if it had to be. */
  stopped: Stopped | undefined;
  /** An error of the caller's own (of its callback), which ended the call. */
  #own: { error: unknown } | null = null;

  constructor(parent: Scope, request: CallRequest, keeper: CallKeeper) {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#resolve = resolve as (value: T) => void;
    this.#reject = reject;
    this.#keeper = keeper;
    this.request = request;
    this.scope = new TaskScope<T>(parent, request.source.name, request.name);
    this.task = adopt(promise, this.scope);
    this.light = isLight(request);
    this.#inContext = this.light && request.onProgress === undefined ? null : snapshot();
    this.scope.add(this);
    if (this.scope.error !== null) this.#cancelled();
    else if (request.signal !== undefined) this.scope.cancelOn(request.signal);
    const { clock } = this.scope;
    if (clock.hold !== undefined) {
      this.#releaseClock = clock.hold(request.stream !== undefined || needsBridge(request.args));
    }
  }

  /** Whether it may still be made. */
  get wanted(): boolean {
    return this.#state !== "ended" && this.scope.error === null;
  }

  /** Whether it can be sent ahead, and taken back: it is small, and its time does not run yet. */
  readonly light: boolean;

  /** Whether it can be made again after it was sent: nothing has changed hands. */
  get movable(): boolean {
    return this.request.transfer === undefined || this.request.transfer.length === 0;
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  /** Whether it ends because its time is up. */
  get timedOut(): boolean {
    return this.#overdue !== null;
  }

  #become(next: CallState): void {
    if (!NEXT[this.#state].includes(next)) {
      throw new InvalidStateError(
        `Call "${this.scope.name}" cannot become "${next}": current state is "${this.#state}"`,
      );
    }
    this.#state = next;
  }

  /** The scope has been cancelled. */
  abort(): void {
    this.#cancelled();
    this.#keeper.cancel(this as Call);
  }

  #cancelled(): void {
    this.#become("cancelled");
    this.scope.remove(this);
  }

  get kind(): WaitKind {
    return "worker";
  }

  describe(): string {
    return `worker ${this.request.source.name || "call"}`;
  }

  /** It waits for a worker. */
  queued(): void {
    this.#become("queued");
    this.#startTimer(this.request.queueTimeout);
  }

  /** It has been given to a worker; its time starts now. */
  sent(): void {
    // One that was taken back is sent a second time.
    if (this.#state === "queued") this.scope.start();
    this.#become("sent");
    noteSent(this);
    this.#startTimer(this.request.timeout);
  }

  /** Its time is up. */
  fire(): void {
    // Known before it happens: a call that waits is told its end at once.
    if (this.scope.error !== null) return;
    // Its time is that of its function, which a machine with too much to do has not started yet. Once only: something
    // that another call has left behind may keep the worker from it for ever.
    if (!this.#excused && this.worker?.waits(this as Call)) {
      this.#excused = true;
      return this.#startTimer(this.request.timeout);
    }
    const { timeout, queueTimeout } = this.request;
    this.#overdue = this.#state === "sent"
      ? `Timed out after ${timeout} ms in worker call "${this.scope.name}"`
      : `Timed out after ${queueTimeout} ms of waiting for a worker: call "${this.scope.name}"`;
    this.scope.cancelBecause(this.#overdue);
  }

  #startTimer(ms: number | undefined): void {
    if (this.index >= 0) realClock.cancel(this);
    this.due = Infinity;
    if (ms === undefined || ms === Infinity) return;
    this.due = realClock.now() + ms;
    realClock.at(this);
  }

  /** The function has returned. */
  succeed(value: T): void {
    this.#end(() => {
      if (this.#own !== null) return this.#failWith(this.#own.error);
      this.scope.succeed(value);
      this.#resolve(value);
    });
  }

  /** The function has thrown. */
  fail(envelope: ErrorEnvelope): void {
    if (envelope.as === "cancelled" && this.scope.error !== null) return this.stoppedBy("cooperative");
    const { source, site, errors } = this.request;
    this.failBecause(callError(envelope, source.name, site, errors));
  }

  /** It cannot be made, or its worker has failed it. */
  failBecause(error: unknown): void {
    this.#end(() => this.#failWith(error));
  }

  /** As {@linkcode failBecause}, with an error that was made here and knows nothing of the caller. */
  failWith(error: Error): void {
    this.failBecause(located(error, this.request.site));
  }

  /** It was cancelled, and its work has been stopped; `undefined` when it was never started. */
  stoppedBy(stopped: Stopped | undefined): void {
    this.stopped = stopped;
    this.#end(() => {
      const cancellation = this.scope.error;
      if (this.#own !== null) return this.#failWith(this.#own.error);
      if (this.#overdue !== null) {
        const message = `${this.#overdue}${stopped ? ` (${stopped})` : ""}`;
        const error = new WorkerTimeoutError(message, stopped, { cause: cancellation });
        return this.#failWith(located(error, this.request.site));
      }
      if (stopped !== undefined && cancellation !== null) noteStopped(cancellation, stopped);
      this.scope.fail(cancellation);
      // Whose signal it was gets its own reason back.
      this.#reject(this.#ownReason(cancellation) ?? cancellation);
      this.task.then(undefined, () => {});
    });
  }

  /** Something of the caller's has failed: so does the call. */
  failCallback(error: unknown): void {
    if (this.ended || this.#own !== null) return;
    this.#own = { error };
    this.scope.cancelBecause(`Cancelled as a callback of worker call "${this.scope.name}" failed`, error);
  }

  /** The function has told how far it is. */
  reportProgress(value: unknown): void {
    const { onProgress } = this.request;
    if (onProgress === undefined || this.#own !== null) return;
    try {
      this.callBack(() => onProgress(value));
    } catch (error) {
      this.failCallback(error);
    }
  }

  /** Whether the code in `scope` was called back by this call: then neither can end before the other. */
  hasCalled(scope: Scope): boolean {
    return this.#inContext !== null && this.scope.contains(scope);
  }

  /** Call a function of the caller's, as part of this call. */
  callBack<R>(fn: () => R): R {
    return this.#inContext!(() => runInScope(this.scope, fn));
  }

  /** The reason of the signal that the call was made with, if that is what cancelled it: known before the scope has noted it. */
  #ownReason(cancellation: CancelledError | null): unknown {
    const { signal } = this.request;
    if (cancellation === null || !signal?.aborted || !isStampedBy(cancellation, this.scope)) return undefined;
    return cancellation.reason === signal.reason ? signal.reason : undefined;
  }

  #failWith(error: unknown): void {
    this.scope.fail(error);
    this.#reject(error);
    if (this.scope.state === "cancelled") this.task.then(undefined, () => {});
  }

  /** It ends with `settle`, once what a callback may have left behind has ended. */
  #end(settle: () => void): void {
    if (this.#state === "ended") return;
    if (this.#state !== "cancelled") this.scope.remove(this);
    this.#become("ended");
    if (this.scope.error === null || this.stopped !== undefined) noteEnded(this);
    if (this.index >= 0) realClock.cancel(this);
    this.bridge?.release();
    this.#releaseClock?.();
    if (turnDue(this.scope.clock)) this.#settleNextTurn(settle);
    else endChildrenThen(this.scope, settle);
  }

  /** A cold path with a closure. */
  #settleNextTurn(settle: () => void): void {
    callNextTurn(() => endChildrenThen(this.scope, settle));
  }
}

/** Whether it can be sent ahead, and taken back: it is small, and its time does not run yet. */
function isLight({ timeout, queueTimeout, transfer, stream, args }: CallRequest): boolean {
  if (timeout !== undefined || queueTimeout !== undefined || transfer !== undefined || stream !== undefined) {
    return false;
  }
  for (const arg of args) {
    if ((typeof arg === "object" && arg !== null) || typeof arg === "function") return false;
    if (typeof arg === "string" && arg.length > 1_000) return false;
  }
  return true;
}

/** What only some calls need, or `undefined`. */
export function extrasOf(call: Call): CallExtras | undefined {
  const { request, scope } = call;
  let extras: CallExtras | undefined;
  if (request.stream !== undefined) (extras ??= {}).stream = request.stream;
  if (request.transferResult) (extras ??= {}).transferResult = true;
  if (call.bridge !== null) (extras ??= {}).bridged = true;
  if (request.name !== undefined) (extras ??= {}).name = request.name;
  if (request.trace !== undefined) (extras ??= {}).trace = request.trace;
  const deadline = Math.min(call.due, deadlineOf(scope));
  if (deadline !== Infinity) (extras ??= {}).deadline = realTime.sinceEpoch() + deadline - scope.clock.now();
  return extras;
}

/** What is to be known of a call to tell when it ran. */
interface RunningCall {
  readonly scope: ScopeView;
  readonly worker: { readonly name: string } | null;
}

/** When each call was sent, and until when each worker was busy; filled only while somebody watches. */
const sentAt = new WeakMap<RunningCall, number>();
const busyUntil = new WeakMap<object, number>();

/** A call has been sent to its worker. */
function noteSent(call: RunningCall): void {
  if (instrument !== null) sentAt.set(call, realTime.now());
}

/**
 * The function of a call has ended: tell watchers when it ran, as seen from here. A worker runs its calls one after the
 * other, so one that was sent ahead began when the one before it ended.
 */
function noteEnded(call: RunningCall): void {
  if (instrument === null || call.worker === null) return;
  const sent = sentAt.get(call);
  if (sent === undefined) return;
  const end = realTime.now();
  const start = Math.max(sent, busyUntil.get(call.worker) ?? 0);
  busyUntil.set(call.worker, end);
  instrument.ran(call.scope, { where: call.worker.name, start, end });
}
