/**
 * What the program inside a worker leaves for the toolkit, should the code that runs there import it: so that a
 * cancellation and a deadline reach the tasks of a worker, too. A symbol of the global registry joins the two, since they
 * share no module.
 */

/** The call that a worker runs. */
export interface HostCall {
  /** Name of the task that made the call. */
  readonly name: string;
  /** When the caller's time runs out, in milliseconds of `Date.now()`; `Infinity` for never. */
  readonly deadline: number;
  /** Why it has been cancelled; `undefined` while it has not. */
  readonly reason: unknown;
  /** Called when it is cancelled. Set by the toolkit. */
  onCancel: ((reason: unknown) => void) | null;
  /** Called when its function has ended; the call ends when this has. Set by the toolkit. */
  onEnd: (() => Promise<void>) | null;
}

/** The program inside a worker. */
export interface WorkerHost {
  /** How many workers deep this one is: 1 in a worker of the main program. */
  readonly depth: number;
  /** The call that the calling code belongs to. */
  call(): HostCall | undefined;
  /** Throw if that call has been cancelled, also while the event loop is blocked. */
  checkpointSync(): void;
  /** Tell the caller how far it is. */
  progress(value: unknown): void;
}

/** Where the program inside a worker puts itself. `worker_main.ts` repeats the name, as it can import nothing. */
const HOST = Symbol.for("@asyncio/toolkit/worker-host");

/** The program inside the worker that this code runs in, or `undefined` in the main program. */
export const workerHost: WorkerHost | undefined = (globalThis as unknown as Record<symbol, WorkerHost>)[HOST];
