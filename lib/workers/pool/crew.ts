import { instrument, type ResourceView } from "../../core/instrument.ts";
import { backends } from "../backends/mod.ts";
import type { Call } from "../call/call.ts";
import { CallQueue } from "./call_queue.ts";
import { depth, MAX_DEPTH } from "../backends/depth.ts";
import type { PoolSettings } from "./options.ts";
import { PooledWorker } from "./pooled_worker.ts";
import type { WorkerPoolStats } from "./pool_stats.ts";
import { type Stopped, WorkerLoadError, WorkerPoolError } from "../call/worker_error.ts";
import type { WorkerOwner } from "./worker_owner.ts";

/** How many calls a worker is sent ahead at most. */
const AHEAD = 512;
/** Milliseconds after which another worker is tried when one could not be started while others live. */
const RETRY = 1_000;

/** The workers of one pool, and who does what: the part of a pool that knows nothing of its users. */
export class Crew implements WorkerOwner<PooledWorker>, ResourceView {
  readonly settings: PoolSettings;
  readonly workers = new Set<PooledWorker>();
  readonly queue = new CallQueue();
  readonly stopped: Record<Stopped, number> = { cooperative: 0, terminated: 0, killed: 0, abandoned: 0 };
  /** What is under way, to be waited for at the end. */
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
    if (depth >= MAX_DEPTH) {
      return call.failWith(
        new WorkerPoolError(
          `Cannot run in worker pool "${this.settings.name}" as workers may be ${MAX_DEPTH} deep inside of each other: ` +
            `current depth is ${depth}`,
        ),
      );
    }
    this.queue.push(call);
    call.queued();
    this.#schedule();
  }

  /** How many calls there are beyond what workers, there or to come, can start at once; negative when some are free. */
  #waiting(): number {
    let calls = this.queue.size;
    for (const worker of this.workers) calls += worker.load;
    return calls - this.settings.maxWorkers;
  }

  /** Stop a call, wherever it is. */
  cancel(call: Call): void {
    if (this.queue.delete(call)) return call.stoppedBy(undefined);
    for (const worker of this.workers) if (worker.has(call)) return worker.cancel(call);
  }

  /** End it: what waits is rejected; what runs is waited for, or with `force` stopped. */
  async close(force: boolean): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#retryTimer);
    this.#refuseQueue();
    for (const worker of this.workers) {
      const running = worker.calls();
      if (force) { for (const call of running) call.scope.cancelBecause("Cancelled as the worker pool was closed"); }
      this.#end(Promise.all(running.map((call) => call.task.settled())).then(() => worker.stop()));
    }
    while (this.#ending.size > 0) await Promise.all(this.#ending);
    if (instrument !== null) instrument.closed(this);
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
    if (error === undefined && this.workers.size < Math.max(this.settings.minWorkers, this.queue.size > 0 ? 1 : 0)) {
      this.#startWorker();
    }
    this.#schedule();
  }

  onStopped(_worker: PooledWorker, stopped: Stopped): void {
    this.stopped[stopped]++;
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
    for (const worker of workers) if (worker.ready && worker.load === 0) this.#giveOldest(worker);
    if (queue.size > 0) this.#grow();
    if (queue.size > 0) this.#giveAhead();
    else this.#balance();
    for (const worker of workers) {
      worker.flush();
      // Not as soon as its last call ends: whoever waited for that may have made the next one by now.
      worker.rest();
    }
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
    for (const worker of this.workers) if (!worker.ready) starting++;
    const wanted = Math.min(this.settings.maxWorkers - this.workers.size, this.queue.size - starting);
    for (let i = 0; i < wanted; i++) this.#startWorker();
  }

  #startWorker(): void {
    const { backend, limits, permissions, name } = this.settings;
    const worker = new PooledWorker(
      backends[backend],
      { name: `${name}/${++this.#started}`, limits, permissions },
      this,
    );
    this.workers.add(worker);
    worker.start();
  }

  /** Send busy workers what they can do next, so that they need not wait for it. Each gets its share. */
  #giveAhead(): void {
    const share = Math.min(AHEAD, Math.ceil(this.queue.size / this.settings.maxWorkers) + 1);
    for (const worker of this.workers) {
      while (worker.ready && worker.load < share && worker.canQueue && this.queue.first?.light) this.#giveFirst(worker);
    }
  }

  /** Nothing waits: have idle workers take over what was sent ahead to others. */
  #balance(): void {
    for (const idle of this.workers) {
      if (!idle.ready || idle.load > 0) continue;
      let busiest: PooledWorker | null = null;
      for (const worker of this.workers) if (worker.load > (busiest?.load ?? 1)) busiest = worker;
      if (busiest === null) return;
      for (let count = Math.ceil((busiest.load - 1) / 2); count > 0 && (idle.load === 0 || idle.canQueue); count--) {
        const [call] = busiest.takeBack(1);
        if (call === undefined) break;
        idle.give(call);
      }
    }
  }

  /** End the workers that have been idle for long. One timer for all. */
  #watchIdle(): void {
    if (this.#idleTimer !== undefined || this.workers.size <= this.settings.minWorkers) return;
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = undefined;
      this.#endIdle();
      this.#watchIdle();
    }, Math.max(1, this.settings.idleTimeout));
    Deno.unrefTimer(this.#idleTimer);
  }

  #endIdle(): void {
    const { minWorkers, maxWorkers, idleTimeout } = this.settings;
    const now = performance.now();
    for (const worker of [...this.workers]) {
      const excess = this.workers.size > maxWorkers || now - worker.idleSince >= idleTimeout;
      if (this.workers.size <= minWorkers || !excess) continue;
      if (worker.ready && worker.load === 0) this.#end(worker.stop());
    }
  }

  #end(ending: Promise<unknown>): void {
    const ended: Promise<void> = ending.then(() => void this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  /** A worker could not be started. Others may live: what waits is theirs, and an attempt now would fail as this one. */
  #cannotStart(cause: unknown): void {
    if (this.workers.size > 0) {
      this.#retryTimer ??= setTimeout(() => {
        this.#retry();
        this.#schedule();
      }, RETRY);
      Deno.unrefTimer(this.#retryTimer);
      return this.#schedule();
    }
    this.#retry();
    const why = cause instanceof Error ? cause.message : String(cause);
    for (let call = this.queue.first; call !== null; call = this.queue.first) {
      this.queue.delete(call);
      call.failWith(new WorkerLoadError(`Cannot start a worker: ${why}`, { cause }));
    }
  }

  /** Workers may be started again. */
  #retry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }

  /** Nothing will be run any more. */
  #refuseQueue(): void {
    for (let call = this.queue.first; call !== null; call = this.queue.first) {
      this.queue.delete(call);
      call.failWith(new WorkerPoolError(`Cannot run in worker pool "${this.settings.name}" as it was closed`));
    }
  }
}
