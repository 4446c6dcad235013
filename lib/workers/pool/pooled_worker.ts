import { AssignedCalls } from "./assigned_calls.ts";
import type { Backend, Listener, RunningWorker, StartOptions } from "../backends/backend.ts";
import { Bridge, needsBridge } from "../call/bridge.ts";
import type { Call } from "../call/call.ts";
import { exitError } from "../call/call_error.ts";
import { CancelLadder } from "./cancel_ladder.ts";
import { decodeError, encodeError } from "../inside/error_codec.ts";
import { inspectBriefly } from "../../core/inspect.ts";
import { InvalidStateError } from "../../errors.ts";
import { Outbox } from "./outbox.ts";
import { type ErrorEnvelope, From, type FromWorker, To, type ToWorker } from "../wire/protocol.ts";
import { checkMessage, Expected } from "../wire/inbound.ts";
import { SharedMemory } from "../wire/shared_memory.ts";
import type { WorkerOwner } from "./worker_owner.ts";
import { type Stopped, WorkerCrashedError, WorkerDataError, type WorkerError } from "../call/worker_error.ts";

type WorkerState = "starting" | "ready" | "asked" | "gone";

const NEXT: Readonly<Record<WorkerState, readonly WorkerState[]>> = {
  starting: ["ready", "gone"],
  ready: ["asked", "gone"],
  asked: ["asked", "ready", "gone"],
  gone: [],
};

// More than 300 lines, as all that a worker says, and all that is asked of it, changes one set of calls.

/**
 * One worker of a pool: the calls that it was given, and what became of them.
 *
 * | state        | event                                                  | next      |
 * | ------------ | ------------------------------------------------------ | --------- |
 * | `"starting"` | it says that it is ready                               | `"ready"` |
 * | `"ready"`    | it is asked to stop a call that it may have begun      | `"asked"` |
 * | `"asked"`    | the same of another call                               | `"asked"` |
 * | `"asked"`    | that call has ended                                    | `"ready"` |
 * | all of these | it is stopped, it ends by itself, it cannot be started | `"gone"`  |
 *
 * It takes calls when it is ready. What it says when it is gone is not heard.
 */
export class PooledWorker implements Listener {
  readonly name: string;
  readonly #backend: Backend;
  readonly #owner: WorkerOwner<PooledWorker>;
  readonly #options: StartOptions;
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
  /** An error was left behind in it, or a module could not be loaded: it is replaced when its calls have ended. */
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
      if (this.#state === "gone") await running.stop();
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
    return this.#state === "ready" && !this.#tainted;
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
    if (this.#calls.size > 0 && this.#state !== "gone") this.#outbox.flush(this.#running!);
  }

  /** It has nothing to do: it need not keep the program alive. */
  rest(): void {
    if (!this.#keepsAlive || this.#state === "starting" || this.#calls.size > 0) return;
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
    if (!this.#calls.takeBack(call)) return this.#ask(call);
    // It was given to an idle worker, and has not even begun: what an earlier call has left behind keeps that busy.
    if (call.timedOut) return void this.#end().then((stopped) => call.stoppedBy(stopped));
    call.stoppedBy(undefined);
    this.#freed();
  }

  /** End it. Calls that it has started are told `error`, or that they were stopped. */
  async stop(error?: WorkerError): Promise<void> {
    if (this.#state === "gone") await this.#ending;
    else await this.#end(error);
  }

  #end(error?: WorkerError): Promise<Stopped> {
    return this.#ending = this.#stop(error);
  }

  async #stop(error: WorkerError | undefined): Promise<Stopped> {
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
    switch (message[0]) {
      case From.READY:
        return this.#started();
      case From.RESULT:
        return this.#ended(message[1], (call) => call.succeed(message[2]));
      case From.ERROR:
        return this.#ended(message[1], (call) => {
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
    }
  }

  onExit(code: number | undefined, error?: unknown): void {
    this.#collect();
    const started = this.#leave(
      this.#state === "starting" ? error ?? new WorkerCrashedError("The worker ended at its start") : undefined,
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

  #become(next: WorkerState): void {
    if (!NEXT[this.#state].includes(next)) {
      throw new InvalidStateError(`Worker "${this.name}" cannot become "${next}": current state is "${this.#state}"`);
    }
    this.#state = next;
  }

  /** It is ready. */
  #started(): void {
    if (this.#state !== "starting") throw new TypeError("Cannot be ready twice");
    this.#become("ready");
    this.#setRef(false);
    this.#owner.onFree(this);
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

  #ended(id: number, settle: (call: Call) => void): void {
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
    this.#calls.delete(call);
    if (this.#ladder?.call === call) this.#answered();
  }

  #freed(): void {
    if (this.#state === "gone") return;
    if (this.#calls.size === 0 && this.#tainted) return void this.stop();
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
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#forget(call);
    const error = this.#outbox.unsendable(call, cause);
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

/** What was thrown, for a message. It may be anything, and say nothing of itself. */
function told(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : inspectBriefly(thrown);
}
