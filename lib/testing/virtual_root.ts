import { InvalidStateError } from "../errors.ts";
import { currentScope, outermost } from "../core/ambient.ts";
import { checkFunction } from "../core/checks.ts";
import { childrenEnded } from "../core/owned.ts";
import { realTime } from "../core/platform.ts";
import { RootScope, type Scope, type Waiting } from "../core/scope.ts";
import { spawn } from "../tasks/create_task.ts";
import { drawTasksAndDeadlock } from "../tasks/deadlock.ts";
import type { WakeOrder } from "./random.ts";
import { VirtualClock } from "./virtual_clock.ts";
import { followClock, holdForFetch } from "./virtual_globals.ts";

/** How long, in real milliseconds, all tasks may wait for each other before that counts as a deadlock. */
const PATIENCE = 1_000;

/** What a test sees of its clock. */
export interface TestClock {
  /** Milliseconds since the test began. */
  now(): number;

  /**
   * Let time pass: everything that is due by then happens, in order of its time, and has been dealt with when this
   * resolves. With 0, everything that can happen without time passing.
   *
   * @param ms Milliseconds, 0 or more.
   * @returns Resolves when all tasks are blocked again, and the time has come.
   * @throws {RangeError} When `ms` is negative, infinite or NaN.
   * @throws {CancelledError} When the calling task is cancelled.
   */
  advance(ms: number): Promise<void>;

  /**
   * Make time stand still until a promise settles: for real work that the toolkit cannot know of.
   *
   * @typeParam P Type of the promise.
   * @param promise What to wait for.
   * @returns The same promise.
   */
  hold<P extends PromiseLike<unknown>>(promise: P): P;
}

/** What a {@linkcode VirtualRoot} is made with. */
export interface VirtualRootOptions {
  /** Whether only `advance` lets time pass. */
  manual?: boolean | undefined;
  /** Whether the timers and dates of the platform follow the clock. */
  globals?: boolean | undefined;
  /** Permutes what happens at the same time. */
  wakeOrder?: WakeOrder | undefined;
  /** Called when the function has ended, before what it left behind is. */
  onMainEnd?: ((root: VirtualRoot) => void) | undefined;
}

/** What a test runs in: a root of its own, with a clock of its own. */
export class VirtualRoot extends RootScope {
  /** Its `clock`, with what only tests need. */
  readonly virtual: VirtualClock;
  readonly #options: VirtualRootOptions;
  #deadlock: InvalidStateError | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: VirtualRootOptions = {}) {
    const parent = currentScope();
    const clock = new VirtualClock({ ...options, onStuck: () => this.#watch() });
    super(parent === outermost ? null : parent, clock);
    this.virtual = clock;
    this.#options = options;
  }

  override get kind(): string {
    return "virtual time";
  }

  /** Run `fn` as a task, end what is left of it, and end the clock with it. */
  async run<T>(fn: (clock: TestClock) => T | PromiseLike<T>): Promise<T> {
    checkFunction("run in virtual time", fn);
    const restore = [holdForFetch()];
    if (this.#options.globals) restore.push(followClock(this.virtual));
    const task = spawn(this, () => fn(testClock(this.virtual)), { name: fn.name || "main" });
    try {
      return await task;
    } catch (error) {
      throw this.#deadlock ?? error;
    } finally {
      this.#options.onMainEnd?.(this);
      await childrenEnded(this, () => this.#end(), `Cancelled as "${task.name}" has ended`);
      for (const each of restore) each();
    }
  }

  #end(): void {
    realTime.clearTimeout(this.#timer);
    this.virtual.stop();
    this.close();
  }

  /** Nothing can happen any more, as far as the clock can see. But something from outside may still come. */
  #watch(): void {
    if (this.#timer !== undefined || this.closed) return;
    const blocked = blockedWaits(this);
    // Code that waits for something unknown may be right. If it is not, the runtime says so when its loop is empty.
    if (blocked === null) return;
    this.#timer = realTime.setTimeout(() => {
      this.#timer = undefined;
      if (sameWaits(blocked, blockedWaits(this))) this.#giveUp();
      else this.#watch();
    }, PATIENCE);
  }

  #giveUp(): void {
    this.#deadlock = new InvalidStateError(
      `Cannot go on as every task waits for another. One that waits for something outside of the test must say so: ` +
        `with clock.hold(promise).\n${drawTasksAndDeadlock(this)}`,
    );
    this.cancelBecause("Cancelled as every task waits for another", this.#deadlock);
  }
}

/** Show a test what it needs of its clock. */
function testClock(clock: VirtualClock): TestClock {
  return {
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    hold(promise) {
      const release = clock.hold();
      promise.then(release, release);
      return promise;
    },
  };
}

function sameWaits(before: Waiting[], now: Waiting[] | null): boolean {
  return now !== null && now.length === before.length && now.every((wait, index) => wait === before[index]);
}

/**
 * The waits that everything below `root` is blocked in, or `null` when something is not: code that awaits a promise
 * which the toolkit does not know of looks as if it ran.
 */
export function blockedWaits(root: Scope): Waiting[] | null {
  const waits: Waiting[] = [];
  const stack: Scope[] = [root];
  for (let scope = stack.pop(); scope !== undefined; scope = stack.pop()) {
    if (scope.firstWaiting === null && scope.firstChild === null) return null;
    for (let wait = scope.firstWaiting; wait !== null; wait = wait.after) waits.push(wait);
    for (let child = scope.firstChild; child !== null; child = child.nextSibling) stack.push(child);
  }
  return waits;
}
