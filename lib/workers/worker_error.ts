/** The errors of workers, as far as they are not those of the functions that ran in them. */

import { TimeoutError } from "../errors.ts";

/**
 * How the work in a worker was ended: `"cooperative"` (the function saw its cancellation and ended), `"terminated"` (its
 * thread was ended, and is verified to be gone), `"killed"` (its process was), or `"abandoned"`: it could not be stopped,
 * and goes on using a core until the program ends.
 */
export type Stopped = "cooperative" | "terminated" | "killed" | "abandoned";

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
}

/** The function ended its worker: by `Deno.exit()`, `process.exit()` or `self.close()`. */
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

/** An error that nothing caught ended the worker while the function ran; it is the `cause`. */
export class WorkerCrashedError extends WorkerError {
  /** `"WorkerCrashedError"` */
  override readonly name = "WorkerCrashedError";
}

/** The worker used more memory than it may, and was stopped. */
export class WorkerOutOfMemoryError extends WorkerError {
  /** `"WorkerOutOfMemoryError"` */
  override readonly name = "WorkerOutOfMemoryError";
}

/** A worker could not be started, or the code of a function or module could not be loaded into it: see `cause`. */
export class WorkerLoadError extends WorkerError {
  /** `"WorkerLoadError"` */
  override readonly name = "WorkerLoadError";
}

/** The function uses a variable that lies outside of it, and so does not exist in the worker. */
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
    super(
      `Cannot run ${fn === "" ? "the function" : `function ${fn}`} in a worker as it uses the outer variable ` +
        `"${variable}", which does not exist there: pass it as an argument, runInWorker((${variable}) => …, ` +
        `[${variable}]), or put the function into a module that has it, and call that with workerModule()`,
      options,
    );
    this.variable = variable;
  }
}

/** An argument or a result holds something that cannot be copied to another worker. Bears the platform's name for it. */
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

/** The pool has as many calls waiting as it may, the pool is closed. */
export class WorkerPoolError extends WorkerError {
  /** `"WorkerPoolError"` */
  override readonly name = "WorkerPoolError";
}

/** The `timeout` of a call has run out, or its `queueTimeout`; `stopped` says how its work was ended. */
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
