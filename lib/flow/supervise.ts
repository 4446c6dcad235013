import { isCancellation } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { errorForCaller } from "../core/cancellation.ts";
import { checkCount, checkFunction, checkMs, inspectBriefly } from "../core/checks.ts";
import { suppress } from "../core/linked_errors.ts";
import { Scope } from "../core/scope.ts";
import { refusal, type WaitOptions } from "../core/waiter.ts";
import { spawn } from "../tasks/create_task.ts";
import { misuse } from "../tasks/inputs.ts";
import { type CancelScope, lingeringBody, type Owned, runBody } from "../tasks/owned.ts";
import { sleep } from "../tasks/sleep.ts";
import { backoffDelay, type BackoffOptions, checkBackoff } from "./backoff.ts";
import { note } from "./retry.ts";

/** Options of {@linkcode supervise}. */
export interface SuperviseOptions extends WaitOptions {
  /**
   * When to start the function again: `"failure"`, when it has thrown; `"always"`, also when it has returned.
   *
   * @default "failure"
   */
  restart?: "failure" | "always" | undefined;
  /**
   * How long to wait before that. The waits begin anew after a run of at least `within`.
   *
   * @default 1000 ms, doubled each time up to 60000 ms, with full jitter
   */
  backoff?: BackoffOptions | undefined;
  /**
   * How often the function may be started again within `within`, from 0; `Infinity` for as often as it takes.
   *
   * @default 5
   */
  maxRestarts?: number | undefined;
  /**
   * The time in which restarts are counted, in milliseconds, more than 0; `Infinity` counts them all.
   *
   * @default 60000
   */
  within?: number | undefined;
  /**
   * Told of an end after which the function will be started again, with what it has thrown (`undefined` when it has returned),
   * how many restarts there will have been, and the wait before the next, in milliseconds. May be `async`. What it throws ends
   * the supervision.
   */
  onRestart?: ((error: unknown, restarts: number, delay: number) => unknown) | undefined;
}

/**
 * Run a function that is to keep running, a server or a connection, and start it again when it has failed.
 *
 * - Each run is a task: what it has started, and what it holds, has ended before the next begins. So each begins from nothing.
 * - It gives up when it would have to start the function more than `maxRestarts` times within `within` milliseconds: what
 *   fails at once, again and again, is not mended by that. Then it throws the last error as it is; `flattenErrors` finds those
 *   before it (a hundred, if there were more). That is the failure of the task around it, for whoever supervises that.
 * - A cancellation passes at once, whether the run or the wait is cancelled: it is never a reason to start again.
 *
 * As a supervisor of Erlang with one child, and its rule of restart intensity; `restart` is `transient` or `permanent` there.
 * asyncio and Trio have no counterpart.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { supervise } from "@asyncio/toolkit";
 *
 * const log: string[] = [];
 * async function connect() {
 *   if (log.length < 2) throw new Error("connection lost");
 *   return await Promise.resolve("said goodbye");
 * }
 * const end = await supervise(connect, {
 *   backoff: { minDelay: 1 },
 *   onRestart: (error) => log.push(String(error)),
 * });
 * assertEquals(end, "said goodbye");
 * assertEquals(log, ["Error: connection lost", "Error: connection lost"]);
 * ```
 *
 * @example Given up
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { supervise } from "@asyncio/toolkit";
 *
 * let runs = 0;
 * function crash(): never {
 *   throw new Error(`run ${++runs}`);
 * }
 * await assertRejects(() => supervise(crash, { maxRestarts: 2, backoff: { minDelay: 1 } }), Error, "run 3");
 * assertEquals(runs, 3);
 * ```
 *
 * @param fn The function, called with the scope that owns it.
 * @param options `restart: "always"`, and the others.
 * @returns Never resolves.
 * @throws The last error of the function, when it is given up. An `Error` that says so, when the function has returned.
 * @throws {CancelledError} When the calling task is cancelled.
 * @throws {TypeError | RangeError} When an option makes no sense.
 */
export function supervise(
  fn: (scope: CancelScope) => unknown,
  options: SuperviseOptions & { restart: "always" },
): Promise<never>;
/**
 * Run a function that is to keep running, and start it again when it has failed, until it returns.
 *
 * @typeParam T What the function returns.
 * @param fn The function, called with the scope that owns it.
 * @param options When, how soon and how often to start it again.
 * @returns What the function returns.
 */
