// Exercise 1, measured: see `examples/delay_simulation.ts` for the exercise itself.

import { gather } from "../tasks/gather.ts";
import { sleep } from "../tasks/sleep.ts";

/** One call of a round; times in milliseconds from the start of the round. */
export interface Call {
  name: string;
  start: number;
  end: number;
  answer: string;
}

/** The calls of a round, in the order in which they were made. */
export interface Round {
  ms: number;
  calls: Call[];
}

/** What the exercise found out. */
export interface DelayReport {
  delays: readonly number[];
  sequential: Round;
  concurrent: Round;
  savedMs: number;
}

/** Delays of the three calls, in milliseconds. */
export const DELAYS = [1000, 2000, 3000] as const;

/** Make the three calls one by one, then all at once. `say` is told what happens when it happens. */
export async function simulateDelays(
  [user, orders, weather]: readonly [number, number, number] = DELAYS,
  say: (line: string) => void = () => {},
): Promise<DelayReport> {
  const sequential = await time("one by one", say, async (call) => {
    await call("user", user, "Ada");
    await call("orders", orders, "3 orders");
    await call("weather", weather, "sunny");
  });
  const concurrent = await time("at once", say, async (call) => {
    // Tasks are named after their functions.
    const callUser = () => call("user", user, "Ada");
    const callOrders = () => call("orders", orders, "3 orders");
    const callWeather = () => call("weather", weather, "sunny");
    await gather(callUser, callOrders, callWeather);
  });
  const savedMs = sequential.ms - concurrent.ms;
  return { delays: [user, orders, weather], sequential, concurrent, savedMs };
}

/** Time a round, and each call in it. */
async function time(
  how: string,
  say: (line: string) => void,
  round: (call: (name: string, ms: number, answer: string) => Promise<void>) => Promise<void>,
): Promise<Round> {
  const begin = performance.now();
  const calls: Call[] = [];

  async function call(name: string, ms: number, answer: string): Promise<void> {
    const made: Call = { name, start: performance.now() - begin, end: 0, answer: "" };
    calls.push(made);
    made.answer = await sleep(ms, answer);
    made.end = performance.now() - begin;
    say(`${how}: ${name} answered "${answer}" after ${Math.round(made.end)} ms`);
  }

  await round(call);
  return { ms: performance.now() - begin, calls };
}
