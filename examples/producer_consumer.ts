// Three steps, joined by queues that hold two items each: whoever is too fast waits for the slower ones, so that memory
// stays small however much goes through. By shutting a queue down, a step says that it is finished.
//
// Run: deno run examples/producer_consumer.ts

import { gather, Queue, run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

async function produce(orders: Queue<string>): Promise<void> {
  for (const order of ["espresso", "mocha", "latte", "cortado", "lungo"]) {
    await orders.put(order); // waits while two orders are open
    console.log(`ordered ${order}`);
  }
  orders.shutdown();
}

async function brew(orders: Queue<string>, cups: Queue<string>): Promise<void> {
  for await (const order of orders) {
    await sleep(0); // both baristas at a time
    await cups.put(order);
  }
  cups.shutdown();
}

async function serve(cups: Queue<string>): Promise<void> {
  for await (const cup of cups) console.log(`  served ${cup}`);
}

export async function main(): Promise<void> {
  const [orders, cups] = [new Queue<string>(2), new Queue<string>(2)];
  await gather(() => produce(orders), () => brew(orders, cups), () => serve(cups));
  console.log(`never more than ${orders.stats().peak} open orders`);
}

if (import.meta.main) await run(main);

// Output:
// ordered espresso
// ordered mocha
// ordered latte
//   served espresso
// ordered cortado
//   served mocha
// ordered lungo
//   served latte
//   served cortado
//   served lungo
// never more than 2 open orders
