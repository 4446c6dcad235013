/** The errors of workers, as far as they are not those of the functions that ran in them. */

import { type Stopped, TimeoutError } from "../../errors.ts";

export type { Stopped };

/**
 * Something went wrong with a worker, rather than in the function that ran in it. The base class of its kinds.
 *
 * @example A function that ends its own worker
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { runInWorker, WorkerError, WorkerExitedError } from "@asyncio/toolkit";
 *
 * const error = await runInWorker(() => Deno.exit(3)).catch((error) => error);
 * assertEquals(error instanceof WorkerError, true);
 * assertEquals(error instanceof WorkerExitedError && error.code, 3);
 * assertEquals(await runInWorker(() => "the pool is well"), "the pool is well");
 * ```
 */
export class WorkerError extends Error {
  /** The name of the class. */
  override readonly name: string = "WorkerError";

  /**
   * A `WorkerTimeoutError` is one as well, although it is a `TimeoutError` first.
   *
   * @param value Anything.
   * @returns Whether it is one.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Function.prototype[Symbol.hasInstance].call(this, value) ||
      (this === WorkerError && value instanceof WorkerTimeoutError);
  }
}

/**
 * The function ended its worker: by `Deno.exit()`, `process.exit()` or `self.close()`.
 *
 * @example The exit code
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { runInWorker, WorkerExitedError } from "@asyncio/toolkit";
 *
 * const error = await runInWorker(() => Deno.exit(3)).catch((error) => error);
 * assert(error instanceof WorkerExitedError);
 * assertEquals(error.code, 3);
 * ```
 */
export class WorkerExitedError extends WorkerError {
  /** `"WorkerExitedError"` */
  override readonly name = "WorkerExitedError";
  /** The exit code; `undefined` where the platform does not tell. */
  readonly code: number | undefined;

  /**
   * Make one.
   *
   * @param message What has happened.
   * @param code The exit code.
   */
  constructor(message: string, code?: number) {
    super(message);
    this.code = code;
  }
}

/**
 * An error that nothing caught ended the worker while the function ran; it is the `cause`.
 *
 * @example Thrown in a timer, where nothing catches it
 * ```ts
 * import { assert } from "@std/assert";
 * import { runInWorker, WorkerCrashedError } from "@asyncio/toolkit";
 *
 * const error = await runInWorker(() => {
 *   setTimeout(() => {
 *     throw new RangeError("from a timer");
 *   }, 0);
 *   return new Promise(() => {});
 * }).catch((error) => error);
 * assert(error instanceof WorkerCrashedError);
 * assert(error.cause instanceof RangeError);
 * ```
 */
export class WorkerCrashedError extends WorkerError {
  /** `"WorkerCrashedError"` */
  override readonly name = "WorkerCrashedError";
}

/**
 * The worker used more memory than it may, and was stopped.
 *
 * @example A process that hoards
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { WorkerOutOfMemoryError, WorkerPool } from "@asyncio/toolkit";
 *
 * await using pool = new WorkerPool({ backend: "process", size: 1, resourceLimits: { maxOldGenerationSizeMb: 32 } });
 * await assertRejects(() =>
 *   pool.run(() => {
 *     const hoard: number[][] = [];
 *     for (;;) hoard.push(new Array(100_000).fill(hoard.length));
 *   }), WorkerOutOfMemoryError);
 * ```
 */
export class WorkerOutOfMemoryError extends WorkerError {
  /** `"WorkerOutOfMemoryError"` */
  override readonly name = "WorkerOutOfMemoryError";
}

/**
 * A worker could not be started, or the code of a function or module could not be loaded into it: see `cause`.
 *
 * @example A module that is not there
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { workerModule, WorkerLoadError } from "@asyncio/toolkit";
 *
 * const missing = workerModule<{ run(): number }>(new URL("./missing.ts", import.meta.url));
 * await assertRejects(() => missing.run(), WorkerLoadError);
 * ```
 */
export class WorkerLoadError extends WorkerError {
  /** `"WorkerLoadError"` */
  override readonly name = "WorkerLoadError";
}

/** Names that compilers give to what they put beside the code. */
const HELPER =
  /^(_{1,2}(apply_decs|ts_|decorate|esDecorate|runInitializers|awaiter|spread|rest|param|metadata)|_async_|_class_)/;

/**
 * The function uses a variable that lies outside of it, and so does not exist in the worker.
 *
 * @example The variable is named
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { runInWorker, WorkerClosureError } from "@asyncio/toolkit";
 *
 * const factor = 3;
 * const error = await runInWorker((n: number) => n * factor, [14]).catch((error) => error);
 * assert(error instanceof WorkerClosureError);
 * assertEquals(error.variable, "factor");
 * ```
 */
export class WorkerClosureError extends WorkerError {
  /** `"WorkerClosureError"` */
  override readonly name = "WorkerClosureError";
  /** The name of the variable. */
  readonly variable: string;

