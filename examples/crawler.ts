// A crawler: so many pages at a time, so many a second, one at a time from a host, and another try for what is busy. Ctrl-C
// lets it finish what it has begun to read.
//
// Run: deno run --allow-net=127.0.0.1 examples/crawler.ts

import { fetch, KeyedLock, limit, Queue, retry, run, shield, taskGroup, timeout } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own
import { CrawledSite } from "./_crawled_site.ts";

const hosts = new KeyedLock<string>();

async function load(url: string): Promise<string> {
  const answer = await fetch(url);
  // With the answer, whose Retry-After is obeyed.
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`, { cause: answer });
  return await answer.text();
}

const read = limit(
  (url: string) => hosts.run(new URL(url).host, () => retry(() => timeout(5_000, () => load(url)))),
  { concurrency: 8, rate: { limit: 500, per: 1_000 } },
);

/** Read all that `start` leads to; `found` has what was read so far. */
async function crawl(start: string, found: Set<string>): Promise<void> {
  const queue = new Queue<string>();
  const add = (url: string) => void (found.has(url) || found.add(url) && queue.tryPut(url));
  add(start);
  await taskGroup(async (group) => {
    for (let reader = 0; reader < 8; reader++) {
      group.createTask(async () => {
        for await (const url of queue) {
          // What has begun ends well: a cancellation is felt when the next page is asked for.
          const page = await shield(() => read(url));
          for (const [, link] of page.matchAll(/href="(.*?)"/g)) add(link!);
          queue.taskDone();
        }
      });
    }
    await queue.join(); // every page that was found has been read
    queue.shutdown();
  });
}

export async function main(): Promise<void> {
  await using site = new CrawledSite();
  const found = new Set<string>();
  await crawl(site.start, found);
  console.log(`${found.size} pages of ${new Set([...found].map((url) => new URL(url).host)).size} hosts`);
  console.log(`at most ${site.most} at a time from each, and ${site.refused} asked for again`);
}

if (import.meta.main) await run(main);

// Output:
// 13 pages of 2 hosts
// at most 1 at a time from each, and 5 asked for again
