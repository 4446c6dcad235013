/**
 * asyncio for Deno: plain `async` functions, run concurrently, cancelled cleanly, and moved onto other cores.
 *
 * The one rule: you own what you start. A *function* handed to the toolkit is started by it, and owned: when it is no
 * longer wanted it is cancelled, and waited for. A *promise* was started by somebody else: it is only observed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gather, sleep } from "@asyncio/toolkit";
 *
 * async function fetchData(name: string) {
 *   await sleep(20); // milliseconds
 *   return `Result from ${name}`;
 * }
 *
 * const results = await gather(
 *   () => fetchData("Task 1"),
 *   () => fetchData("Task 2"),
 * );
 * assertEquals(results, ["Result from Task 1", "Result from Task 2"]);
 * ```
 *
 * @module
 */

export {
  CancelledError,
  type CancelledErrorOptions,
  InvalidStateError,
  isCancelled,
  isTimeout,
  TaskGroupError,
  TimeoutError,
} from "./lib/errors.ts";
export { flattenErrors } from "./lib/core/linked_errors.ts";
export type { WaitOptions } from "./lib/core/waiter.ts";
export type { BackoffOptions } from "./lib/flow/backoff.ts";
export { every, type EveryOptions, type Overlap } from "./lib/flow/every.ts";
export { retry, type RetryOptions } from "./lib/flow/retry.ts";
export { supervise, type SuperviseOptions } from "./lib/flow/supervise.ts";
export { fetch } from "./lib/net/fetch.ts";
export { Barrier, type BarrierStats, BrokenBarrierError } from "./lib/sync/barrier.ts";
export type { Case } from "./lib/sync/case.ts";
export { Condition } from "./lib/sync/condition.ts";
export { Event, type WaitingStats } from "./lib/sync/event.ts";
export type { Guard } from "./lib/sync/guard.ts";
export { BrokenLockError, Lock, type LockStats } from "./lib/sync/lock.ts";
export { KeyedLock } from "./lib/sync/keyed_lock.ts";
export { limit, type LimitOptions } from "./lib/sync/limit.ts";
export { Queue, QueueShutDownError, type QueueStats, type ShutdownOptions } from "./lib/sync/queue.ts";
export { LifoQueue, PriorityQueue, type PriorityQueueOptions } from "./lib/sync/queue_kinds.ts";
export { after, select, type Selectable, type Selected } from "./lib/sync/select.ts";
export { RateLimiter, type RateLimiterOptions, type RateLimiterStats } from "./lib/sync/rate_limiter.ts";
export { ReadWriteLock, type ReadWriteLockStats } from "./lib/sync/read_write_lock.ts";
export {
  type AcquireOptions,
  BoundedSemaphore,
  Semaphore,
  type SemaphoreStats,
  type WeightOptions,
} from "./lib/sync/semaphore.ts";
export type { NameOptions } from "./lib/sync/wait_queue.ts";
export { any, type AnyOptions } from "./lib/tasks/any.ts";
export { asCompleted, type Completed, type CompletedIterator, type CompletedSteps } from "./lib/tasks/as_completed.ts";
export { bind, outside } from "./lib/tasks/bind.ts";
export { type CancellableScope, cancelScope } from "./lib/tasks/cancel_scope.ts";
export { cancellable } from "./lib/tasks/cancellable.ts";
export type { CancelScope, Owned } from "./lib/tasks/owned.ts";
export { checkpoint, sleep } from "./lib/tasks/sleep.ts";
export { createTask, type CreateTaskOptions } from "./lib/tasks/create_task.ts";
export { allTasks, currentSignal, currentTask } from "./lib/tasks/current.ts";
export { deadlockReport } from "./lib/tasks/deadlock.ts";
export {
  gather,
  type Gatherable,
  type GatherableRecord,
  type Gathered,
  type GatherOptions,
  type SeparateInputs,
} from "./lib/tasks/gather.ts";
export type { Task } from "./lib/tasks/task.ts";
export type { TaskState } from "./lib/tasks/task_scope.ts";
export { mapConcurrent, type MapConcurrentOptions } from "./lib/tasks/map_concurrent.ts";
export { race } from "./lib/tasks/race.ts";
export { run, type RunOptions } from "./lib/tasks/run.ts";
export { shield } from "./lib/tasks/shield.ts";
export { type GroupTaskOptions, type TaskGroup, taskGroup, type TaskGroupOptions } from "./lib/tasks/task_group.ts";
export {
  effectiveDeadline,
  moveOnAfter,
  type MoveOnOptions,
  timeout,
  timeoutAt,
  type TimeoutScope,
} from "./lib/tasks/timeout.ts";
export { wait, type Waited, type WaitUntilOptions } from "./lib/tasks/wait.ts";
export type { BackendName, ResourceLimits, WorkerPermissions } from "./lib/workers/backends/backend.ts";
export { checkpointSync } from "./lib/workers/checkpoint_sync.ts";
export type { Executor } from "./lib/workers/pool/executor.ts";
export type { WorkerFunction, WorkerModule } from "./lib/workers/pool/module_proxy.ts";
export type {
  WorkerCallOptions,
  WorkerMapConcurrentOptions,
  WorkerMapOptions,
  WorkerPoolOptions,
  WorkerPoolStats,
  WorkerStreamOptions,
} from "./lib/workers/pool/options.ts";
export { reportProgress } from "./lib/workers/report_progress.ts";
export { runInWorker, type RunInWorkerOptions } from "./lib/workers/run_in_worker.ts";
export {
  type Stopped,
  WorkerClosureError,
  WorkerCrashedError,
  WorkerDataError,
  WorkerError,
  WorkerExitedError,
  WorkerLoadError,
  WorkerOutOfMemoryError,
  WorkerPoolError,
  WorkerTimeoutError,
} from "./lib/workers/call/worker_error.ts";
export { workerModule } from "./lib/workers/worker_module.ts";
export { WorkerPool } from "./lib/workers/pool/worker_pool.ts";
export type { WorkerScope } from "./lib/workers/inside/kit.ts";
