import { checkCount, checkMs } from "../../core/checks.ts";
import { inspectBriefly } from "../../core/inspect.ts";
import type { WaitOptions } from "../../core/waiter.ts";
import type { BackendName, ResourceLimits, WorkerPermissions } from "../backends/backend.ts";

/** Options of one call in a worker. */
export interface WorkerCallOptions extends WaitOptions {
  /** For messages and pictures. @default the function's name and the task's id */
  name?: string | undefined;
  /**
   * Milliseconds that the function may take, from its start; then it is stopped, and the call rejects with a
   * `WorkerTimeoutError`.
   *
   * @default Infinity
   */
  timeout?: number | undefined;
  /**
   * Milliseconds that the call may wait for a worker; then it rejects with a `WorkerTimeoutError` and is never started.
   *
   * @default Infinity
   */
  queueTimeout?: number | undefined;
  /**
   * Milliseconds that a cancelled function may take to clean up as long as its worker is responsive; then the worker is
   * ended. A worker that is not responsive is ended after 100 ms.
   *
   * @default 1000
   */
  grace?: number | undefined;
  /** Buffers, streams and ports in the arguments that change hands instead of being copied. @default none */
  transfer?: Transferable[] | undefined;
  /** Let the buffers in the result change hands instead of being copied. @default false */
  transferResult?: boolean | undefined;
  /** Called with what the function passes to `reportProgress()`, or to `this.progress()`. An error of it fails the call. */
  onProgress?: ((value: unknown) => void) | undefined;
  /** What the function may do, on the process backend. @default that of the pool */
  permissions?: WorkerPermissions | undefined;
}

/** Options of `WorkerPool.map`. */
export interface WorkerMapOptions extends WorkerCallOptions {
  /** How many items may be in hand at a time. @default twice as many as there are workers */
  concurrency?: number | undefined;
}

/** Options of `WorkerPool.stream`. */
export interface WorkerStreamOptions extends WorkerCallOptions {
  /** How many values the generator may be ahead of its reader, from 1. @default 32 */
  ahead?: number | undefined;
}

/** Options of a `WorkerPool`. */
export interface WorkerPoolOptions {
  /** How many workers there are: `minWorkers` and `maxWorkers` in one. They are started when first needed. */
  size?: number | undefined;
  /** How many workers are kept when idle. @default `size`, or 0 */
  minWorkers?: number | undefined;
  /** How many workers there are at most. @default `size`, or `navigator.hardwareConcurrency` */
  maxWorkers?: number | undefined;
  /** Milliseconds after which an idle worker beyond `minWorkers` is ended. @default Infinity; 100 for `"web"` */
  idleTimeout?: number | undefined;
  /** How many calls may wait; one more is rejected with a `WorkerPoolError`. @default Infinity */
  maxQueue?: number | undefined;
  /**
   * How workers are run: `"thread"`, `"web"`, `"process"`; `"auto"` is `"thread"`. See {@linkcode BackendName}.
   *
   * @default "auto"
   */
  backend?: BackendName | "auto" | undefined;
  /** How much memory each worker may use. @default no limit */
  resourceLimits?: ResourceLimits | undefined;
  /** What the workers may do, on the process backend. @default nothing */
  permissions?: WorkerPermissions | undefined;
  /** For messages. @default "pool" and a number */
  name?: string | undefined;
}

/** The options of a pool with nothing left open. */
export interface PoolSettings {
  minWorkers: number;
  maxWorkers: number;
  idleTimeout: number;
  maxQueue: number;
  backend: BackendName;
  limits: ResourceLimits | undefined;
  permissions: WorkerPermissions | undefined;
  name: string;
}

/** How long an idle web worker is kept. */
const IDLE_WEB = 100;

let lastPool = 0;

/** Check the options of a pool, and fill in the defaults. */
export function settingsOf(options: WorkerPoolOptions): PoolSettings {
  const verb = "make a worker pool";
  const { size, maxQueue = Infinity, backend = "auto" } = options;
  const { idleTimeout = backend === "web" ? IDLE_WEB : Infinity } = options;
  if (size !== undefined) checkCount(verb, "size", size);
  const maxWorkers = options.maxWorkers ?? size ?? Math.max(navigator.hardwareConcurrency, options.minWorkers ?? 1);
  checkCount(verb, "maxWorkers", maxWorkers);
  // An idle web worker keeps the program alive, so none is kept.
  const minWorkers = options.minWorkers ?? (backend === "web" ? 0 : size ?? 0);
  checkCount(verb, "minWorkers", minWorkers, 0);
  if (minWorkers > maxWorkers) {
    throw new RangeError(
      `Cannot ${verb} as minWorkers is above maxWorkers: current values are ${minWorkers}, ${maxWorkers}`,
    );
  }
  checkMs(verb, idleTimeout);
  checkCount(verb, "maxQueue", maxQueue, 0);
  if (!["auto", "thread", "web", "process"].includes(backend)) {
    throw new TypeError(
      `Cannot ${verb} as backend must be "auto", "thread", "web" or "process": current value is ${
        inspectBriefly(backend)
      }`,
    );
  }
  if (options.permissions !== undefined && backend !== "process") {
    throw new TypeError(
      `Cannot ${verb} with permissions as only the "process" backend has them: current value is "${backend}"`,
    );
  }
  return {
    minWorkers,
    maxWorkers,
    idleTimeout,
    maxQueue,
    backend: backend === "auto" ? "thread" : backend,
    limits: limitsOf(options.resourceLimits),
    permissions: options.permissions,
    name: options.name ?? `pool-${++lastPool}`,
  };
}

function limitsOf(limits: ResourceLimits | undefined): ResourceLimits | undefined {
  if (limits === undefined) return undefined;
  const checked: Record<string, number> = {};
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue;
    checkCount("make a worker pool", `resourceLimits.${name}`, value);
    checked[name] = value;
  }
  return checked;
}

/** Check the options of a call. */
export function checkCallOptions({ timeout, queueTimeout, grace }: WorkerCallOptions): void {
  if (timeout !== undefined) checkMs("run in a worker", timeout);
  if (queueTimeout !== undefined) checkMs("run in a worker", queueTimeout);
  if (grace !== undefined) checkMs("run in a worker", grace);
}
