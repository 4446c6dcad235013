import { onProgramEnd } from "../tasks/run.ts";
import { depth } from "./backends/depth.ts";
import { WorkerPool } from "./pool/worker_pool.ts";

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
