import { InvalidStateError, isCancellation, isError } from "../errors.ts";
import { currentScope, outermost } from "../core/ambient.ts";
import { checkFunction, inspectBriefly } from "../core/checks.ts";
import type { Thrown } from "../core/outcome.ts";
import { childrenEnded } from "../core/owned.ts";
import { RootScope, type Scope } from "../core/scope.ts";
import { describeUnawaited } from "../core/unawaited.ts";
import type { CancelScope, Owned } from "./owned.ts";
import { spawn } from "./create_task.ts";
import { drawTasksAndDeadlock, watchForDeadlock } from "./deadlock.ts";
import { creationSiteOf, debugRequested, startDebug } from "./debug.ts";
import { onEach, onSignals, reportUnimpressed } from "./signals.ts";
import { scopeOf, Task } from "./task.ts";
import type { TaskScope } from "./task_scope.ts";

/** Options of {@linkcode run}. */
export interface RunOptions {
  /**
   * Note where tasks are created and where they wait, for the task tree; report steps that hold the event loop for more
   * than 100 ms, and tasks that wait for each other for ever (see `deadlockReport`).
   *
   * @default whether the environment variable `ASYNCIO_DEBUG` is set, if it may be read
   */
  debug?: boolean | undefined;
  /**
   * Signals that end the program. Listeners of your own for the same signal are called as well; `[]` leaves all to them.
   *
   * @default ["SIGINT", "SIGTERM"]; on Windows ["SIGINT", "SIGBREAK"]
   */
  signals?: Deno.Signal[] | undefined;
}

/**
 * Run the main function of a program, and end cleanly: when it has ended, what it left behind is cancelled and waited
 * for, errors that could not be thrown are printed, and worker pools are closed. As `asyncio.run`.
 *
 * - The first Ctrl-C (or SIGTERM) cancels `main`: its `finally` blocks run, then the program exits with 130 (143). When
 *   `main` catches the cancellation and returns, the program goes on after `run`.
 * - When something waits for what knows nothing of cancellation, and so goes on, it is named, with the advice that a second
 *   one helps.
 * - The second leaves at once, and prints the tasks that were still running. So does the first when `main` has ended, and
 *   what it left behind takes its time.
 * - Work that is to be finished all the same runs in a `detached` task, which `main` waits for in its `finally` block, inside
 *   of a `shield`: see "Work that has to be finished" in the guide to servers, and `examples/drain.ts`.
 * - Ctrl-\ (SIGQUIT) prints them too, and the program goes on.
 * - When `main` fails, its error is thrown; uncaught, it ends the program with exit code 1.
 * - When a task fails and nobody will ever await it (see `createTask`), `main` is cancelled, and that error is thrown.
 *
 * A script needs no `run`: everything works at top level too. It is for programs that have to clean up.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTask, run, sleep } from "@asyncio/toolkit";
 *
 * const log: string[] = [];
 * const value = await run(async () => {
 *   createTask(() => sleep(60_000).finally(() => log.push("cleaned up")));
 *   await sleep(1);
 *   return 42;
 * });
 * assertEquals(value, 42);
 * assertEquals(log, ["cleaned up"]);
 * ```
 *
 * @typeParam T What `main` returns.
 * @param main The program, called with the scope that owns it.
 * @param options `debug`, `signals`.
 * @returns What `main` returned.
 * @throws What `main` threw.
 * @throws {InvalidStateError} When called inside another `run`.
 */
export function run<T>(main: Owned<T>, options?: RunOptions): Promise<T>;
/**
 * Run the main function of a program, one that returns now one type, now a promise of another, and end cleanly: what
 * it left behind is cancelled and waited for, and worker pools are closed.
 *
 * @typeParam R What `main` returns.
 * @param main The program, called with the scope that owns it.
 * @param options `debug`, `signals`.
 * @returns What `main` returned.
 */
export function run<R>(main: (scope: CancelScope) => R, options?: RunOptions): Promise<Awaited<R>>;
export async function run<T>(main: Owned<T>, options: RunOptions = {}): Promise<T> {
  checkFunction("run", main);
  const parent = currentScope();
  if (parent.root instanceof ProgramScope) throw new InvalidStateError("Cannot call run() as it is running already");
  // Before anything is started, since there may be no listening for such a signal.
  const signals = options.signals ?? DEFAULT_SIGNALS;
  const showTasks = () => console.error(drawTasksAndDeadlock(program));
  let stopReport = () => {};
  const interruption = onSignals(signals, {
    first(signal) {
      // With its function at an end there is nobody left to tell: all that is there is being ended.
      if (scopeOf(task).done || scopeOf(task).joining) return false;
      task.cancel(`received ${signal}`);
      stopReport = reportUnimpressed(program, signal);
      return true;
    },
    second: showTasks,
  });
  // None at all leaves this one, too, to others.
  const stopShowing = signals.length === 0 || signals.includes(SHOW) ? () => {} : onEach(SHOW, showTasks);
  const program = new ProgramScope(parent === outermost ? null : parent);
  const stopDebug = options.debug ?? debugRequested() ? watchProgram(program) : undefined;
  const task = program.main = spawn(program, main, { name: main.name || "main" });
  const onRejection = (event: PromiseRejectionEvent) => program.onRejection(event);
  addEventListener("unhandledrejection", onRejection);
  try {
    const outcome = await task.settled();
    const interrupted = interruption.exitCode !== undefined && outcome.status === "rejected" &&
      isCancellation(outcome.reason);
    const thrown = await program.end(outcome, interrupted);
    if (interrupted) Deno.exit(interruption.exitCode);
    if (thrown !== null) throw thrown.error;
    return (outcome as PromiseFulfilledResult<T>).value;
  } finally {
    interruption.stop();
    stopReport();
    stopShowing();
    stopDebug?.();
    removeEventListener("unhandledrejection", onRejection);
  }
}

