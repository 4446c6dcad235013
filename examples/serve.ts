// A server that ends well: requests are tasks, a client that leaves ends its own, and the rest are answered before the server
// goes. In a real program `main` awaits `server.finished`, and Ctrl-C is what ends it.
//
// Run: deno run --allow-net=127.0.0.1 examples/serve.ts

import { fetch, moveOnAfter, run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own
import { serve } from "../lib/net/mod.ts"; // "@asyncio/toolkit/net"

/** Answers `/100` after 100 ms. */
async function answer(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  try {
    await sleep(Number(path.slice(1)));
    return new Response(`waited ${path.slice(1)} ms`);
  } finally {
    console.log(`${path} has ended`);
  }
}

async function load(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

export async function main(): Promise<void> {
  const server = serve(answer, { hostname: "127.0.0.1", port: 0, drain: 5_000 });
  console.log(await load(`${server.url}1`));

  // A client that has not the time to wait. Nothing of its request is left on either side.
  await moveOnAfter(100, () => load(`${server.url}60000`));

  // What runs when the server is to end is answered first.
  const last = load(`${server.url}300`);
  await sleep(100);
  await server.shutdown();
  console.log(await last);
}

if (import.meta.main) await run(main);

// Output:
// /1 has ended
// waited 1 ms
// /60000 has ended
// /300 has ended
// waited 300 ms
