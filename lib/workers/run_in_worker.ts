import { onProgramEnd } from "../tasks/run.ts";
import type { Task } from "../tasks/task.ts";
import { depth } from "./backends/backend.ts";
import type { Executor } from "./pool/executor.ts";
import type { WorkerCallOptions } from "./pool/options.ts";
import { WorkerPool } from "./pool/worker_pool.ts";
import type { WorkerScope } from "./inside/kit.ts";

/** Options of `runInWorker` and `workerModule`: those of each call, and where it runs. */
export interface RunInWorkerOptions extends WorkerCallOptions {
  /** Where it runs. @default a pool with a worker for each core */
  pool?: Executor | undefined;
}

/**
 * Run a function on another core, so that the event loop stays free. Counterpart of `loop.run_in_executor` with a
 * `ProcessPoolExecutor`, and of `asyncio.to_thread` where that is used for work that blocks.
 *
 * - The function travels as source text: it sees its arguments, the globals, and what it imports itself, not by a relative
 *   path. A variable outside of it does not exist there; using one rejects with a `WorkerClosureError` that names it.
 * - Arguments and result are copied (by structured cloning); buffers can change hands with `transfer`. Functions and
 *   `AbortSignal`s in the arguments work on the other side, too.
 * - Errors come back with their class, message, fields, `cause` and stack.
 * - Cancelled with the task around it, by `signal`, or by `timeout`. The function is asked first; a worker that does not
 *   listen is ended and replaced, also in the middle of `for (;;) {}`. The error's `stopped` says how it went.
 * - Inside a worker it starts another, in a chain of at most eight; one more rejects with a `WorkerPoolError`.
 * - Needs no permission. Workers are started with the first calls; idle ones do not keep the program alive.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { runInWorker } from "@asyncio/toolkit";
 *
 * function fibonacci(n: number): number {
 *   return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
 * }
 *
 * assertEquals(await runInWorker(fibonacci, [20]), 6765);
 * ```
 *
 * @typeParam A Types of the arguments.
 * @typeParam R What the function returns.
 * @param fn The function.
 * @param args Its arguments.
 * @param options Timeout, signal, transfer, name, pool, progress.
 * @returns A task: a promise of the result that can be cancelled.
 * @throws {WorkerClosureError} When the function uses a variable outside of it.
 * @throws {WorkerError} When something else went wrong with the worker, rather than in the function.
 */
export function runInWorker<A extends unknown[], R>(
  fn: (this: WorkerScope, ...args: A) => R,
  args: A = [] as unknown[] as A,
  options: RunInWorkerOptions = {},
): Task<Awaited<R>> {
  return (options.pool ?? defaultPool()).run<A, Awaited<R>>(
    fn as (this: WorkerScope, ...args: A) => Awaited<R>,
    args,
    options,
  );
}

let pool: WorkerPool | undefined;

/**
 * The pool behind `runInWorker`: a worker for each core, started when needed. Inside a worker it has a single one, so that
 * functions which call functions in workers make chains of workers, not trees that grow with every level.
 */
export function defaultPool(): WorkerPool {
  if (pool === undefined) {
    pool = new WorkerPool({ size: depth === 0 ? navigator.hardwareConcurrency : 1, name: "default" });
    onProgramEnd(closeDefaultPool);
  }
  return pool;
}

/**
 * End its workers. Not while calls are under way: what a program has begun has ended before this, so these were made outside
 * of it, or in another beside it, whose end sees to the pool then. The next call makes a new one.
 */
async function closeDefaultPool(): Promise<void> {
  const closing = pool;
  if (closing === undefined) return;
  const { busy, queued } = closing.stats;
  if (busy + queued > 0) return void onProgramEnd(closeDefaultPool);
  pool = undefined;
  await closing.close({ force: true });
}
