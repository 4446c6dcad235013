import { currentScope } from "../core/ambient.ts";
import { Call, type CallRequest } from "./call.ts";
import { Crew } from "./crew.ts";
import { type FunctionSource, sourceOf } from "./function_source.ts";
import { checkCallOptions, settingsOf, type WorkerCallOptions, type WorkerPoolOptions } from "./pool_options.ts";
import type { Task } from "../tasks/task.ts";
import { WorkerPoolError } from "./worker_error.ts";

/** Where the calling code called this package. */
// deno-lint-ignore ban-types -- any function, of which only the frame matters.
function siteOf(below: Function): Error {
  const site = {} as Error;
  Error.captureStackTrace(site, below);
  return site;
}

/** How long a cancelled function may take to clean up. */
const GRACE = 1_000;

/** A pool of workers. */
export class WorkerPool {
  readonly #crew: Crew;

  /**
   * Make a pool. Workers are started when they are needed.
   *
   * @param options How many workers, of which kind, with which limits.
   */
  constructor(options: WorkerPoolOptions = {}) {
    this.#crew = new Crew(settingsOf(options));
  }

  /**
   * Run a function in a worker.
   *
   * @param fn The function.
   * @param args Its arguments.
   * @param options Options.
   * @returns The task.
   */
  run<A extends unknown[], R>(
    fn: (...args: A) => R,
    args: A = [] as unknown[] as A,
    options: WorkerCallOptions = {},
  ): Task<Awaited<R>> {
    return this.#call(() => sourceOf(fn), args, options).task as Task<Awaited<R>>;
  }

  /**
   * Close the pool.
   *
   * @param options `force`: cancel what runs.
   */
  async close({ force = false }: { force?: boolean } = {}): Promise<void> {
    await this.#crew.close(force);
  }

  /** Close it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #call(findSource: () => FunctionSource, args: readonly unknown[], options: WorkerCallOptions): Call {
    let source: FunctionSource;
    let problem: unknown;
    try {
      source = findSource();
      if (!Array.isArray(args)) throw new TypeError("Cannot run in a worker as the arguments must be an array");
      checkCallOptions(options);
    } catch (error) {
      problem = error;
      source = { id: 0, code: ["source", "", ""], name: "" };
    }
    const request: CallRequest = {
      source,
      args,
      transfer: options.transfer,
      transferResult: options.transferResult ?? false,
      timeout: options.timeout,
      grace: options.grace ?? GRACE,
      name: options.name,
      signal: options.signal,
      stream: undefined,
      site: siteOf(this.#call),
    };
    const call = new Call(currentScope(), request, this.#crew);
    if (problem !== undefined) call.failBecause(problem);
    else if (!call.wanted) call.stoppedBy(undefined);
    else if (this.#crew.closed) call.failWith(new WorkerPoolError("Cannot run in a worker pool that was closed"));
    else this.#crew.enqueue(call);
    return call;
  }
}