  /**
   * Make one.
   *
   * @param fn The name of the function; `""` when it has none.
   * @param variable The name of the variable.
   * @param options `cause`: the `ReferenceError`.
   */
  constructor(fn: string, variable: string, options?: ErrorOptions) {
    const what = `Cannot run ${fn === "" ? "the function" : `function ${fn}`} in a worker as it uses `;
    super(
      HELPER.test(variable)
        ? `${what}"${variable}", to which its syntax (decorators, for instance) was compiled, and which does not exist ` +
          `there: put the function into a module, and call that with workerModule()`
        : `${what}the outer variable "${variable}", which does not exist there: pass it as an argument, ` +
          `runInWorker((${variable}) => …, [${variable}]), or put the function into a module that has it, and call that ` +
          `with workerModule()`,
      options,
    );
    this.variable = variable;
  }
}

/**
 * An argument or a result holds something that cannot be copied to another worker. Bears the platform's name for it.
 *
 * @example The place is named
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { runInWorker, WorkerDataError } from "@asyncio/toolkit";
 *
 * const error = await runInWorker((value: unknown) => value, [{ list: [1, new WeakMap()] }]).catch((error) => error);
 * assert(error instanceof WorkerDataError);
 * assertEquals(error.path, "argument 0.list[1]");
 * ```
 */
export class WorkerDataError extends WorkerError {
  /** `"DataCloneError"` */
  override readonly name = "DataCloneError";
  /** Where it is, as `"argument 1.options.onDone"`. */
  readonly path: string;

  /**
   * Make one.
   *
   * @param path Where it is.
   * @param what What it is.
   * @param options `cause`: what the platform said.
   */
  constructor(path: string, what: string, options?: ErrorOptions) {
    super(`Cannot copy ${path} to another worker as ${what} cannot be cloned`, options);
    this.path = path;
  }
}

/**
 * The pool has as many calls waiting as it may, or is closed; or workers are eight deep inside of each other.
 *
 * @example A pool that is closed
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { WorkerPool, WorkerPoolError } from "@asyncio/toolkit";
 *
 * const pool = new WorkerPool({ size: 1 });
 * await pool.close();
 * await assertRejects(() => pool.run(() => 1), WorkerPoolError);
 * ```
 */
export class WorkerPoolError extends WorkerError {
  /** `"WorkerPoolError"` */
  override readonly name = "WorkerPoolError";
}

/**
 * The `timeout` of a call has run out, or its `queueTimeout`; `stopped` says how its work was ended. It is a
 * `TimeoutError` and a `WorkerError`.
 *
 * @example A loop that never looks up
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { isTimeout, runInWorker, WorkerTimeoutError } from "@asyncio/toolkit";
 *
 * const error = await runInWorker(() => {
 *   for (;;);
 * }, [], { timeout: 50 }).catch((error) => error);
 * assert(error instanceof WorkerTimeoutError && isTimeout(error));
 * assertEquals(error.stopped, "terminated");
 * ```
 */
export class WorkerTimeoutError extends TimeoutError {
  /** How the work was ended; `undefined` when it never began, as the call waited too long for a worker. */
  readonly stopped: Stopped | undefined;

  /**
   * Make one.
   *
   * @param message What took too long.
   * @param stopped How the work was ended, if it had begun.
   * @param options `cause`: the error that ended the function.
   */
  constructor(message: string, stopped?: Stopped, options?: ErrorOptions) {
    super(message, options);
    this.stopped = stopped;
  }
}
