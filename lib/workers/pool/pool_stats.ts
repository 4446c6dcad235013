import type { Stopped } from "../call/worker_error.ts";

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
  /** How calls were stopped, so far: by themselves, or with their worker; `"abandoned"` ones still use a core. */
  stopped: Record<Stopped, number>;
}
