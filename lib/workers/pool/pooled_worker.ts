import { AssignedCalls } from "./assigned_calls.ts";
import type { Listener, RunningWorker } from "../backends/backend.ts";
import { Bridge, needsBridge } from "../call/bridge.ts";
import type { Call } from "../call/call.ts";
import { callError, exitError } from "../call/call_error.ts";
import { CancelLadder } from "./cancel_ladder.ts";
import { decodeError, encodeError } from "../inside/error_codec.ts";
import { inspectBriefly } from "../../core/checks.ts";
import { realTime } from "../../core/platform.ts";
import { InvalidStateError } from "../../errors.ts";
import type { PoolSettings } from "./options.ts";
import { Outbox } from "./outbox.ts";
import {
  checkMessage,
  type ErrorEnvelope,
  Expected,
  From,
  type FromWorker,
  To,
  type ToWorker,
} from "../wire/protocol.ts";
import { SharedMemory } from "../wire/shared_memory.ts";
import {
  type Stopped,
  WorkerCrashedError,
  WorkerDataError,
  type WorkerError,
  WorkerLoadError,
} from "../call/worker_error.ts";

/** Stands for the call of the initializer. */
const INITIALIZER = -1;
/** Milliseconds after which a worker that is busy is asked again how large its heap is. */
const WEIGH = 100;

type WorkerState = "starting" | "initializing" | "ready" | "asked" | "gone";

const NEXT: Readonly<Record<WorkerState, readonly WorkerState[]>> = {
  starting: ["initializing", "ready", "gone"],
  initializing: ["ready", "gone"],
  ready: ["asked", "gone"],
  asked: ["asked", "ready", "gone"],
  gone: [],
};

/** Told of what becomes of a worker. */
export interface WorkerOwner {
  /** It can take calls: it has started, or calls have ended. */
  onFree(worker: PooledWorker): void;
  /** It has ended, or is about to, and takes no more calls; these were sent to it, but never started. */
  onGone(worker: PooledWorker, unstarted: Call[], error?: unknown): void;
  /** It has been stopped, in this way. */
  onStopped(worker: PooledWorker, stopped: Stopped): void;
  /** It is being stopped, until `ending` resolves. */
  onEnding(ending: Promise<unknown>): void;
}

// More than 300 lines, as all that a worker says, and all that is asked of it, changes one set of calls.

/**
 * One worker of a pool: the calls that it was given, and what became of them.
 *
 * | state            | event                                                  | next             |
 * | ---------------- | ------------------------------------------------------ | ---------------- |
 * | `"starting"`     | it listens, and there is an initializer to be run      | `"initializing"` |
 * | `"starting"`     | it listens                                             | `"ready"`        |
 * | `"initializing"` | the initializer has returned                           | `"ready"`        |
 * | `"ready"`        | it is asked to stop a call that it may have begun      | `"asked"`        |
 * | `"asked"`        | the same of another call                               | `"asked"`        |
 * | `"asked"`        | that call has ended                                    | `"ready"`        |
 * | all of these     | it is stopped, it ends by itself, it cannot be started | `"gone"`         |
 *
 * It takes calls when it is ready, and is not to be replaced. What it says when it is gone is not heard.
 */
export class PooledWorker implements Listener {
  readonly name: string;
  readonly #settings: PoolSettings;
  readonly #owner: WorkerOwner;
  readonly #shared: SharedMemory | null;
  readonly #calls: AssignedCalls;
  #running: RunningWorker | null = null;
  #starting: Promise<void> | undefined;
  /** Its end, where it was stopped. */
  #ending: Promise<Stopped> | undefined;
  #state: WorkerState = "starting";
  #keepsAlive = true;
  readonly #outbox: Outbox;
  readonly #expected = new Expected();
  #exit: { code: number; how: string } | null = null;
  /** The asking, while it is asked. */
  #ladder: CancelLadder | null = null;
  /**
   * It is replaced when its calls have ended: an error was left behind in it, a module could not be loaded, or its heap is
   * too large.
   */
  #tainted = false;
  /** How many of its calls have ended, and how many had when its heap was last asked for. */
  #done = 0;
  #doneWhenWeighed = 0;
  #weighedAt = 0;
  #weighing = false;
  /** When it last had something to do. */
  idleSince: number = realTime.now();

