import { currentScope } from "../core/ambient.ts";
import { errorForCaller } from "../core/cancellation.ts";
import { checkFunction, checkMs, inspectBriefly } from "../core/checks.ts";
import { Scope } from "../core/scope.ts";
import { refusal, type WaitOptions } from "../core/waiter.ts";
import { spawn } from "../tasks/create_task.ts";
import { misuse } from "../tasks/inputs.ts";
import { type CancelScope, lingeringBody, runBody } from "../tasks/owned.ts";
import { sleep } from "../tasks/sleep.ts";

/**
 * What {@linkcode every} does with a call whose time has come while the one before it still runs: `"skip"` leaves it out,
 * `"queue"` makes it right after the one before, `"concurrent"` makes it at once, beside the others.
 */
export type Overlap = "skip" | "queue" | "concurrent";

const OVERLAPS: readonly unknown[] = ["skip", "queue", "concurrent"] satisfies Overlap[];

/** Options of {@linkcode every}. */
export interface EveryOptions extends WaitOptions {
  /**
   * Make the first call at once, not after the first period.
   *
   * @default false
   */
  immediately?: boolean | undefined;
  /**
   * What to do when a call takes longer than a period.
   *
   * @default "skip"
   */
  overlap?: Overlap | undefined;
}

/**
 * Call a function every `ms` milliseconds, until the calling code is cancelled. It is a loop: `await` it, or give it a task
 * of its own, `createTask(() => every(1_000, tick))`, to go on beside it and to `cancel()` it.
 *
 * - The calls have their times at `ms`, 2 × `ms`, 3 × `ms`, … after the beginning, however long each of them takes: nothing
 *   adds up, not in ten thousand periods. A call may come late, as a timer does, but never early.
 * - Each call is a task: owned, handed its scope, and waited for when the loop ends.
 * - When a call takes longer than a period, `overlap` decides. `"skip"`: the times that it has covered are left out, and the
 *   next call comes at the next time that has not passed. `"queue"`: each of them is made up for, one after the other; calls
 *   that are always too slow fall behind without limit, which takes no memory. `"concurrent"`: each call starts at its time,
 *   beside those that still run, without limit.
 * - Times at which the event loop was blocked are left out, except with `"queue"`.
 * - A call that fails ends the loop with its error, as it would end a loop written by hand; others that run are cancelled and
 *   waited for.
 *
 * asyncio and Trio have no counterpart. tokio's `interval` makes up for what it has missed unless it is told otherwise, as
 * `"queue"` does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { every, moveOnAfter } from "@asyncio/toolkit";
 * import { virtualTime } from "@asyncio/toolkit/testing";
 *
 * await virtualTime(async (clock) => {
 *   const beats: number[] = [];
 *   await moveOnAfter(3_500, () => every(1_000, () => beats.push(clock.now()), { immediately: true }));
 *   assertEquals(beats, [0, 1_000, 2_000, 3_000]);
 * });
 * ```
 *
 * @example Beside other work, and stopped
 * ```ts
 * import { assert } from "@std/assert";
 * import { createTask, every, sleep } from "@asyncio/toolkit";
 *
 * let saved = 0;
 * const saving = createTask(() => every(5, () => saved++));
 * while (saved < 3) await sleep(5);
 * saving.cancel();
 * await saving.settled();
 * assert(saved >= 3);
 * ```
 *
 * @param ms The period in milliseconds, more than 0. With `Infinity` the time of the next call never comes.
 * @param fn Called with the scope that owns the call; what it returns is dropped.
 * @param options `immediately`, `overlap`; `signal`: ends the loop when it fires, with its reason.
 * @returns Never resolves.
 * @throws What a call has thrown.
 * @throws {CancelledError} When the calling task is cancelled.
 * @throws {RangeError} When `ms` is 0, negative or NaN.
 */
export async function every(
  ms: number,
  fn: (scope: CancelScope) => unknown,
  options: EveryOptions = {},
): Promise<never> {
  const parent = currentScope();
  const misused = misuse([], () => checkArguments(ms, fn, options));
  if (misused !== null) await misused;
  const refused = refusal(parent, options.signal);
  if (refused !== null) await refused;
  const scope = new EveryScope(parent);
  if (options.signal !== undefined) scope.cancelOn(options.signal);
  try {
    return await runBody(scope, () => callOnTime(scope, ms, fn, options));
  } catch (error) {
    throw errorForCaller(scope, scope.failed ? scope.failures[0] : error);
  }
}

function checkArguments(ms: unknown, fn: unknown, { overlap = "skip" }: EveryOptions): void {
  const verb = "call a function every so often";
  checkMs(verb, ms);
  if (ms === 0) throw new RangeError(`Cannot ${verb} as the period must be more than 0 ms: current value is 0`);
  checkFunction(verb, fn);
  if (OVERLAPS.includes(overlap)) return;
  throw new TypeError(
    `Cannot ${verb} as overlap must be "skip", "queue" or "concurrent": current value is ${inspectBriefly(overlap)}`,
  );
}

/** Where the calls of one loop live. */
class EveryScope extends Scope {
  /** First failure first, those included that came while the others were being cancelled. */
  readonly failures: unknown[] = [];
  /** Whether it was a failure that has ended the loop. */
  failed = false;

  override get kind(): string {
    return "every";
  }

  override get lingering(): string | null {
    return lingeringBody(this);
  }

  onFailure(error: unknown): void {
    this.failures.push(error);
    if (this.error !== null) return;
    this.failed = true;
    this.cancelBecause("Cancelled as another call of the same every() failed", error);
  }

  override close(): void {
    const winner = this.failed ? this.failures[0] : this.error;
    for (const loser of this.failures) this.root.supersede(winner, loser);
    super.close();
  }
}

/** Make the calls, each at its time: a multiple of the period after the start, reckoned anew each time, so that nothing adds up. */
async function callOnTime(
  scope: EveryScope,
  ms: number,
  fn: (scope: CancelScope) => unknown,
  { immediately = false, overlap = "skip" }: EveryOptions,
): Promise<never> {
  const { clock } = scope;
  const start = clock.now();
  let due = immediately ? 0 : 1;
  for (;;) {
    // Also a call that is late lets others have their turn first.
    if (due > 0) await sleep(Math.max(0, start + due * ms - clock.now()));
    const call = spawn(scope, fn, { eager: true }, (task) => {
      if (task.state !== "done") scope.onFailure(task.failure);
    });
    // Its error is seen to above. One that has swallowed its cancellation has ended like any other.
    if (overlap !== "concurrent") await call.settled();
    if (scope.error !== null) throw scope.error;
    due = overlap === "queue" ? due + 1 : Math.max(due + 1, firstFrom(clock.now(), start, ms));
  }
}

/** Which time of the grid comes next, at `now`; that is one of them itself. */
function firstFrom(now: number, start: number, ms: number): number {
  const passed = Math.floor((now - start) / ms);
  return start + passed * ms < now ? passed + 1 : passed;
}
