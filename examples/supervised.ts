// A daemon: a feed that is opened again when it breaks, a pulse at regular times, and news of which some cannot be read.
// What fails takes nothing else along, and all of it ends when the daemon does.
//
// Run: deno run examples/supervised.ts

import { every, Queue, run, sleep, supervise, taskGroup } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

/** Bring news over one connection after the other: the first two of them break. */
function feed(news: Queue<string>): () => Promise<void> {
  let connections = 0;
  return async () => {
    const connection = ++connections;
    await news.put(`news ${connection}`);
    await sleep(10);
    if (connection < 3) throw new Error(`connection ${connection} broke`);
    news.shutdown();
  };
}

function read(item: string): void {
  if (item === "news 2") throw new SyntaxError("no verb in it");
  console.log(`read ${item}`);
}

export async function main(): Promise<void> {
  const news = new Queue<string>();
  let beats = 0;
  await taskGroup(async (group) => {
    const pulse = group.createTask(() => every(5, () => beats++, { immediately: true }));
    group.createTask(() =>
      supervise(feed(news), {
        backoff: { minDelay: 5 },
        onRestart: (error, restarts) => console.log(`restart ${restarts}: ${error}`),
      })
    );
    for await (const item of news) group.createTask(() => read(item), { name: item });
    pulse.cancel();
  }, { onError: (error, task) => console.log(`${task.name} failed: ${error}`) });
  console.log("alive until the end:", beats > 0);
}

if (import.meta.main) await run(main);

// Output:
// read news 1
// restart 1: Error: connection 1 broke
// news 2 failed: SyntaxError: no verb in it
// restart 2: Error: connection 2 broke
// read news 3
// alive until the end: true
