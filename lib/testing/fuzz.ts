import { checkCount } from "../core/checks.ts";
import { toError } from "../errors.ts";
import { Random, WakeOrder } from "./random.ts";
import { type TestClock, VirtualRoot } from "./virtual_root.ts";

/** Options of {@linkcode fuzz}. */
export interface FuzzOptions {
  /**
   * Of the first run; each run after it has the next number. A whole number from 0.
   *
   * @default 0
   */
  seed?: number | undefined;
  /**
   * How many orders to try, from 1.
   *
   * @default 100
   */
  runs?: number | undefined;
}

/**
 * Run a test again and again in virtual time, each time in another order: when several tasks are ready, which of them goes
 * on first is drawn by lot. A correct program works in any order; one that has a race fails in some.
 *
 * What is promised stays: a lock is granted first come, first served. But the code behind a grant may go on later than that
 * behind the next one, and what is due at the same time happens in any order.
 *
 * The same seed gives the same order, so that a failure can be looked at as often as it takes. As the order in which Trio
 * deliberately mixes its tasks.
 *
 * @example A race that is lost now and then
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { gather, sleep } from "@asyncio/toolkit";
 * import { fuzz } from "@asyncio/toolkit/testing";
 *
 * async function writeBoth() {
 *   const log: string[] = [];
 *   const write = (text: string) => sleep(10).then(() => log.push(text));
 *   await gather(() => write("first"), () => write("second"));
 *   assertEquals(log, ["first", "second"]);
 * }
 *
 * await assertRejects(() => fuzz({ runs: 20 }, writeBoth), Error, "seed");
 * ```
 *
 * @param options The first seed, and how many runs.
 * @param fn The test, called with the clock.
 * @throws {Error} When a run fails: the message has its seed, the `cause` is what the run threw.
 * @throws {RangeError} When `seed` or `runs` is out of range.
 */
export async function fuzz(options: FuzzOptions, fn: (clock: TestClock) => unknown): Promise<void> {
  const { seed = 0, runs = 100 } = options;
  checkCount("fuzz", "seed", seed, 0);
  checkCount("fuzz", "runs", runs);
  for (let each = seed; each < seed + runs; each++) {
    try {
      await new VirtualRoot({ wakeOrder: new WakeOrder(new Random(each)) }).run(fn);
    } catch (cause) {
      throw new Error(
        `Failed in run ${each - seed + 1} of ${runs}: replay it with { seed: ${each}, runs: 1 }\n${
          toError(cause).message
        }`,
        { cause },
      );
    }
  }
}
