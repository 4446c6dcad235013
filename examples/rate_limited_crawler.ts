// A polite crawler: three requests at a time, no two within five milliseconds, no page twice.
//
// Run: deno run --allow-net=127.0.0.1 examples/rate_limited_crawler.ts

import { fetch, Lock, Queue, run, Semaphore, sleep, taskGroup } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

async function crawl(start: string): Promise<string[]> {
  const [slots, gate, queue] = [new Semaphore(3), new Lock(), new Queue<string>()];
  const found = new Set<string>();
  const add = (url: string) => void (found.has(url) || queue.tryPut(url) && found.add(url));

  async function visit(url: string): Promise<void> {
    using _slot = await slots.acquire();
    await gate.run(() => sleep(5)); // whoever has the gate keeps it shut for a while
    const page = await (await fetch(url)).text();
    for (const [, path] of page.matchAll(/href="(.*?)"/g)) add(new URL(path!, url).href);
    queue.taskDone();
  }

  add(start);
  await taskGroup(async (group) => {
    group.createTask(async () => {
      for await (const url of queue) group.createTask(() => visit(url));
    });
    await queue.join(); // every page that was found has been read
    queue.shutdown();
  });
  return [...found].map((url) => new URL(url).pathname);
}

export async function main(): Promise<void> {
  let visitors = 0;
  let most = 0;
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    most = Math.max(most, ++visitors);
    await sleep(20);
    visitors--;
    const page = Number(new URL(request.url).pathname.slice(1));
    return new Response([page * 2 + 1, page * 2 + 2].map((link) => `<a href="/${link % 12}">`).join("\n"));
  });
  const pages = await crawl(`http://127.0.0.1:${server.addr.port}/0`);
  console.log(`${pages.length} pages: ${pages.sort().join(" ")}`);
  console.log(`at most three requests at a time: ${most <= 3}`);
}

if (import.meta.main) await run(main);

// Output:
// 12 pages: /0 /1 /10 /11 /2 /3 /4 /5 /6 /7 /8 /9
// at most three requests at a time: true