  constructor(name: string, settings: PoolSettings, owner: WorkerOwner) {
    this.name = name;
    this.#settings = settings;
    this.#owner = owner;
    this.#shared = settings.backend.shares ? new SharedMemory() : null;
    this.#calls = new AssignedCalls(this.#shared);
    this.#outbox = new Outbox(this.#shared, (id, cause) => this.#unsendable(id, cause));
  }

  /** Start it. */
  start(): void {
    this.#starting = this.#start();
  }

  async #start(): Promise<void> {
    const { backend, limits, permissions } = this.#settings;
    const shared = this.#shared?.buffer ?? null;
    try {
      const running = await backend.start({ name: this.name, limits, permissions, shared }, this);
      this.#running = running;
      if (this.#state === "gone") await running.stop();
    } catch (error) {
      this.#leave(error);
    }
  }

  /** How many calls it has. */
  get load(): number {
    return this.#calls.size;
  }

  /** What it runs. */
  get running(): Call | null {
    return this.#calls.first;
  }

  /** Whether `call` was given to it. */
  has(call: Call): boolean {
    return this.#calls.has(call);
  }

  /** What was given to it. */
  calls(): Call[] {
    return this.#calls.all();
  }

  /** Whether it has been started: it takes calls, or would if it were not asked to stop one. */
  get started(): boolean {
    return this.#state === "ready" || this.#state === "asked";
  }

  /** Whether it takes calls. */
  get ready(): boolean {
    return this.#state === "ready" && !this.retiring;
  }

  /** Whether it takes no more calls, and is replaced when those that it has have ended. */
  get retiring(): boolean {
    return this.#tainted || this.#done + this.#calls.size >= this.#settings.maxCalls;
  }

  /** Whether it can be sent more than it is running: only what it can be made to give back. */
  get canQueue(): boolean {
    return this.#calls.canGrow && !this.retiring;
  }

