// Exercise 1, delay simulation: three functions that wait as API calls do, one by one and all at once. One by one
// takes the sum of the delays, at once takes the longest.
//
// Run: deno run examples/delay_simulation.ts 100 200 300

import { gather, run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

const [user = 1000, orders = 2000, weather = 3000] = Deno.args.map(Number);

let start = 0;
const elapsed = () => Math.round(performance.now() - start);

async function fetchData(how: string, name: string, ms: number, answer: string): Promise<void> {
  await sleep(ms);
  console.log(`${how}: ${name} answered "${answer}" after ${elapsed()} ms`);
}

const fetchUser = (how: string) => fetchData(how, "user", user, "Ada");
const fetchOrders = (how: string) => fetchData(how, "orders", orders, "3 orders");
const fetchWeather = (how: string) => fetchData(how, "weather", weather, "sunny");

export async function main(): Promise<void> {
  start = performance.now();
  await fetchUser("one by one");
  await fetchOrders("one by one");
  await fetchWeather("one by one");
  const oneByOne = elapsed();

  start = performance.now();
  await gather(
    () => fetchUser("at once"),
    () => fetchOrders("at once"),
    () => fetchWeather("at once"),
  );
  console.log(`${oneByOne} ms → ${elapsed()} ms`);
}

if (import.meta.main) await run(main);

// Output:
// one by one: user answered "Ada" after … ms
// one by one: orders answered "3 orders" after … ms
// one by one: weather answered "sunny" after … ms
// at once: user answered "Ada" after … ms
// at once: orders answered "3 orders" after … ms
// at once: weather answered "sunny" after … ms
// … ms → … ms
