import type { Call } from "../call/call.ts";
import type { Stopped } from "../call/worker_error.ts";

/**
 * Told of what becomes of a worker.
 *
 * @typeParam W What a worker is to it.
 */
export interface WorkerOwner<W> {
  /** It can take calls: it has started, or calls have ended. */
  onFree(worker: W): void;
  /** It has ended, or is about to, and takes no more calls; these were sent to it, but never started. */
  onGone(worker: W, unstarted: Call[], error?: unknown): void;
  /** It has been stopped, in this way. */
  onStopped(worker: W, stopped: Stopped): void;
}