  /** Give it a call; {@linkcode flush} sends it. */
  give(call: Call): void {
    this.#calls.add(call);
    if (!call.light && needsBridge(call.request.args)) {
      // Of the worker that it was taken back from.
      call.bridge?.release();
      call.bridge = new Bridge({ onSignal: (id, reason) => this.#post([To.ABORT, id, reason]) });
    }
    call.worker = this;
    call.sent();
    this.#setRef(true);
    try {
      this.#outbox.add(call, this.#running!);
    } catch (error) {
      // Arguments have code of their own: getters, and the traps of proxies.
      this.#unsendable(call.id, error);
    }
  }

  /** Send what it was given, as one message. */
  flush(): void {
    if (this.#calls.size > 0 && this.#state !== "gone") this.#outbox.flush(this.#running!);
  }

  /**
   * All calls have been given out. If it has none, it need not keep the program alive; if its heap is watched, that is weighed.
   *
   * @param isAwaited Whether somebody waits for workers: one that is being initialized then does.
   */
  afterDispatch(isAwaited: boolean): void {
    if (this.#settings.maxHeap !== Infinity) this.#weigh();
    if (this.#state === "initializing") return this.#setRef(isAwaited);
    if (!this.#keepsAlive || this.#state === "starting" || this.#calls.size > 0) return;
    this.idleSince = realTime.now();
    this.#setRef(false);
  }

  /** Ask how large its heap is, when it has done something since it was asked last. */
  #weigh(): void {
    if (this.#weighing || this.#done === this.#doneWhenWeighed || !this.started) return;
    const now = realTime.now();
    if (this.#calls.size > 0 && now - this.#weighedAt < WEIGH) return;
    this.#weighing = true;
    this.#weighedAt = now;
    this.#doneWhenWeighed = this.#done;
    this.#post([To.PING]);
  }

  #weighed(heap: number): void {
    if (!this.#weighing) throw new TypeError("Cannot answer what was not asked");
    this.#weighing = false;
    if (heap < this.#settings.maxHeap) return;
    this.#tainted = true;
    this.#freed();
  }

  /** The first call that it has beyond the one it runs. */
  get firstAhead(): Call | null {
    return this.#calls.firstAhead;
  }

  /** Take back what it has not started, in order, at most `count` calls. */
  takeBack(count: number): Call[] {
    return this.#calls.takeBackFirst(count);
  }

  /** Stop one of its calls: ask, then force. */
  cancel(call: Call): void {
    this.#collect();
    if (call.ended) return this.#freed();
    if (!this.#calls.takeBack(call)) return this.#ask(call);
    // It was given to an idle worker, and has not even begun: what an earlier call has left behind keeps that busy.
    if (call.timedOut) return void this.#stopOnce().then((stopped) => call.stoppedBy(stopped));
    call.stoppedBy(undefined);
    this.#freed();
  }

  /** End it. Calls that it has started are told `error`, or that they were stopped. */
  async stop(error?: WorkerError): Promise<void> {
    await this.#stopOnce(error);
  }

  /** End it, as it has nothing to do. */
  async retire(): Promise<void> {
    await this.#stopOnce(undefined, undefined, this.#calls.size > 0);
  }

  /**
   * @param error For the calls that it has started.
   * @param unusable Why it could not be started.
   * @param tell Whether its owner is told how it was stopped.
   * @returns How it was stopped, by this or before; `undefined` when it has ended by itself.
   */
  async #stopOnce(error?: WorkerError, unusable?: unknown, tell = true): Promise<Stopped | undefined> {
    if (this.#state === "gone") return await this.#ending;
    this.#ending = this.#stop(error, unusable, tell);
    this.#owner.onEnding(this.#ending);
    return await this.#ending;
  }

  async #stop(error: WorkerError | undefined, unusable: unknown, tell: boolean): Promise<Stopped> {
    const stopping = this.#running?.stop();
    const started = this.#leave(unusable);
    // One that is being started ends as soon as it has been.
    if (stopping === undefined) await this.#starting;
    const stopped = await stopping ?? "terminated";
    for (const call of started) {
      if (call.scope.error !== null) call.stoppedBy(stopped);
      else call.failWith(error ?? new WorkerCrashedError(`Worker was ended during worker call "${call.scope.name}"`));
    }
    if (tell || stopped === "abandoned") this.#owner.onStopped(this, stopped);
    return stopped;
  }

  onMessage(message: unknown): void {
    if (this.#state === "gone") return;
    try {
      this.#receive(checkMessage(message));
    } catch (cause) {
      // Its functions can say anything, and what they say is no reason to end the program.
      this.stop(new WorkerCrashedError(`Worker "${this.name}" sent what no worker sends`, { cause }));
    }
  }

  #receive(message: FromWorker): void {
    if (message === From.FLUSH) {
      this.#collect();
      this.#expected.flushed();
      return this.#freed();
    }
    if (this.#state === "initializing" && message[0] !== From.EXIT) return this.#onInitializer(message);
    switch (message[0]) {
      case From.READY:
        return this.#onReady();
      case From.RESULT:
        return this.#onCallSettled(message[1], (call) => call.succeed(message[2]));
      case From.ERROR:
        return this.#onCallSettled(message[1], (call) => {
          this.#tainted ||= hasFailedModule(message[2], call);
          call.fail(message[2]);
        });
      case From.SEEN:
        this.#expected.seen();
        if (this.#ladder?.call.id === message[1]) this.#ladder.seen();
        return;
      case From.YIELD:
        return this.#values(message[1], message[2]);
      case From.CALLBACK:
        return this.#callBack(message[1], message[2], message[3], message[4]);
      case From.EXIT:
        this.#expected.exits();
        this.#exit = { code: message[1], how: message[2] };
        return;
      case From.FAULT:
        return this.#fault(message[1], message[2]);
      case From.PONG:
        return this.#weighed(message[2]);
    }
  }

  onExit(code: number | undefined, error?: unknown): void {
    this.#collect();
    const started = this.#leave(this.started ? undefined : this.#endedAtStart(code, error));
    for (const call of started) {
      if (call.scope.error !== null) call.stoppedBy("terminated");
      else call.failWith(exitError(call.scope.name, code, error, this.#exit));
    }
  }

  waits(call: Call): boolean {
    return this.#calls.waits(call);
  }

  /** A stream's reader can take so many values more. */
  credit(call: Call, credit: number): void {
    if (this.has(call)) this.#post([To.CREDIT, call.id, credit]);
  }

  #become(next: WorkerState): void {
    if (!NEXT[this.#state].includes(next)) {
      throw new InvalidStateError(`Worker "${this.name}" cannot become "${next}": current state is "${this.#state}"`);
    }
    this.#state = next;
  }

  /** It listens. */
  #onReady(): void {
    if (this.#state !== "starting") throw new TypeError("Cannot be ready twice");
    const { initializer } = this.#settings;
    if (initializer === undefined) return this.#takeCalls();
    this.#become("initializing");
    // A ref'd worker keeps the program alive to hear of its end, and has its memory watched.
    this.#running!.setRef(true);
    try {
      this.#outbox.addInitializer(initializer, INITIALIZER);
    } catch (error) {
      return this.#cannotInitialize(error);
    }
    this.#outbox.flush(this.#running!);
  }

  #takeCalls(): void {
    this.#become("ready");
    this.#setRef(false);
    this.#owner.onFree(this);
  }

  /** Something comes from it while it runs the initializer. */
  #onInitializer(message: Exclude<FromWorker, typeof From.FLUSH>): void {
    const { initializer, errors } = this.#settings;
    switch (message[0]) {
      case From.RESULT:
        return this.#takeCalls();
      case From.ERROR:
        return this.#cannotInitialize(callError(message[2], initializer!.source.name, undefined, errors));
      case From.FAULT:
        return this.#cannotInitialize(decodeError(message[2]));
      case From.CALLBACK:
        // Nobody is told how far it is.
        return this.#shared?.progressed();
    }
    throw new TypeError("Cannot be told of calls while the initializer runs");
  }

  #cannotInitialize(cause: unknown): void {
    this.#stopOnce(undefined, initializerError(cause), false);
  }

  /** Why it could not be used, when it has ended before it could. */
  #endedAtStart(code: number | undefined, error: unknown): unknown {
    if (this.#state !== "initializing") return error ?? new WorkerCrashedError("The worker ended at its start");
    return initializerError(exitError("initializer", code, error, this.#exit));
  }

  /** Ask it to stop a call that it may have begun. */
  #ask(call: Call): void {
    this.#become("asked");
    this.#shared?.cancel(call.id);
    this.#expected.cancelled();
    this.#post([To.CANCEL, call.id, encodeError(call.scope.error)]);
    // Where there was one, that call has ended as well: a worker runs one at a time.
    this.#ladder?.end();
    this.#ladder = new CancelLadder(call, () => this.#force());
  }

  /** The call that it was asked to stop has ended. */
  #answered(): void {
    this.#become("ready");
    this.#ladder?.end();
    this.#ladder = null;
  }

  /** Asking is over. */
  #force(): void {
    this.#collect();
    if (this.#ladder === null) return this.#freed();
    // One that has begun the next call has ended this one: how it ended is on its way.
    if (!this.#calls.hasBegunAfter(this.#ladder.call)) return void this.stop();
    this.#answered();
    this.#freed();
  }

  /** Take no more calls. Returns those that had been started. */
  #leave(error: unknown): Call[] {
    if (this.#state === "gone") return [];
    this.#collect();
    this.#become("gone");
    this.#ladder?.end();
    this.#ladder = null;
    const { started, unstarted } = this.#calls.clear();
    this.#owner.onGone(this, unstarted, error);
    return started;
  }

  #onCallSettled(id: number, settle: (call: Call) => void): void {
    this.#collect();
    const call = this.#calls.get(id);
    if (call === undefined) throw new TypeError("Cannot take the answer to a call that there is not");
    this.#forget(call);
    try {
      settle(call);
    } catch (cause) {
      call.failWith(new WorkerCrashedError(`Worker "${this.name}" sent what no worker sends`, { cause }));
      throw cause;
    }
    if (call.stopped === "cooperative") this.#owner.onStopped(this, call.stopped);
    this.#freed();
  }

  /** Fetch the results that lie in the shared memory. */
  #collect(): void {
    for (let next = this.#calls.ended; next !== null; next = this.#calls.ended) {
      this.#forget(next.call);
      this.#expected.collected();
      next.call.succeed(next.value);
    }
  }

  /** A call is over. */
  #forget(call: Call): void {
    this.#done++;
    this.#calls.delete(call);
    if (this.#ladder?.call === call) this.#answered();
  }

  #freed(): void {
    if (this.#state === "gone") return;
    if (this.#calls.size === 0 && this.retiring) return void this.retire();
    this.#owner.onFree(this);
  }

  /** An error that nobody caught: of a call that runs, or left behind by one that has ended. */
  #fault(id: number, envelope: ErrorEnvelope): void {
    this.#expected.fault();
    const cause = decodeError(envelope);
    this.#tainted = true;
    const call = this.#calls.get(id);
    if (call === undefined) {
      console.error(`A function left an error behind in worker "${this.name}", which nobody caught:`, cause);
      return this.#freed();
    }
    this.stop(
      new WorkerCrashedError(`Worker crashed during worker call "${call.scope.name}": ${told(cause)}`, {
        cause,
      }),
    );
  }

  /** Values of a generator. */
  #values(id: number, values: unknown[]): void {
    const call = this.#calls.get(id);
    if (call === undefined || call.onValues === null) throw new TypeError("Cannot take values of what is no stream");
    call.onValues(values);
  }

  #callBack(id: number, fn: number, reply: number, args: unknown[]): void {
    const call = this.#calls.get(id);
    if (reply < 0) this.#shared?.progressed();
    if (call === undefined) return this.#expected.late();
    if (reply < 0) return call.reportProgress(args[0]);
    const { bridge } = call;
    if (bridge === null || !bridge.has(fn)) throw new TypeError("Cannot call a function that was not handed over");
    this.#answer(id, call, bridge, fn, reply, args);
  }

  async #answer(id: number, call: Call, bridge: Bridge, fn: number, reply: number, args: unknown[]): Promise<void> {
    const answer = await call.callBack(() => bridge.answer(fn, args, reply));
    if (this.#calls.get(id) === undefined) return;
    if (this.#state !== "gone") this.#outbox.answer(this.#running!, answer);
  }

  #post(message: ToWorker): void {
    if (this.#state !== "gone") this.#running!.post(message, []);
  }

  #unsendable(id: number, cause: unknown): void {
    if (id === INITIALIZER) {
      return this.#cannotInitialize(this.#outbox.unsendable(this.#settings.initializer!.args, false, cause));
    }
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#forget(call);
    const error = this.#outbox.unsendable(call.request.args, call.bridge !== null, cause);
    if (error instanceof WorkerDataError) call.failWith(error);
    else call.failBecause(error);
    // Not while calls are being given out.
    queueMicrotask(() => this.#freed());
  }

  #setRef(keepsAlive: boolean): void {
    if (this.#keepsAlive === keepsAlive || this.#state === "gone") return;
    this.#keepsAlive = keepsAlive;
    this.#running!.setRef(keepsAlive);
  }
}

/** Whether a module could not be loaded: it stays that in this thread, for ever, though what it lacked may be there soon. */
function hasFailedModule({ as, fields }: ErrorEnvelope, { request }: Call): boolean {
  return (as === "load" && request.source.code[0] === "module") || fields?.code === "ERR_MODULE_NOT_FOUND";
}

/** Why a worker could not be used whose initializer has failed with `cause`. */
function initializerError(cause: unknown): WorkerLoadError {
  return new WorkerLoadError(`Cannot start a worker as its initializer failed: ${told(cause)}`, { cause });
}

/** What was thrown, for a message. It may be anything, and say nothing of itself. */
function told(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : inspectBriefly(thrown);
}
