import type { Stopped } from "./worker_error.ts";

/** How a `WorkerPool` is doing. */
export interface WorkerPoolStats {
  /** Workers that are there. */
  workers: number;
  /** Those of them that are being started. */
  starting: number;
  /** Those that run something. */
  busy: number;
  /** Those that wait for something to run. */
  idle: number;
  /** Calls that wait for a worker. */
  queued: number;
  /** How workers were ended, so far; `"abandoned"` ones still use a core. */
  stopped: Record<Stopped, number>;
}
