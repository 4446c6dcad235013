import { workerHost } from "../../core/host.ts";
import type { ToWorker } from "../wire/protocol.ts";
import type { Stopped } from "../call/worker_error.ts";

/** How many workers deep this code runs: 0 in the main program. */
export const depth: number = workerHost?.depth ?? 0;

/** The kinds of workers that there are. */
export type BackendName = "thread" | "web" | "process";

/** What a worker process may use, as the `--allow-…` flags say it. What is not named is denied. */
export interface WorkerPermissions {
  /** Paths that it may read. */
  read?: boolean | readonly string[] | undefined;
  /** Paths that it may write. */
  write?: boolean | readonly string[] | undefined;
  /** Hosts that it may connect to, with or without a port. */
  net?: boolean | readonly string[] | undefined;
  /** Variables of the environment that it may see. */
  env?: boolean | readonly string[] | undefined;
  /** Programs that it may run. */
  run?: boolean | readonly string[] | undefined;
  /** Libraries that it may load. */
  ffi?: boolean | readonly string[] | undefined;
  /** What it may know of the system, as `"hostname"`. */
  sys?: boolean | readonly string[] | undefined;
  /** Hosts that it may import from. @default what is in the cache already */
  import?: boolean | readonly string[] | undefined;
}

/** How much memory a worker may use. */
export interface ResourceLimits {
  /**
   * Megabytes of heap for everything that lives longer than a moment. A worker that exceeds it is stopped, and its call
   * rejects with a `WorkerOutOfMemoryError`.
   */
  maxOldGenerationSizeMb?: number | undefined;
  /** Megabytes of heap for what has just been made. */
  maxYoungGenerationSizeMb?: number | undefined;
  /** Megabytes of stack. Threads only. */
  stackSizeMb?: number | undefined;
}

/** What a worker is started with. */
export interface StartOptions {
  /** For messages. */
  name: string;
  limits: ResourceLimits | undefined;
  permissions: WorkerPermissions | undefined;
  /** Memory to share with it; for backends that can. */
  shared: SharedArrayBuffer | null;
}

/** Told of what a worker does. */
export interface Listener {
  /** It has sent something. What that is nobody knows: functions that run there can send whatever they like. */
  onMessage(message: unknown): void;
  /**
   * It has ended and will say nothing more. Called once, unless {@linkcode RunningWorker.stop} was called before.
   *
   * @param code Its exit code, where it is known.
   * @param error What the platform said, if anything.
   */
  onExit(code: number | undefined, error?: unknown): void;
}

/** One worker, as its backend sees it. */
export interface RunningWorker {
  /** Send a message, and give away what is in `transfer`. */
  post(message: ToWorker, transfer: Transferable[]): void;
  /** Whether it keeps the program alive. It does at first. */
  setRef(keepsAlive: boolean): void;
  /** End it, now, whatever it does. Says how that went; never rejects. */
  stop(): Promise<Stopped>;
}

/** A way to run workers. */
export interface Backend {
  readonly name: BackendName;
  /** Whether its workers can share memory with the program. */
  readonly shares: boolean;
  /** Start one. Rejects with a `WorkerError` when it cannot even be started. */
  start(options: StartOptions, listener: Listener): Promise<RunningWorker>;
}
