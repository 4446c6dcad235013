import { checkCount, checkMs, inspectBriefly } from "../../core/checks.ts";
import { outside } from "../../core/context.ts";
import type { WaitOptions } from "../../core/waiter.ts";
import type { Backend, BackendName, ResourceLimits, WorkerPermissions } from "../backends/backend.ts";
import type { ErrorClass } from "../call/call_error.ts";
import { type FunctionSource, sourceOf } from "../call/function_source.ts";
import type { Stopped } from "../call/worker_error.ts";

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
  /**
   * Classes of errors that are these also when they were thrown in the worker: an error whose class has the name of one of
   * them, there, is of that class, here, with its fields. Its constructor is not called, so there is nothing `#private` in
   * it. Built-in classes, and those of the toolkit, need not be named.
   *
   * @default those of the pool
   */
  errors?: readonly (abstract new (...args: never[]) => Error)[] | undefined;
}

/** Options of `WorkerPool.map`. */
export interface WorkerMapOptions extends WorkerCallOptions {
  /** How many items may be in hand at a time. @default twice as many as there are workers */
  concurrency?: number | undefined;
}

/** Options of `WorkerPool.mapConcurrent`. */
export interface WorkerMapConcurrentOptions extends WorkerMapOptions {
  /** Yield in the order of the items. Otherwise in the order of completion, which never waits for a slow one. @default true */
  ordered?: boolean | undefined;
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
  /**
   * How many calls a worker makes, from 1; then it ends, and another takes its place, which is started before that where
   * calls wait. Against what leaks. As `max_tasks_per_child` of Python's pools.
   *
   * @default Infinity
   */
  maxCalls?: number | undefined;
  /**
   * Bytes of heap, from 1, at which a worker makes no more calls: it ends when those that it has have ended, and another
   * takes its place. Looked at when it has nothing to do, and ten times a second while it has; what is garbage, but not
   * collected yet, counts. Not a limit to what a call may use: that is `resourceLimits`.
   *
   * @default Infinity
   */
  maxHeap?: number | undefined;
  /**
   * Run in each worker before its first call, and waited for: a function that stands alone, or one of a module
   * (`workerModule`). What it puts on `globalThis`, calls find there; what it returns is dropped. If it fails, its worker
   * cannot be used, and the calls that wait reject with a `WorkerLoadError` whose `cause` is the failure, unless another
   * worker can make them; the next call tries again.
   */
  // deno-lint-ignore no-explicit-any -- its arguments are those of `initArgs`, which a type cannot say here.
  initializer?: ((...args: any[]) => unknown) | undefined;
  /** The arguments of `initializer`; they are copied. @default none */
  initArgs?: readonly unknown[] | undefined;
  /** Classes of errors that are these also when they were thrown in a worker; see `WorkerCallOptions`. @default none */
  errors?: readonly (abstract new (...args: never[]) => Error)[] | undefined;
  /** How much memory each worker may use. @default no limit */
  resourceLimits?: ResourceLimits | undefined;
  /** What the workers may do, on the process backend. @default nothing */
  permissions?: WorkerPermissions | undefined;
  /** For messages. @default "pool" and a number */
  name?: string | undefined;
}

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

/** The options of a pool with nothing left open. */
export interface PoolSettings {
  minWorkers: number;
  maxWorkers: number;
  idleTimeout: number;
  maxQueue: number;
  backend: Backend;
  maxCalls: number;
  maxHeap: number;
  initializer: Initializer | undefined;
  errors: readonly ErrorClass[];
  limits: ResourceLimits | undefined;
  permissions: WorkerPermissions | undefined;
  name: string;
}

/** What is run in each worker first. */
export interface Initializer {
  readonly source: FunctionSource;
  readonly args: readonly unknown[];
}

// What starts a worker, and the program that runs inside, is code with the first worker: a program that has none is spared a
// tenth of the modules. Named in literals, so that it is read with all the rest, and needs no permission then. And
// outside of all contexts: Deno 2.9.6 goes on in the one where a module was first imported with whatever it calls by itself, as
// the next test, or a listener: that would have been in a task which is over.
const thread: Backend = {
  name: "thread",
  shares: true,
  start: async (options, listener) =>
    (await outside(() => import("../backends/thread.ts"))).startThread(options, listener),
};

const web: Backend = {
  name: "web",
  shares: true,
  start: async (options, listener) => (await outside(() => import("../backends/web.ts"))).startWeb(options, listener),
};

const process: Backend = {
  name: "process",
  shares: false,
  start: async (options, listener) =>
    (await outside(() => import("../backends/process.ts"))).startProcess(options, listener),
};

const BACKENDS: Readonly<Record<BackendName | "auto", Backend>> = { auto: thread, thread, web, process };

/** How long an idle web worker is kept. */
const IDLE_WEB = 100;

let lastPool = 0;

/** Check the options of a pool, and fill in the defaults. */
export function settingsOf(options: WorkerPoolOptions): PoolSettings {
  const verb = "make a worker pool";
  const { size, maxQueue = Infinity, maxCalls = Infinity, maxHeap = Infinity, backend = "auto", errors = [] } = options;
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
  checkCount(verb, "maxCalls", maxCalls);
  checkCount(verb, "maxHeap", maxHeap);
  checkErrors(verb, errors);
  if (!Object.hasOwn(BACKENDS, backend)) {
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
    maxCalls,
    maxHeap,
    initializer: initializerOf(verb, options),
    errors,
    backend: BACKENDS[backend],
    limits: limitsOf(options.resourceLimits),
    permissions: options.permissions,
    name: options.name ?? `pool-${++lastPool}`,
  };
}

function initializerOf(verb: string, { initializer, initArgs }: WorkerPoolOptions): Initializer | undefined {
  if (initArgs !== undefined && !Array.isArray(initArgs)) {
    throw new TypeError(`Cannot ${verb} as initArgs must be an array: current value is ${inspectBriefly(initArgs)}`);
  }
  if (initializer !== undefined) return { source: sourceOf(initializer, verb), args: initArgs ?? [] };
  if (initArgs === undefined) return undefined;
  throw new TypeError(`Cannot ${verb} with initArgs as there is no initializer: current value is undefined`);
}

function checkErrors(verb: string, errors: readonly unknown[]): void {
  if (!Array.isArray(errors)) {
    throw new TypeError(`Cannot ${verb} as errors must be an array: current value is ${inspectBriefly(errors)}`);
  }
  const names = new Set<string>();
  for (const each of errors) {
    if (typeof each !== "function" || !(each.prototype instanceof Error) || each.name === "") {
      throw new TypeError(
        `Cannot ${verb} as errors must hold classes that extend Error, with names: current value is ${
          inspectBriefly(each)
        }`,
      );
    }
    if (names.has(each.name)) {
      throw new TypeError(`Cannot ${verb} as errors holds two classes of one name: current value is "${each.name}"`);
    }
    names.add(each.name);
  }
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
export function checkCallOptions({ timeout, queueTimeout, grace, errors }: WorkerCallOptions): void {
  if (timeout !== undefined) checkMs("run in a worker", timeout);
  if (queueTimeout !== undefined) checkMs("run in a worker", queueTimeout);
  if (grace !== undefined) checkMs("run in a worker", grace);
  if (errors !== undefined) checkErrors("run in a worker", errors);
}