/** Watch `program` until the function that this returns is called. */
function watchProgram(program: ProgramScope): () => void {
  const stopDebug = startDebug();
  const stopWatching = watchForDeadlock(program);
  return () => {
    stopDebug();
    stopWatching();
  };
}

/** What asks a program to end; Windows knows no SIGTERM. */
const DEFAULT_SIGNALS: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];

/** What asks for the task tree. */
const SHOW: Deno.Signal = "SIGQUIT";

/** How many different errors are printed in full at the end. */
const SHOWN = 20;

/** The root of a program: it collects what could not be thrown anywhere. */
class ProgramScope extends RootScope {
  main!: Task<unknown>;
  /** What is to be printed: the first of each that look the same, and how many there were. */
  readonly #superseded = new Map<string, { error: unknown; count: number }>();
  readonly #seen = new WeakSet<Error>();
  #count = 0;
  /** Errors of tasks that nobody will await. The first of them ends the program. */
  readonly #unawaited: unknown[] = [];

  override get kind(): string {
    return "run";
  }

  constructor(parent: Scope | null) {
    super(parent);
    this.onSuperseded = (error) => {
      // One that several were waiting for is still one.
      if (isError(error)) {
        if (this.#seen.has(error)) return;
        this.#seen.add(error);
      }
      this.#count++;
      const look = describe(error);
      const like = this.#superseded.get(look);
      // A program may run for months: the count is kept, the errors are not.
      if (like !== undefined) like.count++;
      else if (this.#superseded.size < SHOWN) this.#superseded.set(look, { error, count: 1 });
    };
    this.onUnawaited = (child) => {
      const site = creationSiteOf(child as TaskScope);
      console.error(describeUnawaited(child, site));
      this.#unawaited.push(child.failure);
      const main = scopeOf(this.main);
      if (!main.done) main.cancelBecause(`Cancelled as task "${child.name}" has failed unseen`, child.failure);
    };
  }

  /** A promise was rejected that nobody looks at. If it is a task of this program, that must not cost `main` its cleanup. */
  onRejection(event: PromiseRejectionEvent): void {
    if (event.defaultPrevented || this.closed || !(event.promise instanceof Task)) return;
    const task = scopeOf(event.promise);
    if (task.root !== this) return;
    event.preventDefault();
    this.onUnawaited!(task);
  }

  /** End what is left, and report. Returns what is to be thrown. */
  async end(outcome: PromiseSettledResult<unknown>, interrupted: boolean): Promise<Thrown | null> {
    const why = `Cancelled as "${this.main.name}" has ended`;
    await childrenEnded(this, () => {}, why);
    for (const error of await endProgram()) this.onSuperseded!(error);
    // What is closed then may have started something.
    await childrenEnded(this, () => this.close(), why);
    let thrown = outcome.status === "rejected" ? { error: outcome.reason } : null;
    const [first, ...others] = this.#unawaited;
    if (this.#unawaited.length > 0) {
      if (interrupted || (thrown !== null && !isCancellation(thrown.error))) others.unshift(first);
      else thrown = { error: first };
      for (const error of others) this.supersede(thrown?.error, error);
    }
    // What comes now is printed as it comes.
    this.onSuperseded = this.onUnawaited = null;
    this.#report();
    return thrown;
  }

  #report(): void {
    const count = this.#count;
    if (count === 0) return;
    console.error(count === 1 ? "1 error was superseded:" : `${count} errors were superseded:`);
    for (const { error, count } of this.#superseded.values()) {
      console.error(error);
      if (count > 1) console.error(`and ${count - 1} like it`);
    }
  }
}

/** How an error reads: those that read the same are printed once. */
function describe(error: unknown): string {
  try {
    return isError(error) ? `${error.name}: ${error.message}` : `${typeof error} ${inspectBriefly(error)}`;
  } catch {
    return "an error that cannot be read";
  }
}

/** What has to be closed when the program ends, known to `run` without knowing what it is: floors above register here. */
const closers = new Set<() => Promise<void> | void>();

/** Have `close` called when the program ends. Returns the function that takes it back. */
export function onProgramEnd(close: () => Promise<void> | void): () => void {
  closers.add(close);
  return () => closers.delete(close);
}

/** Close everything, the last opened first. An error of one does not keep the others open. */
export async function endProgram(): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const close of [...closers].reverse()) {
    closers.delete(close);
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}
