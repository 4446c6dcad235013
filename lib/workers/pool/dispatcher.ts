import { currentScope, runInScope } from "../../core/ambient.ts";
import { instrument, type ResourceView, type WaitKind } from "../../core/instrument.ts";
import { LONGEST_DELAY, realTime } from "../../core/platform.ts";
import type { Scope } from "../../core/scope.ts";
import { Waiter } from "../../core/waiter.ts";
import { depth } from "../backends/backend.ts";
import type { Call } from "../call/call.ts";
import { CallQueue } from "./call_queue.ts";
import type { PoolSettings, WorkerPoolStats } from "./options.ts";
import { PooledWorker, type WorkerOwner } from "./pooled_worker.ts";
import { type Stopped, WorkerLoadError, WorkerPoolError } from "../call/worker_error.ts";

/** How many calls a worker is sent ahead at most. */
const AHEAD = 512;
/** Milliseconds after which another worker is tried when one could not be started while others live. */
const RETRY = 1_000;

/**
 * How deep workers may be inside of each other. More than a sensible program needs, and few enough that a function which
 * calls itself in workers without end is told so before the machine is out of threads.
 */
const MAX_DEPTH = 8;

// More than 300 lines, as starting workers, giving them calls and giving them up go by the same few facts.

/** Decides which of its workers makes which call: the part of a pool that knows nothing of its users. */
export class Dispatcher implements WorkerOwner, ResourceView {
  readonly settings: PoolSettings;
  readonly workers = new Set<PooledWorker>();
  readonly queue = new CallQueue();
  readonly warming = new Set<WaitingForWorkers>();
  readonly stopped: Record<Stopped, number> = { cooperative: 0, terminated: 0, killed: 0, abandoned: 0 };
  /** Workers that are being stopped, to be waited for at the end: nothing outlives the pool. */
  readonly #ending = new Set<Promise<void>>();
  #closed = false;
  #scheduled = false;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  /** Runs while no worker is started, since the last attempt has failed. */
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #started = 0;

  constructor(settings: PoolSettings) {
    this.settings = settings;
    if (instrument !== null) instrument.opened(this);
  }

  describe(): string {
    return `worker pool "${this.settings.name}"`;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Put a call at the end of the queue. */
  enqueue(call: Call): void {
    if (this.settings.maxQueue !== Infinity && this.#waiting() >= this.settings.maxQueue) {
      const { maxQueue, name } = this.settings;
      return call.failWith(
        new WorkerPoolError(`Cannot run in worker pool "${name}" as ${maxQueue} calls wait already`),
      );
    }
    if (depth >= MAX_DEPTH) return call.failWith(this.#tooDeep());
    if (this.#neverComesTo(call)) {
      const { maxWorkers, name } = this.settings;
      return call.failWith(
        new WorkerPoolError(
          `Cannot run in worker pool "${name}" in a callback as that would wait for ever: each of its workers ` +
            `(${maxWorkers}) runs a call that ends after its callback`,
        ),
      );
    }
    this.queue.push(call);
    call.queued();
    this.#schedule();
  }

  /** Whether every running call waits for this one, so no worker would ever be free. */
  #neverComesTo({ scope }: Call): boolean {
    let others = this.workers.size - this.settings.maxWorkers;
    if (others < 0) return false;
    for (const worker of this.workers) if (!worker.running?.hasCalled(scope) && others-- === 0) return false;
    return true;
  }

  #tooDeep(): WorkerPoolError {
    return new WorkerPoolError(
      `Cannot run in worker pool "${this.settings.name}" as workers may be ${MAX_DEPTH} deep inside of each other: ` +
        `current depth is ${depth}`,
    );
  }

