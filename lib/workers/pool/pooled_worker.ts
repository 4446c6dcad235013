import { AssignedCalls } from "./assigned_calls.ts";
import type { Backend, Listener, RunningWorker, StartOptions } from "../backends/backend.ts";
import { Bridge, needsBridge } from "../call/bridge.ts";
import type { Call } from "../call/call.ts";
import { exitError } from "../call/call_error.ts";
import { CancelLadder } from "./cancel_ladder.ts";
import { decodeError, encodeError } from "../inside/error_codec.ts";
import { inspectBriefly } from "../../core/inspect.ts";
import { Outbox, unsendable } from "./outbox.ts";
import { type ErrorEnvelope, From, type FromWorker, To, type ToWorker } from "../wire/protocol.ts";
import { checkMessage } from "../wire/inbound.ts";
import { SharedMemory } from "../wire/shared_memory.ts";
import type { WorkerOwner } from "./worker_owner.ts";
import { WorkerCrashedError, WorkerDataError, type WorkerError } from "../call/worker_error.ts";

// More than 300 lines, as all that a worker says, and all that is asked of it, changes one set of calls.

/** One worker of a pool: the calls that it was given, and what became of them. */
export class PooledWorker implements Listener {
  readonly name: string;
  readonly #backend: Backend;
  readonly #owner: WorkerOwner<PooledWorker>;
  readonly #options: StartOptions;
  readonly #shared: SharedMemory | null;
  readonly #calls: AssignedCalls;
  #running: RunningWorker | null = null;
  #starting: Promise<void> | undefined;
  #ready = false;
  #gone = false;
  #keepsAlive = true;
  readonly #outbox: Outbox;
  #exit: { code: number; how: string } | null = null;
  #ladder: CancelLadder | null = null;
  /** An error was left behind in it: it is replaced when its call has ended. */
  #tainted = false;
  /** When it last had something to do. */
  idleSince: number = performance.now();

  constructor(backend: Backend, options: Omit<StartOptions, "shared">, owner: WorkerOwner<PooledWorker>) {
    this.name = options.name;
    this.#backend = backend;
    this.#owner = owner;
    this.#shared = backend.shares ? new SharedMemory() : null;
    this.#calls = new AssignedCalls(this.#shared);
    this.#outbox = new Outbox(this.#shared, (id, cause) => this.#unsendable(id, cause));
    this.#options = { ...options, shared: this.#shared?.buffer ?? null };
  }

  /** Start it. */
  start(): void {
    this.#starting = this.#start();
  }

  async #start(): Promise<void> {
    try {
      const running = await this.#backend.start(this.#options, this);
      this.#running = running;
      if (this.#gone) await running.stop();
    } catch (error) {
      this.#leave(error);
    }
  }

  /** How many calls it has. */
  get load(): number {
    return this.#calls.size;
  }

  /** Whether `call` was given to it. */
  has(call: Call): boolean {
    return this.#calls.has(call);
  }

  /** What was given to it. */
  calls(): Call[] {
    return this.#calls.all();
  }

  /** Whether it takes calls. */
  get ready(): boolean {
    return this.#ready && !this.#gone && !this.#tainted && this.#ladder === null;
  }

