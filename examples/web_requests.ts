// Three web requests at once. The server is this program's own, so that it works without a network.
//
// Run: deno run --allow-net=127.0.0.1 examples/web_requests.ts

import { fetch, gather, run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

/** Answers `/100` after 100 ms. */
async function answer(request: Request): Promise<Response> {
  await sleep(Number(new URL(request.url).pathname.slice(1)));
  return new Response("Hello");
}

/** The toolkit's `fetch` stops the request as soon as nobody wants it any more. */
async function fetchPage(url: string): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  console.log(`${url} -> ${response.status}`);
  return text;
}

export async function main(): Promise<void> {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  const urls = [600, 300, 1].map((ms) => `http://127.0.0.1:${server.addr.port}/${ms}`);
  const pages = await gather(urls.map((url) => () => fetchPage(url)));
  console.log(pages.join(", "));
}

if (import.meta.main) await run(main);

// Output:
// http://127.0.0.1:…/1 -> 200
// http://127.0.0.1:…/300 -> 200
// http://127.0.0.1:…/600 -> 200
// Hello, Hello, Hello