export function supervise<T>(fn: Owned<T>, options?: SuperviseOptions): Promise<T>;
/**
 * Run a function that is to keep running, one that returns now one type, now a promise of another, and start it again when it
 * has failed, until it returns.
 *
 * @typeParam R What the function returns.
 * @param fn The function, called with the scope that owns it.
 * @param options When, how soon and how often to start it again.
 * @returns What the function returns.
 */
export function supervise<R>(fn: (scope: CancelScope) => R, options?: SuperviseOptions): Promise<Awaited<R>>;
export async function supervise<T>(fn: Owned<T>, options: SuperviseOptions = {}): Promise<T> {
  const misused = misuse([fn], () => check(fn, options));
  if (misused !== null) await misused;
  const parent = currentScope();
  const refused = refusal(parent, options.signal);
  if (refused !== null) await refused;
  const scope = new SupervisorScope(parent);
  if (options.signal !== undefined) scope.cancelOn(options.signal);
  try {
    return await runBody(scope, () => keepRunning(scope, fn, options));
  } catch (error) {
    throw errorForCaller(scope, error);
  }
}

/** Where the runs live. */
class SupervisorScope extends Scope {
  override get kind(): string {
    return "supervisor";
  }

  override get lingering(): string | null {
    return lingeringBody(this);
  }
}

async function keepRunning<T>(scope: Scope, fn: Owned<T>, options: SuperviseOptions): Promise<T> {
  const { restart = "failure", backoff = {}, within = 60_000, onRestart } = options;
  const intensity = new Intensity(options.maxRestarts ?? 5, within);
  /** Those of the runs that have ended too soon, one after the other. */
  let failures: unknown[] = [];
  try {
    for (let restarts = 1, inARow = 1;; restarts++, inARow++) {
      const since = scope.clock.now();
      const end = await runOnce(scope, fn);
      if (end.status === "fulfilled" && restart !== "always") return end.value;
      const error = end.status === "rejected" ? end.reason : undefined;
      if (end.status === "rejected" && (scope.error !== null || isCancellation(error))) throw error;
      if (scope.error !== null) throw scope.error;
      const now = scope.clock.now();
      if (now - since >= within) [failures, inARow] = [[], 1];
      if (intensity.isTooHigh(now)) throw end.status === "rejected" ? error : endedTooOften(fn, options);
      if (end.status === "rejected") note(failures, error);
      const delay = backoffDelay(inARow, backoff);
      await onRestart?.(error, restarts, delay);
      await sleep(delay);
    }
  } catch (error) {
    for (const failure of failures) suppress(error, failure);
    throw error;
  }
}

/** A task for each run, so that what one holds, a lock, is not held by the next. */
function runOnce<T>(scope: Scope, fn: Owned<T>): Promise<PromiseSettledResult<T>> {
  return spawn(scope, fn, { eager: true }, () => {}).settled();
}

/** How many restarts there have been of late: the rule of Erlang's supervisors. */
class Intensity {
  readonly #most: number;
  readonly #within: number;
  /** When, the latest last. */
  #times: number[] = [];

  constructor(most: number, within: number) {
    this.#most = most;
    this.#within = within;
  }

  /** Count a restart at `now`. Whether that is one too many. */
  isTooHigh(now: number): boolean {
    if (this.#most === Infinity) return false;
    this.#times = this.#times.filter((time) => now - time < this.#within);
    this.#times.push(now);
    return this.#times.length > this.#most;
  }
}

function endedTooOften(fn: unknown, { maxRestarts = 5, within = 60_000 }: SuperviseOptions): Error {
  return new Error(
    `Cannot keep ${inspectBriefly(fn)} running as it has returned too often: ` +
      `current value is more than ${maxRestarts} restarts within ${within} ms`,
  );
}

/** @throws {TypeError | RangeError} When an argument makes no sense. */
function check(fn: unknown, options: SuperviseOptions): void {
  const verb = "supervise";
  checkFunction(verb, fn);
  const { restart = "failure", backoff = {}, maxRestarts = 0, within = 1, onRestart } = options;
  if (restart !== "failure" && restart !== "always") {
    throw new TypeError(
      `Cannot ${verb} as restart must be "failure" or "always": current value is ${inspectBriefly(restart)}`,
    );
  }
  checkBackoff(verb, backoff);
  checkCount(verb, "maxRestarts", maxRestarts, 0);
  checkMs(verb, within);
  if (within === 0) throw new RangeError(`Cannot ${verb} as within must be more than 0 ms: current value is 0`);
  if (onRestart !== undefined) checkFunction(`${verb} with onRestart`, onRestart);
}