  /** Whether it can be sent more than it is running: only what it can be made to give back. */
  get canQueue(): boolean {
    return this.#calls.canGrow;
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
    if (this.#calls.size > 0 && !this.#gone) this.#outbox.flush(this.#running!);
  }

  /** It has nothing to do: it need not keep the program alive. */
  rest(): void {
    if (!this.#keepsAlive || !this.#ready || this.#calls.size > 0) return;
    this.idleSince = performance.now();
    this.#setRef(false);
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
    if (this.#calls.takeBack(call)) {
      call.stoppedBy(undefined);
      // It had nothing else to do, and has not even begun: what an earlier call has left behind keeps it busy.
      if (call.timedOut && this.#calls.size === 0) return void this.stop();
      return this.#freed();
    }
    this.#shared?.cancel(call.id);
    this.#post([To.CANCEL, call.id, encodeError(call.scope.error)]);
    // Where there was one, that call has ended as well: a worker runs one at a time.
    this.#ladder?.end();
    this.#ladder = new CancelLadder(call, () => this.#force());
  }

  /** End it. Calls that it has started are told `error`, or that they were stopped. */
  async stop(error?: WorkerError): Promise<void> {
    const stopping = this.#running?.stop();
    const started = this.#leave(undefined);
    // One that is being started ends as soon as it has been.
    if (stopping === undefined) await this.#starting;
    const stopped = await stopping ?? "terminated";
    for (const call of started) {
      if (call.scope.error !== null) call.stoppedBy(stopped);
      else call.failWith(error ?? new WorkerCrashedError(`Worker was ended during worker call "${call.scope.name}"`));
    }
    this.#owner.onStopped(this, stopped);
  }

  onMessage(message: unknown): void {
    if (this.#gone) return;
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
      return this.#freed();
    }
    switch (message[0]) {
      case From.BATCH:
        for (const each of message[1]) this.#receive(each);
        return;
      case From.READY:
        if (this.#ready) throw new TypeError("Cannot be ready twice");
        this.#ready = true;
        this.#setRef(false);
        return this.#owner.onFree(this);
      case From.RESULT:
        return this.#ended(message[1], (call) => call.succeed(message[2]));
      case From.ERROR:
        return this.#ended(message[1], (call) => call.fail(message[2]));
      case From.SEEN:
        if (this.#ladder?.call.id === message[1]) this.#ladder.seen();
        return;
      case From.YIELD:
        return this.#calls.get(message[1])?.onValues?.(message[2]);
      case From.CALLBACK:
        return void this.#callBack(message[1], message[2], message[3], message[4]);
      case From.EXIT:
        this.#exit = { code: message[1], how: message[2] };
        return;
      case From.FAULT:
        return this.#fault(message[1], message[2]);
    }
  }

  onExit(code: number | undefined, error?: unknown): void {
    this.#collect();
    const started = this.#leave(
      this.#ready ? undefined : error ?? new WorkerCrashedError("The worker ended at its start"),
    );
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

  /** Take no more calls. Returns those that had been started. */
  #leave(error: unknown): Call[] {
    if (this.#gone) return [];
    this.#gone = true;
    this.#ladder?.end();
    this.#collect();
    const { started, unstarted } = this.#calls.clear();
    this.#owner.onGone(this, unstarted, error);
    return started;
  }

  #force(): void {
    this.#collect();
    const call = this.#ladder?.call;
    this.#ladder = null;
    // One that has begun the next call has ended this one: how it ended is on its way.
    if (call === undefined || this.#calls.hasBegunAfter(call)) return this.#freed();
    this.stop();
  }

  #ended(id: number, settle: (call: Call) => void): void {
    this.#collect();
    const call = this.#calls.get(id);
    if (call !== undefined) {
      this.#forget(call);
      try {
        settle(call);
      } catch (cause) {
        call.failWith(new WorkerCrashedError(`Worker "${this.name}" sent what no worker sends`, { cause }));
        throw cause;
      }
      if (call.stopped === "cooperative") this.#owner.onStopped(this, call.stopped);
    }
    this.#freed();
  }

  /** Fetch the results that lie in the shared memory. */
  #collect(): void {
    for (let next = this.#calls.ended; next !== null; next = this.#calls.ended) {
      this.#forget(next.call);
      next.call.succeed(next.value);
    }
  }

  /** A call is over. */
  #forget(call: Call): void {
    this.#calls.delete(call);
    if (this.#ladder?.call !== call) return;
    this.#ladder.end();
    this.#ladder = null;
  }

  #freed(): void {
    if (this.#calls.size === 0 && this.#tainted && !this.#gone) return void this.stop();
    if (!this.#gone) this.#owner.onFree(this);
  }

  /** An error that nobody caught: of a call that runs, or left behind by one that has ended. */
  #fault(id: number, envelope: ErrorEnvelope): void {
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

  async #callBack(id: number, fn: number, reply: number, args: unknown[]): Promise<void> {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    if (reply < 0) return call.reportProgress(args[0]);
    const { bridge } = call;
    if (bridge === null) return;
    const answer = await call.callBack(() => bridge.answer(fn, args, reply));
    if (this.#calls.get(id) === undefined) return;
    try {
      this.#post(answer);
    } catch (error) {
      this.#post([To.REPLY, reply, false, encodeError(error)]);
    }
  }

  #post(message: ToWorker): void {
    if (!this.#gone) this.#running!.post(message, []);
  }

  #unsendable(id: number, cause: unknown): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#forget(call);
    const error = unsendable(call.request.args, cause, call.bridge !== null);
    if (error instanceof WorkerDataError) call.failWith(error);
    else call.failBecause(error);
    // Not while calls are being given out.
    queueMicrotask(() => this.#freed());
  }

  #setRef(keepsAlive: boolean): void {
    if (this.#keepsAlive === keepsAlive || this.#gone) return;
    this.#keepsAlive = keepsAlive;
    this.#running!.setRef(keepsAlive);
  }
}

/** What was thrown, for a message. It may be anything, and say nothing of itself. */
function told(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : inspectBriefly(thrown);
}
