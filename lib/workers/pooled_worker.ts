import type { Backend, Listener, RunningWorker, StartOptions } from "./backend.ts";
import { Bridge, needsBridge } from "./bridge.ts";
import { type Call, extrasOf } from "./call.ts";
import { encodeError } from "./error_codec.ts";
import { findUncloneable } from "./uncloneable.ts";
import { type CallMessage, type ErrorEnvelope, From, type FromWorker, To, type ToWorker } from "./protocol.ts";
import { SharedMemory, Slot, SLOTS } from "./shared_memory.ts";
import { decodeError } from "./error_codec.ts";
import {
  type Stopped,
  WorkerCrashedError,
  WorkerDataError,
  type WorkerError,
  WorkerExitedError,
  WorkerOutOfMemoryError,
} from "./worker_error.ts";

/** Told of what becomes of a worker. */
export interface WorkerOwner {
  /** It can take calls: it has started, or calls have ended. */
  onFree(worker: PooledWorker): void;
  /** It has ended, or is about to, and takes no more calls; these were sent to it, but never started. */
  onGone(worker: PooledWorker, unstarted: Call[], error?: unknown): void;
  /** It has been stopped, in this way. */
  onStopped(worker: PooledWorker, stopped: Stopped): void;
}

/** How long a worker may take to show that its event loop is alive, after which it is known to be busy. */
const UNRESPONSIVE = 100;

/** One worker of a pool: the calls that it was given, and what became of them. */
export class PooledWorker implements Listener {
  readonly #backend: Backend;
  readonly #owner: WorkerOwner;
  readonly #options: StartOptions;
  readonly #shared: SharedMemory | null;
  #running: RunningWorker | null = null;
  #ready = false;
  #gone = false;
  #keepsAlive = true;
  /** Calls that were given to it, in order. It runs the first that has not ended. */
  readonly #calls = new Map<number, Call>();
  readonly #known = new Set<number>();
  #outbox: ToWorker[] = [];
  #nextSlot = 0;
  #exit: { code: number; how: string } | null = null;
  #ladder: { call: Call; timer: ReturnType<typeof setTimeout> } | null = null;
  /** An error was left behind in it: it is replaced when its call has ended. */
  #tainted = false;
  /** When it last had something to do. */
  idleSince: number = performance.now();

  constructor(backend: Backend, options: Omit<StartOptions, "shared">, owner: WorkerOwner) {
    this.#backend = backend;
    this.#owner = owner;
    this.#shared = backend.shares ? new SharedMemory() : null;
    this.#options = { ...options, shared: this.#shared?.buffer ?? null };
  }

  /** Start it. */
  async start(): Promise<void> {
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
    return this.#calls.has(call.id);
  }

