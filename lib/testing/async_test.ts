import { endProgram } from "../tasks/run.ts";
import { LeakCheck } from "./leak_check.ts";
import { type TestClock, VirtualRoot } from "./virtual_root.ts";
import type { VirtualTimeOptions } from "./virtual_time.ts";

/** Options of {@linkcode asyncTest}: those of `Deno.test`, and of `virtualTime`. */
export interface AsyncTestOptions extends VirtualTimeOptions, Omit<Deno.TestDefinition, "name" | "fn"> {}

/**
 * Register a test, as `Deno.test` does, that runs in virtual time, and fails when something that it began outlives it: a
 * detached task, a wait that nobody awaits, a timer (with `globals`), a worker pool that was not closed, a `Worker` that was
 * not terminated. The message says what it is, and where it was made.
 *
 * Children that the test's own tasks leave behind are none of these: they are cancelled and waited for, as always. The pool
 * of `runInWorker` is closed at the end, as by `run`.
 *
 * A worker of `node:worker_threads` that was made by hand is not seen. With `@std/testing/bdd`, use
 * `it(name, () => virtualTime(fn))`.
 *
 * @example Beside a plain test
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sleep, timeout } from "@asyncio/toolkit";
 * import { asyncTest } from "@asyncio/toolkit/testing";
 *
 * const HOUR = 3_600_000;
 *
 * asyncTest("a report is ready within the hour", async (clock) => {
 *   await timeout(HOUR, () => sleep(HOUR / 2));
 *   assertEquals(clock.now(), HOUR / 2);
 * });
 *
 * Deno.test("an hour is no day", () => assertEquals(86_400_000 / HOUR, 24));
 * ```
 *
 * @param name Of the test.
 * @param fn The test, called with its clock and the context of `Deno.test`.
 * @param options Those of `Deno.test`, without name and function; `manual`, `globals`.
 */
export function asyncTest(
  name: string,
  fn: (clock: TestClock, context: Deno.TestContext) => unknown,
  options: AsyncTestOptions = {},
): void {
  const { manual, globals, ...definition } = options;
  Deno.test({ ...definition, name, fn: (context) => runChecked((clock) => fn(clock, context), { manual, globals }) });
}

/** Run `fn` in virtual time, and check that nothing outlives it. */
export async function runChecked(fn: (clock: TestClock) => unknown, options: VirtualTimeOptions): Promise<void> {
  const check = new LeakCheck();
  try {
    const root = new VirtualRoot({ ...options, onMainEnd: (root) => check.end(root) });
    check.begin(root);
    await root.run(fn);
    for (const error of await endProgram()) throw error;
  } catch (error) {
    // What is left is of no interest when the test has failed anyway.
    check.stop();
    throw error;
  }
  check.finish();
}
