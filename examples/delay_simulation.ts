// Exercise 1, delay simulation: three functions that wait as API calls do, one by one and all at once. One by one
// takes the sum of the delays, at once takes the longest.
//
// Run: deno run examples/delay_simulation.ts 100 200 300

import { gather, run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

async function fetchUser(ms: number): Promise<string> {
  await sleep(ms);
  return "Ada";
}

async function fetchOrders(ms: number): Promise<string> {
  await sleep(ms);
  return "3 orders";
}

async function fetchWeather(ms: number): Promise<string> {
  await sleep(ms);
  return "sunny";
}

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
    await call("user", () => fetchUser(user));
    await call("orders", () => fetchOrders(orders));
    await call("weather", () => fetchWeather(weather));
  });
  const concurrent = await time("at once", say, async (call) => {
    // Tasks are named after their functions.
    const callUser = () => call("user", () => fetchUser(user));
    const callOrders = () => call("orders", () => fetchOrders(orders));
    const callWeather = () => call("weather", () => fetchWeather(weather));
    await gather(callUser, callOrders, callWeather);
  });
  const savedMs = sequential.ms - concurrent.ms;
  return { delays: [user, orders, weather], sequential, concurrent, savedMs };
}

/** Time a round, and each call in it. */
async function time(
  how: string,
  say: (line: string) => void,
  round: (call: (name: string, fetch: () => Promise<string>) => Promise<void>) => Promise<void>,
): Promise<Round> {
  const begin = performance.now();
  const calls: Call[] = [];

  async function call(name: string, fetch: () => Promise<string>): Promise<void> {
    const made: Call = { name, start: performance.now() - begin, end: 0, answer: "" };
    calls.push(made);
    made.answer = await fetch();
    made.end = performance.now() - begin;
    say(`${how}: ${name} answered "${made.answer}" after ${Math.round(made.end)} ms`);
  }

  await round(call);
  return { ms: performance.now() - begin, calls };
}

async function main(): Promise<void> {
  const [user = DELAYS[0], orders = DELAYS[1], weather = DELAYS[2]] = Deno.args.map(Number);
  const { sequential, concurrent } = await simulateDelays([user, orders, weather], console.log);
  console.log(`${Math.round(sequential.ms)} ms → ${Math.round(concurrent.ms)} ms`);
}

if (import.meta.main) await run(main);

// Output:
// one by one: user answered "Ada" after 1… ms
// one by one: orders answered "3 orders" after … ms
// one by one: weather answered "sunny" after … ms
// at once: user answered "Ada" after 1… ms
// at once: orders answered "3 orders" after … ms
// at once: weather answered "sunny" after … ms
// … ms → … ms