  /** What was given to it. */
  calls(): Call[] {
    return [...this.#calls.values()];
  }

  /** Whether it takes calls. */
  get ready(): boolean {
    return this.#ready && !this.#gone && !this.#tainted && this.#ladder === null;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Whether it can be sent more than it is running: only what it can be made to give back. */
  get canQueue(): boolean {
    return this.#shared !== null && this.#calls.size < SLOTS;
  }

  /** Give it a call; {@linkcode flush} sends it. */
  give(call: Call): void {
    const { source, args } = call.request;
    call.slot = -1;
    if (this.#shared !== null && call.request.stream === undefined) {
      call.slot = this.#nextSlot;
      this.#nextSlot = (this.#nextSlot + 1) % SLOTS;
      this.#shared.open(call.slot);
    }
    let sent = args as unknown[];
    if (sent.some((arg) => (typeof arg === "object" || typeof arg === "function") && needsBridge(arg))) {
      call.bridge = new Bridge({ onSignal: (id, reason) => this.#post([To.ABORT, id, reason]) });
      sent = sent.map((arg) => call.bridge!.wrap(arg));
    }
    if (!this.#known.has(source.id)) {
      this.#known.add(source.id);
      this.#outbox.push([To.DEFINE, source.id, source.code]);
    }
    this.#calls.set(call.id, call);
    call.sent();
    const extras = extrasOf(call);
    const message: CallMessage = extras === undefined
      ? [To.CALL, call.id, source.id, call.slot, sent]
      : [To.CALL, call.id, source.id, call.slot, sent, extras];
    if (call.request.transfer === undefined) {
      this.#outbox.push(message);
    } else {
      this.flush();
      this.#postCall(message, call.request.transfer);
    }
  }

  /** Send what it was given, as one message. */
  flush(): void {
    const messages = this.#outbox;
    if (messages.length === 0) return;
    this.#outbox = [];
    this.#setRef(this.#calls.size > 0);
    try {
      if (messages.length === 1) this.#running!.post(messages[0]!, []);
      else this.#running!.post([To.BATCH, messages], []);
    } catch {
      // One of them cannot be cloned. It must not take the others with it.
      for (const message of messages) {
        if (message[0] === To.CALL) this.#postCall(message, []);
        else this.#post(message);
      }
    }
  }

  /** Take back what it has not started, the last first, at most `count` calls. */
  takeBack(count: number): Call[] {
    const taken: Call[] = [];
    if (this.#shared === null) return taken;
    for (const call of [...this.#calls.values()].reverse()) {
      if (taken.length >= count) break;
      if (call.slot < 0 || !this.#shared.takeBack(call.slot)) continue;
      this.#calls.delete(call.id);
      taken.push(call);
    }
    return taken;
  }

  /** Stop one of its calls: ask, then force. */
  cancel(call: Call): void {
    this.#collect();
    if (call.ended) return this.#freed();
    if (call.slot >= 0 && this.#shared!.takeBack(call.slot)) {
      this.#calls.delete(call.id);
      call.stoppedBy(undefined);
      this.#freed();
      return;
    }
    this.#shared?.cancel(call.id);
    this.#post([To.CANCEL, call.id, encodeError(call.scope.error)]);
    this.#ladder = { call, timer: setTimeout(() => this.#force(), UNRESPONSIVE) };
  }

  /** End it. Calls that it has started are told `error`, or that they were stopped. */
  async stop(error?: WorkerError): Promise<void> {
    const stopping = this.#running?.stop();
    const started = this.#leave(undefined);
    const stopped = await stopping ?? "terminated";
    for (const call of started) {
      if (call.scope.error !== null) call.stoppedBy(stopped);
      else if (error !== undefined) call.failWith(error);
    }
    this.#owner.onStopped(this, stopped);
  }

  onMessage(message: FromWorker): void {
    switch (message[0]) {
      case From.BATCH:
        for (const each of message[1]) this.onMessage(each);
        return;
      case From.READY:
        this.#ready = true;
        this.#setRef(false);
        return this.#owner.onFree(this);
      case From.FLUSH:
        this.#collect();
        return this.#freed();
      case From.RESULT:
        return this.#ended(message[1], (call) => call.succeed(message[2]));
      case From.ERROR:
        return this.#ended(message[1], (call) => call.fail(message[2]));
      case From.SEEN:
        return this.#seen(message[1]);
      case From.YIELD:
        return this.#calls.get(message[1])?.onValue?.(message[2]);
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
      else call.failWith(this.#exitError(code, error, call));
    }
  }

  /** A stream's reader can take so many values more. */
  credit(call: Call, credit: number): void {
    if (this.#calls.has(call.id)) this.#post([To.CREDIT, call.id, credit]);
  }

  #exitError(code: number | undefined, error: unknown, call: Call): WorkerError {
    const what = `worker call "${call.scope.name}"`;
    if ((error as { code?: string } | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY") {
      return new WorkerOutOfMemoryError(`Worker ran out of memory during ${what}`, { cause: error });
    }
    if (error !== undefined) return new WorkerCrashedError(`Worker crashed during ${what}`, { cause: error });
    const { how, code: announced } = this.#exit ?? { how: "an unknown way" };
    return new WorkerExitedError(
      `Worker exited with code ${code ?? announced} during ${what}, by ${how}`,
      code ?? announced,
    );
  }

  /** Take no more calls. Returns those that had been started. */
  #leave(error: unknown): Call[] {
    if (this.#gone) return [];
    this.#gone = true;
    if (this.#ladder !== null) clearTimeout(this.#ladder.timer);
    this.#collect();
    const unstarted: Call[] = [];
    const started: Call[] = [];
    for (const call of this.#calls.values()) {
      if (call.slot >= 0 && this.#shared!.takeBack(call.slot)) unstarted.push(call);
      else started.push(call);
    }
    this.#calls.clear();
    this.#owner.onGone(this, unstarted, error);
    return started;
  }

  #force(): void {
    this.#ladder = null;
    this.stop();
  }

  /** The worker has seen a cancellation, so its event loop is alive: its function may take its time to clean up. */
  #seen(id: number): void {
    if (this.#ladder === null || this.#ladder.call.id !== id) return;
    clearTimeout(this.#ladder.timer);
    const { grace } = this.#ladder.call.request;
    if (grace !== Infinity) this.#ladder.timer = setTimeout(() => this.#force(), grace);
  }

  #ended(id: number, settle: (call: Call) => void): void {
    this.#collect();
    const call = this.#calls.get(id);
    if (call !== undefined) {
      this.#calls.delete(id);
      this.#endLadder(call);
      settle(call);
    }
    this.#freed();
  }

  /** Fetch the results that lie in the shared memory. */
  #collect(): void {
    if (this.#shared === null) return;
    for (const [id, call] of this.#calls) {
      // In order: what comes after the first that has not ended has not ended either.
      if (call.slot < 0 || this.#shared.state(call.slot) < Slot.UNDEFINED) break;
      this.#calls.delete(id);
      this.#endLadder(call);
      call.succeed(this.#shared.result(call.slot));
    }
  }

  #endLadder(call: Call): void {
    if (this.#ladder?.call !== call) return;
    clearTimeout(this.#ladder.timer);
    this.#ladder = null;
  }

  #freed(): void {
    if (this.#calls.size === 0) {
      this.idleSince = performance.now();
      if (this.#tainted && !this.#gone) return void this.stop();
      this.#setRef(false);
    }
    if (!this.#gone) this.#owner.onFree(this);
  }

  /** An error that nobody caught: of a call that runs, or left behind by one that has ended. */
  #fault(id: number, envelope: ErrorEnvelope): void {
    this.#tainted = true;
    const call = this.#calls.get(id);
    const cause = decodeError(envelope);
    if (call === undefined) {
      console.error(`A function left an error behind in worker "${this.#options.name}", which nobody caught:`, cause);
      return this.#freed();
    }
    this.stop(
      new WorkerCrashedError(`Worker crashed during worker call "${call.scope.name}": ${String(cause)}`, { cause }),
    );
  }

  async #callBack(id: number, fn: number, reply: number, args: unknown[]): Promise<void> {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    if (reply < 0) {
      try {
        return void call.callBack(() => call.onProgress?.(args[0]));
      } catch (error) {
        return call.failCallback(error);
      }
    }
    let answer: ToWorker;
    try {
      answer = [To.REPLY, reply, true, await call.callBack(() => call.bridge!.call(fn, args))];
    } catch (error) {
      answer = [To.REPLY, reply, false, encodeError(error)];
    }
    if (this.#gone || !this.#calls.has(id)) return;
    try {
      this.#post(answer);
    } catch (error) {
      this.#post([To.REPLY, reply, false, encodeError(error)]);
    }
  }

  #post(message: ToWorker): void {
    if (!this.#gone) this.#running!.post(message, []);
  }

  #postCall(message: CallMessage, transfer: Transferable[]): void {
    this.#setRef(true);
    try {
      this.#running!.post(message, transfer);
    } catch (cause) {
      const call = this.#calls.get(message[1])!;
      this.#calls.delete(call.id);
      for (const [index, arg] of call.request.args.entries()) {
        try {
          structuredClone(arg);
        } catch {
          const { path, what } = findUncloneable(arg, `argument ${index}`);
          call.failWith(new WorkerDataError(path, what, { cause }));
        }
      }
      call.failBecause(cause);
      queueMicrotask(() => this.#freed());
    }
  }

  #setRef(keepsAlive: boolean): void {
    if (this.#keepsAlive === keepsAlive || this.#gone) return;
    this.#keepsAlive = keepsAlive;
    this.#running!.setRef(keepsAlive);
  }
}