  /** How many calls there are beyond what workers, there or to come, can start at once; negative when some are free. */
  #waiting(): number {
    let calls = this.queue.size;
    for (const worker of this.workers) calls += worker.load;
    return calls - this.settings.maxWorkers;
  }

  /** Stop a call, wherever it is. */
  cancel(call: Call): void {
    if (this.queue.delete(call)) {
      // Perhaps nobody waits any longer for a worker that is being initialized.
      if (this.settings.initializer !== undefined) this.#schedule();
      return call.stoppedBy(undefined);
    }
    for (const worker of this.workers) if (worker.has(call)) return worker.cancel(call);
  }

  /**
   * End it: what waits is rejected; what runs is waited for, or with `force` stopped. Not a call whose callback closes it:
   * that waits for this in turn, and its worker ends when it has.
   */
  async close(force: boolean): Promise<void> {
    const by = currentScope();
    this.#closed = true;
    realTime.clearTimeout(this.#idleTimer);
    realTime.clearTimeout(this.#retryTimer);
    this.#refuseQueue();
    const after = new Set<Promise<void>>();
    for (const worker of this.workers) {
      const running = worker.calls();
      const waitsForThis = running.some((call) => call.hasCalled(by));
      for (const call of running) {
        if (force) call.scope.cancelBecause("Cancelled as the worker pool was closed");
        else call.onPoolClosing?.(by);
      }
      const ended = this.onEnding(
        // Outside of the calls, which one of their callbacks may not wait for.
        runInScope(by.root, () => Promise.all(running.map((call) => call.task.settled()))).then(() => worker.retire()),
      );
      if (waitsForThis) after.add(ended);
    }
    for (;;) {
      const ending = [...this.#ending].filter((each) => !after.has(each));
      if (ending.length === 0) break;
      await Promise.all(ending);
    }
    if (instrument !== null) instrument.closed(this);
  }

  /** Start workers until there are `count`, and wait until all of them can make calls. */
  warm(count: number, scope: Scope, signal: AbortSignal | undefined): Promise<void> {
    if (depth >= MAX_DEPTH) return Promise.reject(this.#tooDeep());
    const waiting = new WaitingForWorkers(this, count, scope, signal);
    this.warming.add(waiting);
    // It asks for an attempt now.
    this.#retry();
    this.#schedule();
    return waiting.promise;
  }

  /** A wait for workers was given up. */
  giveUp(waiting: WaitingForWorkers): void {
    this.warming.delete(waiting);
    this.#schedule();
  }

  /** Change how many workers there are. */
  resize(size: number): void {
    this.settings.minWorkers = Math.min(this.settings.minWorkers, size);
    this.settings.maxWorkers = size;
    this.#schedule();
  }

  /** How it is doing. */
  stats(): WorkerPoolStats {
    const workers = [...this.workers];
    const busy = workers.filter((worker) => worker.load > 0).length;
    const idle = workers.filter((worker) => worker.ready && worker.load === 0).length;
    const ahead = workers.reduce((sum, worker) => sum + Math.max(0, worker.load - 1), 0);
    return {
      workers: workers.length,
      starting: workers.length - busy - idle,
      busy,
      idle,
      queued: this.queue.size + ahead,
      stopped: { ...this.stopped },
    };
  }

  onFree(worker: PooledWorker): void {
    if (worker.load > 1 && this.queue.size === 0) return;
    this.#schedule();
  }

  onGone(worker: PooledWorker, unstarted: Call[], error?: unknown): void {
    this.workers.delete(worker);
    for (const call of unstarted.reverse()) this.queue.unshift(call);
    // What was sent ahead waits in line like all else.
    if (this.#closed) return this.#refuseQueue();
    if (error !== undefined) return this.#cannotStart(error);
    // Back to size at once, not when the next call comes.
    if (this.#staying() < Math.max(this.settings.minWorkers, this.queue.size > 0 ? 1 : 0)) this.#startWorker();
    this.#schedule();
  }

  onStopped(_worker: PooledWorker, stopped: Stopped): void {
    this.stopped[stopped]++;
  }

  onEnding(ending: Promise<unknown>): Promise<void> {
    const ended: Promise<void> = ending.then(() => void this.#ending.delete(ended));
    this.#ending.add(ended);
    return ended;
  }

  /** Calls of one turn are given out together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    if (this.#closed) return;
    const { queue, workers } = this;
    // Nobody is left to run what waits.
    if (workers.size === 0) this.#retry();
    // Not all that are there may work at a time: some may be the successors of others.
    let free = this.settings.maxWorkers;
    for (const worker of workers) if (worker.load > 0) free--;
    for (const worker of workers) {
      if (free > 0 && worker.ready && worker.load === 0) {
        this.#giveOldest(worker);
        if (worker.load > 0) free--;
      }
    }
    if (queue.size > 0 || this.warming.size > 0) this.#grow();
    if (queue.size > 0) this.#giveAhead();
    else this.#balance(free);
    const isAwaited = queue.size > 0 || this.warming.size > 0;
    for (const worker of workers) {
      worker.flush();
      // Not as soon as its last call ends: whoever waited for that may have made the next one by now.
      worker.afterDispatch(isAwaited);
    }
    if (this.warming.size > 0) this.#tellWarm();
    if (workers.size > this.settings.maxWorkers) this.#endIdle();
    if (this.settings.idleTimeout !== Infinity) this.#watchIdle();
  }

  #giveFirst(worker: PooledWorker): void {
    const call = this.queue.first;
    if (call === null) return;
    this.queue.delete(call);
    worker.give(call);
  }

  /** Give an idle worker the call that has waited longest: it may have been sent ahead to one that is busy for long. */
  #giveOldest(idle: PooledWorker): void {
    let oldest = this.queue.first;
    let holder: PooledWorker | null = null;
    for (const worker of this.workers) {
      const ahead = worker.firstAhead;
      if (ahead === null || (oldest !== null && oldest.id < ahead.id)) continue;
      oldest = ahead;
      holder = worker;
    }
    if (holder === null) return this.#giveFirst(idle);
    const [call] = holder.takeBack(1);
    // It was started just now.
    if (call === undefined) this.#giveFirst(idle);
    else idle.give(call);
  }

  /** Start workers, as many as there is work for. */
  #grow(): void {
    if (this.#retryTimer !== undefined) return;
    let starting = 0;
    for (const worker of this.workers) if (!worker.ready && !worker.retiring) starting++;
    let wanted = this.queue.size - starting;
    const staying = this.#staying();
    for (const { count } of this.warming) wanted = Math.max(wanted, count - staying);
    wanted = Math.min(wanted, this.settings.maxWorkers - staying);
    for (let i = 0; i < wanted; i++) this.#startWorker();
  }

  /** How many workers there are that go on after what they do now. */
  #staying(): number {
    let staying = 0;
    for (const worker of this.workers) if (!worker.retiring) staying++;
    return staying;
  }

  /** Tell those who wait for workers, if there are enough. */
  #tellWarm(): void {
    let warm = 0;
    for (const worker of this.workers) if (worker.started && !worker.retiring) warm++;
    for (const waiting of this.warming) {
      if (warm < Math.min(waiting.count, this.settings.maxWorkers)) continue;
      this.warming.delete(waiting);
      waiting.resolve();
    }
  }

  #startWorker(): void {
    const worker = new PooledWorker(`${this.settings.name}/${++this.#started}`, this.settings, this);
    this.workers.add(worker);
    worker.start();
  }

  /** Send busy workers what they can do next, so that they need not wait for it. Each gets its share. */
  #giveAhead(): void {
    const share = Math.min(AHEAD, Math.ceil(this.queue.size / this.settings.maxWorkers) + 1);
    for (const worker of this.workers) {
      if (worker.load === 0) continue;
      while (worker.ready && worker.load < share && worker.canQueue && this.queue.first?.light) this.#giveFirst(worker);
    }
  }

  /** Nothing waits: have idle workers take over what was sent ahead to others. */
  #balance(free: number): void {
    for (const idle of this.workers) {
      if (free <= 0) return;
      if (!idle.ready || idle.load > 0) continue;
      let busiest: PooledWorker | null = null;
      for (const worker of this.workers) if (worker.load > (busiest?.load ?? 1)) busiest = worker;
      if (busiest === null) return;
      for (let count = Math.ceil((busiest.load - 1) / 2); count > 0 && (idle.load === 0 || idle.canQueue); count--) {
        const [call] = busiest.takeBack(1);
        if (call === undefined) break;
        idle.give(call);
      }
      if (idle.load > 0) free--;
    }
  }

  /** End the workers that have been idle for long. One timer for all. */
  #watchIdle(): void {
    if (this.#idleTimer !== undefined || this.workers.size <= this.settings.minWorkers) return;
    this.#idleTimer = realTime.setTimeout(() => {
      this.#idleTimer = undefined;
      this.#endIdle();
      this.#watchIdle();
    }, Math.min(Math.max(1, this.settings.idleTimeout), LONGEST_DELAY));
    Deno.unrefTimer(this.#idleTimer);
  }

  #endIdle(): void {
    const { minWorkers, maxWorkers, idleTimeout } = this.settings;
    const now = realTime.now();
    let staying = this.#staying();
    for (const worker of [...this.workers]) {
      const excess = staying > maxWorkers || now - worker.idleSince >= idleTimeout;
      if (staying <= minWorkers || !excess || !worker.ready || worker.load > 0) continue;
      worker.retire();
      staying--;
    }
  }

  /** A worker could not be started. Others may live: what waits is theirs, and an attempt now would fail as this one. */
  #cannotStart(cause: unknown): void {
    // One that has failed by its own fault says all that there is to say.
    const why = cause instanceof WorkerLoadError
      ? { message: cause.message, cause: cause.cause ?? cause }
      : { message: `Cannot start a worker: ${cause instanceof Error ? cause.message : String(cause)}`, cause };
    const failure = () => new WorkerLoadError(why.message, { cause: why.cause });
    this.#giveUpWarming(failure);
    if (this.workers.size > 0) {
      this.#retryTimer ??= realTime.setTimeout(() => {
        this.#retry();
        this.#schedule();
      }, RETRY);
      Deno.unrefTimer(this.#retryTimer);
      return this.#schedule();
    }
    this.#retry();
    for (let call = this.queue.first; call !== null; call = this.queue.first) {
      this.queue.delete(call);
      call.failWith(failure());
    }
  }

  /** Workers may be started again. */
  #retry(): void {
    realTime.clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }

  #giveUpWarming(error: () => Error): void {
    for (const waiting of this.warming) {
      this.warming.delete(waiting);
      waiting.reject(error());
    }
  }

  /** Nothing will be run any more. */
  #refuseQueue(): void {
    this.#giveUpWarming(() => new WorkerPoolError(`Cannot warm worker pool "${this.settings.name}" as it was closed`));
    for (let call = this.queue.first; call !== null; call = this.queue.first) {
      this.queue.delete(call);
      call.failWith(new WorkerPoolError(`Cannot run in worker pool "${this.settings.name}" as it was closed`));
    }
  }
}

/** One who waits until there are `count` workers. */
class WaitingForWorkers extends Waiter<void> {
  readonly count: number;
  readonly #dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher, count: number, scope: Scope, signal: AbortSignal | undefined) {
    super(scope, signal);
    this.#dispatcher = dispatcher;
    this.count = count;
  }

  override get kind(): WaitKind {
    return "worker";
  }

  override describe(): string {
    return this.#dispatcher.describe();
  }

  protected override withdraw(): void {
    this.#dispatcher.giveUp(this);
  }
}
